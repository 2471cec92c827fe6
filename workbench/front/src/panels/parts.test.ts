// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { definePanel } from "./client.ts";
import { openDialog } from "./dialog.ts";
import { h, put } from "./dom.ts";
import { menuButton } from "./menu.ts";
import { table } from "./table.ts";
import { tabs } from "./tabs.ts";
import { FakeModel, until } from "./testing.ts";

const HOSTILE = "<img src=x onerror=alert(1)>";

beforeEach(() => document.body.replaceChildren());

function key(on: Element, name: string): void {
  on.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
}

test("texts and attributes stay texts and attributes", () => {
  const made = h("p", { title: HOSTILE, hidden: false, disabled: true }, HOSTILE, null, false, 3, [h("b", null, "x")]);
  expect(made.querySelector("img")).toBeNull();
  expect(made.textContent).toBe(`${HOSTILE}3x`);
  expect(made.title).toBe(HOSTILE);
  expect(made.hasAttribute("hidden")).toBe(false);
  expect(made.getAttribute("disabled")).toBe("");
});

test("text cannot become a listener", () => {
  expect(() => h("p", { onclick: "alert(1)" })).toThrow("must be a function");
  expect(() => h("p", { title: () => 1 })).toThrow("cannot be a function");
});

test("put replaces", () => {
  const made = h("p", null, "old");
  put(made, "new", h("i"));
  expect(made.textContent).toBe("new");
  expect(made.children).toHaveLength(1);
});

test("a table names its columns, shows text, says when it is empty, and is replaced", () => {
  const made = table<{ name: string; rows: number }>({
    caption: "Files",
    columns: [
      { key: "name", label: "Name" },
      { key: "rows", label: "Rows", numeric: true },
    ],
    rows: [{ name: HOSTILE, rows: 3 }],
    empty: "nothing",
  });
  expect([...made.element.querySelectorAll("th")].map((th) => th.textContent)).toEqual(["Name", "Rows"]);
  expect(made.element.querySelector("td")?.textContent).toBe(HOSTILE);
  expect(made.element.querySelector("td.wb-number")?.textContent).toBe("3");
  made.update([]);
  expect(made.element.querySelector("tbody")?.textContent).toBe("nothing");
  expect(made.element.querySelector("caption")?.textContent).toBe("Files");
});

test("tabs are made when first shown, and arrows go round", () => {
  const made: string[] = [];
  const all = tabs(
    "Panels",
    ["a", "b", "c"].map((key) => ({ key, label: key, mount: () => made.push(key) })),
  );
  document.body.append(all.element);
  all.show("a");
  const list = all.element.querySelector("[role=tablist]")!;
  key(list, "ArrowLeft");
  expect(all.current).toBe("c");
  key(list, "ArrowRight");
  expect(all.current).toBe("a");
  expect(made).toEqual(["a", "c"]);
  key(list, "End");
  expect(document.activeElement?.textContent).toBe("c");
  const selected = [...list.children].map((tab) => tab.getAttribute("aria-selected"));
  expect(selected).toEqual(["false", "false", "true"]);
  expect([...list.children].map((tab) => (tab as HTMLElement).tabIndex)).toEqual([-1, -1, 0]);
});

test("a menu opens with the keyboard, acts, and gives focus back", () => {
  const acted = vi.fn();
  const holder = menuButton("More", "…", () => [
    { label: "No", act: vi.fn(), disabled: true },
    { label: "First", act: vi.fn() },
    { label: HOSTILE, act: acted, shortcut: "Ctrl+K" },
  ]);
  document.body.append(holder);
  const button = holder.querySelector("button")!;
  key(button, "ArrowDown");
  expect(button.getAttribute("aria-expanded")).toBe("true");
  expect(document.activeElement?.textContent).toBe("First");
  key(document.activeElement!, "ArrowDown");
  (document.activeElement as HTMLElement).click();
  expect(acted).toHaveBeenCalledOnce();
  expect(document.activeElement).toBe(button);
  button.click();
  key(document.activeElement!, "Escape");
  expect(button.getAttribute("aria-expanded")).toBe("false");
});

test("a dialog resolves with what was chosen, or null, and gives focus back", async () => {
  const panel = h("section", { class: "wb-panel" });
  const before = h("button", null, "open");
  document.body.append(panel, before);
  before.focus();
  const ask = () =>
    openDialog<string>({
      title: "Sure?",
      body: HOSTILE,
      buttons: [{ label: "Yes", value: "yes", kind: "primary" }],
      close: "Close",
      within: panel,
    });
  const chosen = ask();
  panel.querySelector<HTMLElement>(".wb-dialog-foot button")!.click();
  expect(await chosen).toBe("yes");
  expect(document.activeElement).toBe(before);
  const closed = ask();
  panel.querySelector<HTMLElement>(".wb-dialog-head button")!.click();
  expect(await closed).toBeNull();
  expect(panel.querySelector("dialog")).toBeNull();
});

