/** A panel's front: calls to the kernel, its events and traits, and the frame that all panels share. */
import { Frame } from "./frame.ts";
import { fillIn, type Language, type Values } from "./texts.ts";
import { CallError, Transport, type CallOptions, type Model } from "./transport.ts";

export { CallError, type CallOptions, type Model } from "./transport.ts";
export type { Progress, Problem } from "./transport.ts";
export type { Language, Values } from "./texts.ts";

export interface Client {
  /** Calls a method marked with `@answers(name)`; rejects with a `CallError`. */
  call<T>(name: string, args?: object, options?: CallOptions): Promise<T>;
  /** The same for an answer that comes with binary buffers. */
  callWithBuffers<T>(name: string, args?: object, options?: CallOptions): Promise<{ value: T; buffers: DataView[] }>;
  /** Listens to `Panel.tell(event, …)`; returns what ends that. */
  on(event: string, listener: (data: any) => void): () => void;
  /** A text of the catalogue: `{name}` is filled in, `.one`/`.other` chosen by `count`. */
  text(key: string, values?: Values): string;
  /** Says something through the panel's live region, for those who do not see it. */
  announce(text: string): void;
  get(trait: string): any;
  set(trait: string, value: any): void;
  onTrait(trait: string, listener: () => void): () => void;
  /** Calls `listener` once when the kernel is gone for good. */
  onGone(listener: () => void): void;
  /** Something that outlives a mount anew (after a change of language) and belongs to this panel. */
  keep<T>(key: string, make: () => T): T;
  /** Shows an error with its place, remedy and problems; what was cancelled is only announced. */
  showError(error: unknown): void;
  clearError(): void;
  /**
   * Shows the busy bar with a text and "cancel" while `work` runs; its error is shown, and the
   * result is then `undefined`.
   */
  busy<T>(text: string, work: (options: Required<Pick<CallOptions, "signal" | "onProgress">>) => Promise<T>): Promise<T | undefined>;
  readonly language: Language;
  /** The header of the panel, for controls of its own. */
  readonly header: HTMLElement;
  /** Gives other widgets to be shown inside this one. */
  readonly host: Host;
  /** The model, for what only widgets' own functions can do (children, …). */
  readonly model: Model;
}

export interface PanelOptions {
  /** Shows the picker of the dataset in the header. */
  datasets?: boolean;
}

/** Other widgets of the notebook, by the reference that the kernel gave (`anywidget:…`). */
export interface Host {
  getWidget(reference: string): Promise<{ render(options: { el: HTMLElement }): Promise<void> }>;
}

/** What `render` gets from anywidget. */
export interface RenderContext {
  model: Model;
  el: HTMLElement;
  signal?: AbortSignal;
  host?: Host;
}

const ALONE: Host = {
  getWidget: () => Promise.reject(new Error("this page cannot show a widget inside another")),
};

const kept = new WeakMap<object, Map<string, unknown>>();

/** The default export of a panel's entry. `mount` fills the panel's body and may return a clean-up. */
export function definePanel(
  mount: (root: HTMLElement, client: Client) => void | (() => void),
  options: PanelOptions = {},
): { render: (context: RenderContext) => () => void } {
  function render({ model, el, host = ALONE }: RenderContext): () => void {
    const transport = new Transport(model);
    let close = open(mount, options, el, transport, host);
    const again = (): void => {
      close();
      close = open(mount, options, el, transport, host);
    };
    model.on("change:texts", again);
    return () => {
      model.off("change:texts", again);
      close();
      transport.close();
    };
  }
  return { render };
}

function open(
  mount: (root: HTMLElement, client: Client) => void | (() => void),
  options: PanelOptions,
  el: HTMLElement,
  transport: Transport,
  host: Host,
): () => void {
  const { model } = transport;
  const language: Language = model.get("language") === "es" ? "es" : "en";
  const texts: Record<string, string> = model.get("texts") ?? {};
  const text = (key: string, values?: Values): string => fillIn(texts, language, key, values);
  const offs: (() => void)[] = [];
  const frame = new Frame(String(model.get("panel")), language, text);

  const client: Client = {
    language,
    host,
    header: frame.header,
    model,
    text,
    call: async <T>(name: string, args?: object, options?: CallOptions) =>
      (await transport.call<T>(name, args, options)).value,
    callWithBuffers: (name, args, options) => transport.call(name, args, options),
    on(event, listener) {
      const off = transport.on(event, listener);
      offs.push(off);
      return off;
    },
    announce: (said) => frame.announce(said),
    get: (trait) => model.get(trait),
    set(trait, value) {
      model.set(trait, value);
      model.save_changes();
    },
    onTrait(trait, listener) {
      model.on(`change:${trait}`, listener);
      const off = (): void => model.off(`change:${trait}`, listener);
      offs.push(off);
      return off;
    },
    onGone: (listener) => transport.onGone(listener),
    keep<T>(key: string, make: () => T): T {
      let all = kept.get(transport);
      if (!all) kept.set(transport, (all = new Map()));
      if (!all.has(key)) all.set(key, make());
      return all.get(key) as T;
    },
    showError(error) {
      if (error instanceof CallError && error.cancelled) frame.announce(text("shared.cancelled"));
      else frame.showError(error);
    },
    clearError: () => frame.clearError(),
    async busy(said, work) {
      const control = new AbortController();
      const done = frame.busy(said, () => control.abort());
      frame.clearError();
      try {
        return await work({ signal: control.signal, onProgress: done.progress });
      } catch (error) {
        client.showError(error);
        return undefined;
      } finally {
        done.end();
      }
    },
  };

  if (options.datasets) offs.push(frame.pickDataset(client));
  transport.onGone(() => frame.showGone());
  el.replaceChildren(frame.element);
  const unmount = mount(frame.body, client);
  return () => {
    if (unmount) unmount();
    for (const off of offs) off();
    frame.element.remove();
  };
}
