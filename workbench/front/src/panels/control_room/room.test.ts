// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { h } from "../dom.ts";
import { FakeModel, until } from "../testing.ts";
import room from "./index.ts";

beforeEach(() => document.body.replaceChildren());

function opened(kernel: (name: string, args: any) => unknown = answers) {
  const model = new FakeModel(
    { panel: "control_room", language: "en", texts: {}, dataset: "", tabs: ["upload", "runs"], tab: "upload" },
    kernel,
  );
  const rendered: string[] = [];
  const host = {
    getWidget: vi.fn(async (reference: string) => ({
      render: async ({ el }: { el: HTMLElement }) => {
        rendered.push(reference);
        el.append(h("section", { class: "wb-panel" }, reference));
      },
    })),
  };
  const el = h("div");
  document.body.append(el);
  room.render({ model, el, host });
  return { model, host, el, rendered };
}

function answers(name: string, args: any): unknown {
  if (name === "open") return `anywidget:${args.tab}`;
  if (name === "project") return { problems: [] };
  return [];
}

test("a panel is made when its tab is first opened, once", async () => {
  const { el, rendered, model } = opened();
  await until(() => rendered.length === 1);
  const [upload, runs] = [...el.querySelectorAll<HTMLElement>("[role=tab]")];
  runs!.click();
  await until(() => rendered.length === 2);
  upload!.click();
  runs!.click();
  expect(rendered).toEqual(["anywidget:upload", "anywidget:runs"]);
  expect(model.get("tab")).toBe("runs");
});

test("another language keeps the panels as they are", async () => {
  const { el, rendered, model } = opened();
  await until(() => rendered.length === 1);
  const panel = el.querySelector(".wb-room-panel > .wb-panel");
  model.set("texts", { "control_room.title": "Sala" });
  await until(() => el.querySelector(".wb-room-panel > .wb-panel"));
  expect(el.querySelector(".wb-room-panel > .wb-panel")).toBe(panel);
  expect(rendered).toHaveLength(1);
});

test("the language that is chosen goes to the kernel", () => {
  const { el, model } = opened();
  const select = el.querySelector<HTMLSelectElement>("select:has(option[value=es])")!;
  select.value = "es";
  select.dispatchEvent(new Event("change"));
  expect(model.get("language")).toBe("es");
});

test("a panel that cannot be made says why, and can be tried again", async () => {
  let broken = true;
  const { el, rendered } = opened((name, args) => {
    if (name === "open" && broken) throw new Error("not built");
    return answers(name, args);
  });
  await until(() => el.querySelector("[role=alert]"));
  expect(el.querySelector("[role=alert]")?.textContent).toBe("not built");
  broken = false;
  el.querySelector<HTMLElement>(".wb-room-panel button")!.click();
  await until(() => rendered.length === 1);
  expect(el.querySelector("[role=alert]")).toBeNull();
});

test("problems of the specs are told with their places", async () => {
  const problem = { file: "a.yml", line: 3, column: 1, message: "<b>bad", remedy: "mend it" };
  const { el } = opened((name, args) => (name === "project" ? { problems: [problem] } : answers(name, args)));
  await until(() => el.querySelector(".wb-room-problems li"));
  expect(el.querySelector(".wb-room-problems li")?.textContent).toBe("a.yml:3:1 <b>bad→ mend it");
});
