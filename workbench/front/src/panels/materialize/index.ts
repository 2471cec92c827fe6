/** The Materialize panel: where a dataset goes, what that would change there, and the load. */
import { definePanel } from "../client.ts";
import { openDialog } from "../dialog.ts";
import { h } from "../dom.ts";
import type { Change, Started } from "../running/types.ts";
import { atFirst, lost, stillChosen } from "./choosing.ts";
import { conflictDialog } from "../conflict.ts";
import { following } from "./following.ts";
import { planning, type Shown } from "./planning.ts";
import { settings } from "./settings.ts";
import type { Answer, Choices, Conflict, Plan, Unpublished, Written } from "./types.ts";

export default definePanel(
  (root, client) => {
    const say = client.text;
    const shown = client.keep<Shown>("plan", () => ({ plan: null, chosen: new Set(), moved: [], stale: false, unpublished: "" }));
    const empty = h("p", { class: "wb-soft" }, say("materialize.choose"));
    let written: Written | null = null;
    let choices: Choices | null = null;
    let asking = 0;

    const chosen = settings(client, { edit: (name, args) => void edit(name, args), save: () => void save(false) });
    const plans = planning(client, shown, () => void look(), () => void confirm(), () => void start());
    const run = following(client, () => void look(true));
    const body = h("div", { class: "wb-mat" }, chosen.element, plans.element, run.element);
    root.append(empty, body);

    async function load(): Promise<void> {
      const dataset = String(client.get("dataset") || "");
      empty.hidden = dataset !== "";
      body.hidden = dataset === "";
      if (shown.plan && shown.plan.dataset !== dataset) forget();
      if (!dataset) return;
      const mine = ++asking;
      try {
        const state = await client.call<Written & Choices>("state");
        if (mine !== asking) return;
        choices = state;
        take(state);
        client.clearError();
        plans.draw();
      } catch (error) {
        if (mine !== asking) return;
        body.hidden = true;
        client.showError(error);
      }
    }

    function forget(): void {
      Object.assign(shown, { plan: null, chosen: new Set(), moved: [], stale: false, unpublished: "" });
    }

    function take(now: Written): void {
      written = now;
      if (choices) chosen.show(now, choices);
    }

    async function edit(name: string, args: object): Promise<void> {
      asking++; // an older answer to `state` would undo what this shows
      try {
        take(await client.call<Written>(name, args));
        client.clearError();
        shown.stale = true;
        plans.draw();
        if (written?.problems.length) client.announce(written.problems[0]?.message ?? "");
      } catch (error) {
        client.showError(error);
        if (written) take(written); // what was typed and refused is taken back
      }
    }

    async function save(overwrite: boolean): Promise<void> {
      const answer = await client.busy(say("materialize.saving"), () => client.call<Written & { conflict: Conflict | null }>("save", { overwrite }));
      if (!answer) return;
      take(answer);
      if (answer.conflict) await settle(answer.conflict);
      else client.announce(say("materialize.saved", { file: answer.file }));
    }

    async function settle(conflict: Conflict): Promise<void> {
      const choice = await conflictDialog(client, root, conflict);
      if (choice === "mine") await save(true);
      if (choice === "theirs") await edit("reload", {});
    }

    async function look(quiet = false): Promise<void> {
      const dataset = client.get("dataset");
      const found = await client.busy(say("materialize.looking"), ({ signal, onProgress }) => client.call<Plan | Unpublished>("plan", {}, { signal, onProgress }));
      if (!found || client.get("dataset") !== dataset) return;
      if ("unpublished" in found) {
        forget();
        shown.unpublished = found.unpublished;
        plans.draw();
        if (!quiet) client.announce(found.unpublished);
        return;
      }
      show(found, shown.plan && quiet ? stillChosen(new Set(), found) : atFirst(found));
      shown.moved = [];
      plans.draw();
      if (!quiet) client.announce(say("materialize.planned", { count: found.loads.length }));
    }

    function show(plan: Plan, chosenNow: Set<string>): void {
      Object.assign(shown, { plan, chosen: chosenNow, stale: false, unpublished: "" });
    }

    async function confirm(): Promise<void> {
      const plan = shown.plan;
      if (!plan || !(await agreed(plan))) return;
      const targets = [...shown.chosen];
      const answer = await client.busy(say("materialize.starting"), ({ signal, onProgress }) =>
        client.call<Answer>("load", { fingerprint: plan.fingerprint, targets }, { signal, onProgress }),
      );
      if (!answer) return;
      if (answer.conflict) return settle(answer.conflict);
      if (answer.moved && answer.plan) {
        show(answer.plan, stillChosen(shown.chosen, answer.plan));
        shown.moved = answer.moved;
        plans.draw();
        client.announce(say("materialize.moved"));
        return;
      }
      if (answer.started) {
        shown.moved = [];
        plans.draw();
        client.announce(say("materialize.started", { run: answer.started.run_id }));
        run.follow(answer.started.run_id, answer.started.waits);
        await load();
      }
    }

    /** Runs the dataset for the first time, from the spec as it is here. */
    async function start(): Promise<void> {
      if (written?.dirty) await save(false);
      if (written?.dirty) return;
      const asked = { dataset: String(client.get("dataset")) };
      const started = await client.busy(say("materialize.starting"), () => client.call<Started>("start", asked));
      if (!started) return;
      client.announce(say("materialize.started", { run: started.run_id }));
      run.follow(started.run_id, started.waits);
    }

    async function agreed(plan: Plan): Promise<boolean> {
      const loads = plan.loads.filter((each) => shown.chosen.has(each.target));
      const gone = loads.reduce((sum, each) => sum + lost(each), 0);
      const choice = await openDialog({
        title: say("materialize.confirm", { count: loads.length }),
        within: root,
        close: say("shared.close"),
        body: [
          h(
            "ul",
            { class: "wb-mat-agreed" },
            loads.map((each) =>
              h(
                "li",
                null,
                h("code", null, each.target),
                " ",
                say("materialize.confirm.line", {
                  inserted: each.ledger?.inserted ?? 0,
                  updated: each.ledger?.updated ?? 0,
                  unchanged: each.ledger?.unchanged ?? 0,
                  deleted: each.ledger?.deleted ?? 0,
                }),
              ),
            ),
          ),
          gone > 0 && h("p", { class: "wb-mat-warned" }, say("materialize.confirm.lost", { count: gone })),
          written?.dirty && h("p", null, say("materialize.confirm.saves", { file: written.file })),
          plan.rebuild && h("p", null, say("materialize.load.rebuild")),
        ],
        buttons: [
          { label: say("shared.cancel"), value: false },
          { label: say("materialize.load", { count: loads.length }), value: true, kind: gone > 0 ? "danger" : "primary" },
        ],
      });
      return choice === true;
    }

    root.addEventListener("keydown", (event) => {
      const control = event.ctrlKey || event.metaKey;
      const typing = event.target instanceof HTMLInputElement && event.target.type !== "checkbox";
      const act =
        control && event.key.toLowerCase() === "s" ? () => written?.dirty && void save(false)
        : control && event.key.toLowerCase() === "z" && !typing ? () => void edit(event.shiftKey ? "redo" : "undo", {})
        : event.altKey && event.key === "Enter" ? () => void look()
        : null;
      if (!act || !written) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    });
    client.onTrait("dataset", () => void load());
    client.on("draft", () => void load());
    client.on("runs", (change: Change) => run.changed(change));
    void load();
  },
  { datasets: true },
);
