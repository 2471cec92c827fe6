/** The checks of the draft: how many rows fail each, and a switch to see only these. */
import type { Client } from "../client.ts";
import { h, put } from "../dom.ts";
import { icon } from "../icons.ts";
import type { Check, Checks } from "./types.ts";

export class ChecksView {
  readonly element: HTMLDetailsElement;
  private readonly summary = h("summary", null);
  private readonly list = h("ul", { class: "wb-pv-checks" });

  constructor(
    private readonly client: Client,
    private readonly choose: (failing: number | null) => void,
    private readonly everything: () => void,
  ) {
    this.element = h("details", { class: "wb-pv-checks-box" }, this.summary, this.list);
  }

  /** `failing`: the check whose rows alone are shown, -1 for all of them. */
  show(checks: Checks | null, failing: number | null): void {
    const { text } = this.client;
    this.element.hidden = !checks || checks.checks.length === 0;
    if (!checks) return;
    const failed = checks.checks.filter((check) => isFailing(check));
    const said =
      failed.length === 0
        ? text("preview.checks.hold", { count: checks.checks.length })
        : text("preview.checks.fail", { failed: failed.length, all: checks.checks.length, count: checks.failing_rows });
    put(this.summary, icon(failed.length ? "warning" : "check"), h("span", null, said));
    put(
      this.list,
      checks.failing_rows > 0 && h("li", null, this.only(-1, failing, text("preview.checks.any"), checks.failing_rows)),
      checks.checks.map((check) => h("li", null, this.line(check, failing))),
      checks.checks.some((check) => check.success === null) &&
        h(
          "li",
          null,
          h("button", { type: "button", class: "wb-button", onclick: this.everything }, icon("play"), text("preview.checks.everything")),
        ),
    );
  }

  private line(check: Check, failing: number | null): HTMLElement {
    const { text } = this.client;
    const state = check.error ? "error" : check.success === null ? "waiting" : isFailing(check) ? "fails" : "holds";
    const words = {
      error: check.error ?? "",
      waiting: text("preview.checks.waiting"),
      fails: check.failing ? text("preview.checks.rows", { count: check.failing }) : (check.observed ?? text("preview.checks.fails")),
      holds: text("preview.checks.holds"),
    }[state];
    return h(
      "div",
      { class: `wb-pv-check wb-pv-check--${state}` },
      icon(state === "holds" ? "check" : state === "waiting" ? "history" : state === "error" ? "error" : "warning"),
      h("span", { class: "wb-pv-check-name" }, check.name.replace(/^expect_/, "").replaceAll("_", " ")),
      check.columns.length > 0 && h("code", null, check.columns.join(", ")),
      h("span", { class: "wb-badge" }, text(`preview.severity.${check.severity}`)),
      check.failing && check.rowwise ? this.only(check.number, failing, words, check.failing) : h("span", null, words),
      state === "fails" && check.failing ? h("span", { class: "wb-soft" }, check.words) : null,
    );
  }

  private only(number: number, failing: number | null, words: string, count: number): HTMLElement {
    const on = failing === number;
    return h(
      "button",
      {
        type: "button",
        class: "wb-button wb-pv-only",
        "aria-pressed": String(on),
        title: this.client.text("preview.checks.only", { count }),
        onclick: () => this.choose(on ? null : number),
      },
      icon(on ? "eye" : "search"),
      words,
    );
  }
}

export function isFailing(check: Check): boolean {
  return check.error !== null || check.success === false || Boolean(check.failing);
}