const TEXTS = {
  "probe.title": "Probe",
  "shared.cancel": "Cancel",
  "shared.cancelled": "Cancelled",
  "shared.dataset": "Dataset",
  "shared.dataset.none": "None",
  "shared.dismiss": "Dismiss",
  "shared.gone": "run the cell again",
};

function opened(
  mount: Parameters<typeof definePanel>[0],
  options?: Parameters<typeof definePanel>[1],
  kernel: (name: string, args: any) => unknown = () => 1,
) {
  const model = new FakeModel({ panel: "probe", language: "en", texts: TEXTS, dataset: "" }, kernel);
  const el = h("div");
  document.body.append(el);
  const close = definePanel(mount, options).render({ model, el });
  return { model, el, close, panel: () => el.querySelector<HTMLElement>(".wb-panel--probe")! };
}

test("a panel has its frame, and leaves nothing behind", () => {
  const unmount = vi.fn();
  const { model, el, close, panel } = opened((root) => {
    root.append("inside");
    return unmount;
  });
  expect(panel().getAttribute("aria-label")).toBe("Probe");
  expect(panel().hasAttribute("data-lm-suppress-shortcuts")).toBe(true);
  expect(panel().querySelector(".wb-body")?.textContent).toBe("inside");
  close();
  expect(unmount).toHaveBeenCalledOnce();
  expect(el.childElementCount).toBe(0);
  expect(["msg:custom", "comm_live_update", "change:texts"].map((name) => model.listening(name))).toEqual([0, 0, 0]);
});

test("keys in what has focus are not JupyterLab's", () => {
  const { panel } = opened((root) => root.append(h("input", null)));
  const input = panel().querySelector("input")!;
  expect(input.hasAttribute("data-lm-suppress-shortcuts")).toBe(false);
  input.focus();
  expect(input.hasAttribute("data-lm-suppress-shortcuts")).toBe(true);
});

test("Enter in a field submits its form", () => {
  const submitted = vi.fn((event: Event) => event.preventDefault());
  const { panel } = opened((root) =>
    root.append(h("form", { onsubmit: submitted }, h("input", null), h("textarea", null), h("button", null, "go"))),
  );
  key(panel().querySelector("textarea")!, "Enter");
  expect(submitted).not.toHaveBeenCalled();
  key(panel().querySelector("input")!, "Enter");
  expect(submitted).toHaveBeenCalledOnce();
});

test("another language mounts anew, and what is kept stays", () => {
  const titles: string[] = [];
  const { model, panel } = opened((_root, client) => {
    const kept = client.keep("state", () => ({ mounts: 0 }));
    kept.mounts++;
    titles.push(`${client.text("probe.title")} ${kept.mounts}`);
  });
  model.set("texts", { ...TEXTS, "probe.title": "Prueba" });
  expect(titles).toEqual(["Probe 1", "Prueba 2"]);
  expect(panel().getAttribute("aria-label")).toBe("Prueba");
});

test("an error of work is shown as text and can be dismissed", async () => {
  const { panel } = opened((_root, client) => {
    void client.busy("Working", () => client.call("x"));
  }, {}, () => {
    throw new Error(HOSTILE);
  });
  await until(() => panel().querySelector(".wb-error"));
  expect(panel().querySelector("[role=alert] strong")?.textContent).toBe(HOSTILE);
  expect(panel().querySelector("img")).toBeNull();
  panel().querySelector<HTMLElement>(".wb-error button")!.click();
  expect(panel().querySelector(".wb-error")).toBeNull();
});

test("long work shows a bar, which cancels it", async () => {
  let result: unknown = "pending";
  const { panel } = opened((_root, client) => {
    void client.busy("Working", (options) => client.call("slow", {}, options)).then((value) => (result = value));
  }, {}, () => new Promise(() => {}));
  await until(() => panel().querySelector(".wb-busy button"));
  panel().querySelector<HTMLElement>(".wb-busy button")!.click();
  await until(() => result === undefined);
  expect(panel().querySelector(".wb-busy")).toBeNull();
  expect(panel().querySelector("[role=status]")?.textContent).toBe("Cancelled");
  expect(panel().querySelector(".wb-error")).toBeNull();
});

test("a lost kernel is said once, with what to do", () => {
  const { model, panel } = opened(() => {});
  model.fire("comm_live_update");
  expect(panel().querySelectorAll(".wb-gone")).toHaveLength(1);
  expect(panel().querySelector(".wb-gone")?.textContent).toBe("run the cell again");
});

test("the dataset picker follows the kernel and tells it", async () => {
  const { model, panel } = opened(() => {}, { datasets: true }, () => ["clientes", HOSTILE]);
  const select = panel().querySelector("select")!;
  await until(() => select.options.length === 3);
  expect([...select.options].map((option) => option.textContent)).toEqual(["None", "clientes", HOSTILE]);
  select.value = "clientes";
  select.dispatchEvent(new Event("change"));
  expect(model.get("dataset")).toBe("clientes");
  model.set("dataset", "gone_one");
  expect(select.value).toBe("gone_one");
});
