/** The question what to run: a dataset, and what lies before and after it. */
import type { Client } from "../client.ts";
import { openDialog } from "../dialog.ts";
import { freshId, h, put } from "../dom.ts";
import type { Started } from "./types.ts";

export type Around = "only" | "upstream" | "downstream" | "both";

/** Asks, and starts the run; nothing comes back when it was thought better of. */
export async function startDialog(client: Client, within: Element, dataset = "", around: Around = "upstream"): Promise<Started | undefined> {
  const say = client.text;
  const id = freshId("start");
  const names = await client.call<string[]>("datasets").catch((error) => (client.showError(error), null));
  if (!names) return undefined;
  const select = h("select", { id: `${id}-dataset`, class: "wb-select", onchange: () => void look() }, names.map((name) => h("option", { value: name }, name)));
  select.value = dataset || String(client.get("dataset") || "") || (names[0] ?? "");
  const ways = (["only", "upstream", "downstream", "both"] as const).map((way) => {
    const radio = h("input", { type: "radio", name: id, value: way, onchange: () => void look() });
    radio.checked = way === around;
    return { radio, label: h("label", { class: "wb-choice" }, radio, say(`runs.around.${way}`)) };
  });
  const full = h("input", { type: "checkbox" });
  const order = h("p", { class: "wb-soft", role: "status" });
  const chosen = (): Around => (ways.find((way) => way.radio.checked)?.radio.value as Around | undefined) ?? "upstream";

  async function look(): Promise<void> {
    if (!select.value) return put(order, say("runs.start.none"));
    try {
      const planned = await client.call<{ datasets: string[]; workers: number }>("planned", { dataset: select.value, around: chosen() });
      const who = say(planned.workers ? "runs.start.workers" : "runs.start.background");
      put(order, say("runs.start.order", { datasets: planned.datasets.join(" → ") }), " ", who);
    } catch (error) {
      put(order, error instanceof Error ? error.message : String(error));
    }
  }

  void look();
  const body = [
    h("div", { class: "wb-field" }, h("label", { for: `${id}-dataset` }, say("shared.dataset")), select),
    h("fieldset", { class: "wb-choices" }, h("legend", null, say("runs.around")), ways.map((way) => way.label)),
    h("label", { class: "wb-choice" }, full, say("runs.full")),
    order,
  ];
  const buttons = [{ label: say("runs.start.yes"), value: true, kind: "primary" as const }];
  const sure = await openDialog({ title: say("runs.start"), body, buttons, close: say("shared.close"), within });
  if (!sure || !select.value) return undefined;
  const asked = { dataset: select.value, around: chosen(), full: full.checked };
  return client.busy(say("runs.starting"), () => client.call<Started>("start", asked));
}
