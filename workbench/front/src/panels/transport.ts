/** Calls to the kernel over a widget's channel: answers by id, progress, cancel, buffers, events. */

/** What anywidget gives as the model of a widget. */
export interface Model {
  get(name: string): any;
  set(name: string, value: any): void;
  save_changes(): void;
  send(content: any, callbacks?: any, buffers?: ArrayBuffer[] | ArrayBufferView[]): void;
  on(event: string, listener: (...args: any[]) => void): void;
  off(event: string, listener?: ((...args: any[]) => void) | null): void;
  widget_manager?: any;
}

export interface Progress {
  done: number;
  total: number | null;
  text: string;
}

export interface Problem {
  file: string;
  line: number;
  column: number;
  message: string;
  remedy: string | null;
}

export interface CallOptions {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  buffers?: (ArrayBuffer | ArrayBufferView)[];
}

interface Told {
  message: string;
  type?: string;
  where?: string | null;
  remedy?: string | null;
  problems?: Problem[];
  cancelled?: boolean;
}

/** What the kernel could not do, with the place and the remedy. */
export class CallError extends Error {
  readonly type: string;
  readonly where: string | null;
  readonly remedy: string | null;
  readonly problems: readonly Problem[];
  readonly cancelled: boolean;
  /** The kernel is not there any more. */
  readonly gone: boolean;

  constructor(told: Told, gone = false) {
    super(told.message);
    this.name = "CallError";
    this.type = told.type ?? "";
    this.where = told.where ?? null;
    this.remedy = told.remedy ?? null;
    this.problems = told.problems ?? [];
    this.cancelled = told.cancelled ?? false;
    this.gone = gone;
  }
}

interface Waiting {
  resolve: (answer: { value: any; buffers: DataView[] }) => void;
  reject: (error: CallError) => void;
  onProgress: ((progress: Progress) => void) | undefined;
}

export class Transport {
  private readonly waiting = new Map<string, Waiting>();
  private readonly listeners = new Map<string, Set<(data: any) => void>>();
  private readonly mourners: (() => void)[] = [];
  // another view of the same widget gets our answers too, and must not take them for its own
  private readonly prefix = Math.random().toString(36).slice(2, 10);
  private calls = 0;
  private gone = false;

  constructor(readonly model: Model) {
    model.on("msg:custom", this.receive);
    // once alive, a widget's channel changes only when the kernel restarts or dies
    model.on("comm_live_update", this.lose);
  }

  close(): void {
    this.model.off("msg:custom", this.receive);
    this.model.off("comm_live_update", this.lose);
    this.fail();
  }

  onGone(listener: () => void): void {
    if (this.gone) listener();
    else this.mourners.push(listener);
  }

  on(event: string, listener: (data: any) => void): () => void {
    let all = this.listeners.get(event);
    if (!all) this.listeners.set(event, (all = new Set()));
    all.add(listener);
    return () => all.delete(listener);
  }

  call<T>(name: string, args: object = {}, options: CallOptions = {}): Promise<{ value: T; buffers: DataView[] }> {
    const id = `${this.prefix}-${++this.calls}`;
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (this.gone) return reject(this.mourning());
      if (signal?.aborted) return reject(cancelled());
      const abort = (): void => {
        if (!this.waiting.delete(id)) return;
        if (!this.gone) this.model.send({ cancel: id });
        reject(cancelled());
      };
      signal?.addEventListener("abort", abort, { once: true });
      const settle = <V>(then: (value: V) => void) => (value: V): void => {
        signal?.removeEventListener("abort", abort);
        then(value);
      };
      this.waiting.set(id, { resolve: settle(resolve), reject: settle(reject), onProgress: options.onProgress });
      try {
        this.model.send({ call: id, name, arguments: args }, undefined, options.buffers as ArrayBuffer[]);
      } catch (error) {
        this.waiting.get(id)?.reject(new CallError({ message: String(error) }));
        this.waiting.delete(id);
      }
    });
  }

  private readonly receive = (message: any, buffers: DataView[] = []): void => {
    if (typeof message !== "object" || message === null) return;
    if (typeof message.event === "string") {
      for (const listener of [...(this.listeners.get(message.event) ?? [])]) listener(message.data);
    } else if (typeof message.progress === "string") {
      this.waiting.get(message.progress)?.onProgress?.(message);
    } else if (typeof message.answer === "string") {
      const call = this.waiting.get(message.answer);
      if (!call || !this.waiting.delete(message.answer)) return;
      if (message.error) call.reject(new CallError(message.error));
      else call.resolve({ value: message.value, buffers });
    }
  };

  private readonly lose = (): void => {
    if (this.gone) return;
    this.gone = true;
    this.fail();
    for (const listener of this.mourners) listener();
  };

  private fail(): void {
    for (const call of [...this.waiting.values()]) call.reject(this.mourning());
    this.waiting.clear();
  }

  private mourning(): CallError {
    const texts = this.model.get("texts") ?? {};
    return new CallError({ message: texts["shared.gone.call"] ?? "gone", remedy: texts["shared.gone"] ?? null }, true);
  }
}

function cancelled(): CallError {
  return new CallError({ message: "cancelled", cancelled: true });
}
