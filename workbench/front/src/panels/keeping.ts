/** Drawing anew below somebody who types: the focus, the text and the place in it stay. */
import { redraw } from "./running/parts.ts";

type Field = HTMLInputElement | HTMLTextAreaElement;

function isField(element: unknown): element is Field {
  return element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && element.type !== "checkbox");
}

/** As `redraw`, and a text that is being typed is not lost: it is committed when the field is left. */
export function redrawKeeping(root: HTMLElement, draw: () => void): void {
  const before = root.ownerDocument.activeElement;
  const typed = isField(before) && root.contains(before) && before.value !== before.defaultValue ? before : null;
  const key = typed?.dataset["key"];
  const place = typed ? [typed.selectionStart, typed.selectionEnd] : [null, null];
  redraw(root, draw);
  if (!typed || !key) return;
  const again = root.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
  if (!isField(again)) return;
  again.value = typed.value;
  if (place[0] !== null && place[1] !== null) again.setSelectionRange(place[0] ?? 0, place[1] ?? 0);
}
