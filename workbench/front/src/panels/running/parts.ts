/** Small parts that show runs: a status with its word, a bar, a time, and opening a notebook. */
import type { Client } from "../client.ts";
import { h, s, type Child } from "../dom.ts";
import { serverRoot, span } from "./progress.ts";
import type { Status, Told } from "./types.ts";

export const MARKS: Record<Status, string> = {
  SUCCESS: "m3 8.5 3.2 3.2L13 5",
  FAILED: "m4 4 8 8M12 4l-8 8",
  CANCELLED: "M4 4h8v8H4Z",
  SKIPPED: "M4 8h8",
  RUNNING: "M5 3v10l8-5Z",
  QUEUED: "M3 8h.01M8 8h.01M13 8h.01",
  PENDING: "M8 4v4l3 2M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Z",
};

/** A status as a mark and a word: never by its colour alone. */
export function badge(client: Client, status: Status, more: Child = null): HTMLElement {
  return h(
    "span",
    { class: `wb-status wb-status--${status.toLowerCase()}` },
    mark(status),
    h("span", null, client.text(`runs.status.${status}`)),
    more,
  );
}

export function mark(status: Status): SVGSVGElement {
  return s(
    "svg",
    { class: "wb-icon", viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true", focusable: "false" },
    s("path", { d: MARKS[status] }),
  );
}

/** A time span with a bar as long as its part of the longest. */
export function timeBar(value: number | null, longest: number, language: string): HTMLElement {
  const part = value === null || longest <= 0 ? 0 : Math.max(0.02, Math.min(1, value / longest));
  const bar = s("svg", { class: "wb-bar", width: 64, height: 8, "aria-hidden": "true", focusable: "false" });
  bar.append(s("rect", { class: "wb-bar-ground", width: 64, height: 8, rx: 2 }));
  if (value !== null) bar.append(s("rect", { class: "wb-bar-part", width: Math.round(64 * part), height: 8, rx: 2 }));
  return h("span", { class: "wb-time" }, bar, h("span", null, span(value, language)));
}

/** A moment in the reader's own time zone; the whole of it is the title. */
export function moment(time: string | null, language: string): HTMLElement | null {
  if (!time) return null;
  const date = new Date(time);
  const today = date.toDateString() === new Date().toDateString();
  const said = today
    ? date.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", second: "2-digit" })
    : date.toLocaleString(language, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  return h("time", { datetime: time, title: date.toLocaleString(language) }, said);
}

/** An error with its place and its remedy. */
export function told(error: Told): HTMLElement {
  return h(
    "div",
    { class: "wb-told" },
    h("strong", null, error.message ?? ""),
    error.where && h("div", { class: "wb-where" }, error.where),
    error.remedy && h("div", { class: "wb-remedy" }, `→ ${error.remedy}`),
  );
}

export function button(
  label: Child,
  act: () => void,
  options: { kind?: string; title?: string; disabled?: boolean; key?: string; label?: string } = {},
): HTMLButtonElement {
  return h(
    "button",
    {
      type: "button",
      class: options.kind ? `wb-button wb-button--${options.kind}` : "wb-button",
      title: options.title,
      "aria-label": options.label,
      disabled: options.disabled,
      "data-key": options.key,
      onclick: act,
    },
    label,
  );
}

/** Draws anew and leaves the focus, and what is marked in a field, where they were (by `data-key`). */
export function redraw(root: HTMLElement, draw: () => void): void {
  const before = root.ownerDocument.activeElement;
  const inside = before instanceof HTMLElement && root.contains(before) ? before : null;
  const key = inside?.dataset["key"];
  const scrolled = [...root.querySelectorAll<HTMLElement>("[data-scroll]")].map(
    (each) => [each.dataset["scroll"], each.scrollTop, each.scrollLeft] as const,
  );
  draw();
  for (const [name, top, left] of scrolled) {
    const again = root.querySelector<HTMLElement>(`[data-scroll="${CSS.escape(name ?? "")}"]`);
    if (again) {
      again.scrollTop = top;
      again.scrollLeft = left;
    }
  }
  if (key && !root.contains(root.ownerDocument.activeElement)) {
    root.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }
}

/** Has the kernel copy the executed notebook of a step, and JupyterLab open the copy. */
export async function openNotebook(client: Client, root: HTMLElement, run: string, step: string): Promise<void> {
  try {
    const asked = { run, step, root: serverRoot(document) };
    const { path } = await client.call<{ path: string }>("open_notebook", asked);
    client.announce(client.text("runs.notebook.opened", { path }));
    // JupyterLab runs the command that a clicked element names
    const link = h("button", {
      type: "button",
      hidden: true,
      "data-commandlinker-command": "docmanager:open",
      "data-commandlinker-args": JSON.stringify({ path }),
    });
    root.append(link);
    link.click();
    link.remove();
  } catch (error) {
    client.showError(error);
  }
}
