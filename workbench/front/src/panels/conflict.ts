/** Somebody else has saved the spec: what differs, and whose stays. */
import type { Client } from "./client.ts";
import { openDialog } from "./dialog.ts";
import { h } from "./dom.ts";

export interface Differing {
  message: string;
  file: string;
  gone: boolean;
  /** Lines of a unified diff: `-` is on disk, `+` is here. */
  diff: string[];
}

/** Shows the two texts; resolves with whose is to stay, `null` if that is left open. */
export function conflictDialog(client: Client, root: Element, conflict: Differing): Promise<"mine" | "theirs" | null> {
  const say = client.text;
  return openDialog({
    title: say("shared.conflict"),
    within: root,
    wide: true,
    close: say("shared.close"),
    body: [
      h("p", null, conflict.message, " ", h("code", null, conflict.file)),
      h("p", { class: "wb-soft" }, say("shared.conflict.words")),
      h(
        "div",
        { class: "wb-diff-lines", tabindex: 0, role: "region", "aria-label": say("shared.conflict") },
        conflict.diff.map((line) => {
          const kind = line.startsWith("+") ? "ins" : line.startsWith("-") ? "del" : null;
          return kind ? h(kind, null, line) : h("div", { class: "wb-soft" }, line);
        }),
      ),
    ],
    buttons: [
      { label: say("shared.cancel"), value: null as "mine" | "theirs" | null },
      { label: say("shared.conflict.theirs"), value: "theirs" },
      { label: say("shared.conflict.mine"), value: "mine", kind: "danger" },
    ],
  });
}
