/** Modal dialogs: the native element, so focus stays inside and Escape closes. */
import { freshId, h, type Child } from "./dom.ts";
import { icon } from "./icons.ts";

export interface DialogButton<V> {
  label: string;
  value: V;
  kind?: "primary" | "danger";
}

export interface DialogOptions<V> {
  title: string;
  body: Child;
  buttons: readonly DialogButton<V>[];
  /** Label of the button that closes without a choice. */
  close: string;
  /** The element of a panel, in which the dialog is opened so that it has its style. */
  within: Element;
  wide?: boolean;
}

/** Opens a dialog; resolves with the value of the chosen button, `null` if it was closed. */
export function openDialog<V>(options: DialogOptions<V>): Promise<V | null> {
  const panel = options.within.closest(".wb-panel") ?? options.within;
  const before = panel.ownerDocument.activeElement;
  const label = freshId("dialog");
  let chosen: V | null = null;
  const element = h(
    "dialog",
    { class: options.wide ? "wb-dialog wb-dialog--wide" : "wb-dialog", "aria-labelledby": label },
    h(
      "div",
      { class: "wb-dialog-head" },
      h("h3", { id: label }, options.title),
      h(
        "button",
        {
          type: "button",
          class: "wb-button wb-button--icon",
          "aria-label": options.close,
          title: `${options.close} (Esc)`,
          onclick: () => element.close(),
        },
        icon("cancel"),
      ),
    ),
    h("div", { class: "wb-dialog-body" }, options.body),
    h(
      "div",
      { class: "wb-dialog-foot" },
      options.buttons.map((button) =>
        h(
          "button",
          {
            type: "button",
            class: button.kind ? `wb-button wb-button--${button.kind}` : "wb-button",
            onclick: () => {
              chosen = button.value;
              element.close();
            },
          },
          button.label,
        ),
      ),
    ),
  );
  panel.append(element);
  return new Promise((resolve) => {
    element.addEventListener("close", () => {
      element.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      resolve(chosen);
    });
    // JupyterLab listens on the document: keys of the dialog are the dialog's own
    element.addEventListener("keydown", (event) => event.stopPropagation());
    element.showModal();
    element.querySelector<HTMLElement>(".wb-dialog-body :is(input,select,textarea), .wb-dialog-foot .wb-button--primary")?.focus();
  });
}
