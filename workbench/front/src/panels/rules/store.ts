/** The state of the panel: one draft in the kernel, texts typed here, and what the rows say. */
import { CallError, type CallOptions, type Client } from "../client.ts";
import { debounced } from "../dom.ts";
import { plain, withBreaks } from "./lines.ts";
import type { Change, Conflict, Known, ListName, Look, Rule, Scope, State } from "./model.ts";

/** Typing is sent after so many milliseconds without a key. */
const TYPING = 250;
/** Texts typed within so many milliseconds of each other are one step to undo. */
const TOGETHER = 1500;

export class Store {
  state: State | null = null;
  look: Look | null = null;
  lookError: string | null = null;
  looking = false;
  known: Known | null = null;
  scope: Scope = "sample";
  /** The rule whose form is open. */
  open: { list: ListName; index: number } | null = null;
  conflict: Conflict | null = null;
  /** What is typed in the editor and not sent yet. */
  typed: string | null = null;
  loading = false;
  version = 0;
  dataset = "";
  private readonly listeners = new Set<() => void>();
  private queue: Promise<unknown> = Promise.resolve();
  private lastTyped = 0;
  /** A value that is typed on in a form is one step to undo, too. */
  private lastPath = "";
  private lastEdit = 0;
  private lookedAt = "";
  private readonly send = debounced(TYPING, () => void this.flush());
  private readonly lookSoon = debounced(15, () => void this.lookNow());

  constructor(private client: Client) {}

  /** The panel was mounted anew (its language changed): it speaks through another client. */
  attach(client: Client): void {
    if (client.language !== this.client.language) this.known = null; // told in the other language
    this.client = client;
  }

  /** What the schema and the project know, asked for once in each language. */
  async learn(): Promise<void> {
    this.known ??= await this.client.call<Known>("schema");
    this.changed();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): number => this.version;

  changed(): void {
    this.version++;
    for (const listener of this.listeners) listener();
  }

  /** The text for the editor. */
  get text(): string {
    return this.typed ?? plain(this.state?.text ?? "");
  }

  /** The dataset on show; what is typed for another one is sent to that one first. */
  async start(): Promise<void> {
    await this.flush();
    const dataset = String(this.client.get("dataset") ?? "");
    this.dataset = dataset;
    this.state = this.look = this.open = this.conflict = this.typed = null;
    this.lookError = null;
    this.lookedAt = "";
    this.loading = dataset !== "";
    this.changed();
    if (!dataset) return;
    try {
      await this.learn();
      await this.ask("open");
    } catch (error) {
      this.client.showError(error);
    } finally {
      this.loading = false;
      this.changed();
    }
  }

  /** The draft was changed by another panel, or is asked for anew. */
  refresh(): Promise<void> {
    return this.act("open");
  }

  /** Text typed in the editor. */
  type(text: string): void {
    this.typed = text;
    this.send();
  }

  /** Sends what is typed; everything else that is done waits for it. */
  flush(): Promise<void> {
    return this.act("", {});
  }

  edit(...changes: Change[]): Promise<void> {
    return this.act("edit", () => {
      const [only] = changes;
      const at = only?.kind === "set" && changes.length === 1 ? JSON.stringify(only.path) : "";
      const joins = at !== "" && at === this.lastPath && Date.now() - this.lastEdit < TOGETHER;
      this.lastPath = at;
      this.lastEdit = Date.now();
      return { changes, base: this.state?.base, joins };
    });
  }

  undo(): Promise<void> {
    return this.act("undo");
  }

  redo(): Promise<void> {
    return this.act("redo");
  }

  async save(options: { overwrite?: boolean; faulty?: boolean } = {}): Promise<boolean> {
    await this.act("save", options);
    const done = this.state !== null && !this.state.dirty && !this.conflict;
    if (done) this.client.announce(this.client.text("rules.saved"));
    return done;
  }

  async settle(how: "take_theirs" | "keep_mine", text?: string): Promise<void> {
    this.conflict = null;
    await this.act(how, text === undefined ? {} : { text });
  }

  show(rule: { list: ListName; index: number } | null): void {
    this.open = rule;
    this.changed();
    const found = rule && this.state?.rules.find((each) => each.list === rule.list && each.index === rule.index);
    if (found) void this.call("point", { list: found.list, index: found.index, number: found.number }).catch(() => undefined);
  }

  move(rule: Rule, to: number): Promise<void> {
    const open = this.open;
    if (open && open.list === rule.list) {
      const at = open.index;
      const moved = at === rule.index ? to : at > rule.index && at <= to ? at - 1 : at < rule.index && at >= to ? at + 1 : at;
      this.open = { list: rule.list, index: moved };
    }
    return this.edit({ kind: "move", path: [rule.list], index: rule.index, to });
  }

  setScope(scope: Scope): void {
    this.scope = scope;
    this.lookedAt = "";
    void this.lookNow();
  }

  /** Runs one call after the other, typed text first: the draft sees them in the order they were done. */
  private act(name: string, args: object | (() => object) = {}): Promise<void> {
    const run = async (): Promise<void> => {
      try {
        if (this.typed !== null) await this.write();
        if (name) await this.ask(name, typeof args === "function" ? args() : args);
      } catch (error) {
        if (!(error instanceof CallError && error.cancelled)) this.client.showError(error);
      }
    };
    const next = this.queue.then(run);
    this.queue = next;
    return next;
  }

  private async write(): Promise<void> {
    const typed = this.typed;
    if (typed === null) return;
    const now = Date.now();
    const text = withBreaks(this.state?.text ?? "", typed);
    const joins = now - this.lastTyped < TOGETHER;
    this.lastTyped = now;
    const before = this.state?.text ?? "";
    const state = await this.call<State>("write", { text, joins, base: this.state?.base });
    // the file changed under what was typed: both are shown
    if (state.conflict) state.conflict.base = before;
    if (this.typed === typed || state.conflict) this.typed = null;
    this.accept(state);
  }

  private async ask(name: string, args: object = {}): Promise<void> {
    this.client.clearError();
    if (name !== "open" && name !== "save") this.lastTyped = 0;
    if (name !== "open" && name !== "edit") this.lastPath = "";
    this.accept(await this.call<State>(name, args));
  }

  /** A call about the dataset that is on show now. */
  call<T>(name: string, args: object = {}, options: CallOptions = {}): Promise<T> {
    return this.client.call<T>(name, { dataset: this.dataset, ...args }, options);
  }

  private accept(state: State): void {
    if (state.dataset !== this.dataset) return; // another one was chosen meanwhile
    this.conflict = state.conflict ?? this.conflict;
    this.state = state;
    const open = this.open;
    if (open && !state.rules.some((rule) => rule.list === open.list && rule.index === open.index)) this.open = null;
    this.changed();
    if (state.valid && state.text !== this.lookedAt) this.lookSoon();
  }

  private async lookNow(): Promise<void> {
    const state = this.state;
    if (!state) return;
    const text = state.text;
    this.looking = true;
    this.changed();
    try {
      this.look = await this.call<Look>("look", { scope: this.scope });
      this.lookError = null;
      this.lookedAt = text;
    } catch (error) {
      if (error instanceof CallError && error.cancelled) return; // a newer one is on its way
      this.lookError = error instanceof CallError ? [error.message, error.remedy].filter(Boolean).join(" → ") : String(error);
    }
    this.looking = false;
    this.changed();
  }
}
