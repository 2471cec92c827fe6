/** A widget's model for unit tests: what the panel sends is kept, what the kernel says is fired. */
import type { Model } from "./transport.ts";

export interface Sent {
  content: any;
  buffers: (ArrayBuffer | ArrayBufferView)[];
}

export class FakeModel implements Model {
  readonly sent: Sent[] = [];
  private readonly listeners = new Map<string, Set<(...args: any[]) => void>>();

  /** `kernel` answers calls as `@answers` methods do; without it tests answer by hand. */
  constructor(
    private readonly traits: Record<string, unknown> = {},
    private readonly kernel?: (name: string, args: any, buffers: any[]) => unknown,
  ) {}

  get(name: string): any {
    return this.traits[name];
  }

  set(name: string, value: unknown): void {
    if (this.traits[name] === value) return;
    this.traits[name] = value;
    this.fire(`change:${name}`);
  }

  save_changes(): void {}

  send(content: any, _callbacks?: unknown, buffers: any[] = []): void {
    this.sent.push({ content, buffers });
    if (!this.kernel || typeof content.call !== "string") return;
    void Promise.resolve()
      .then(() => this.kernel!(content.name, content.arguments, buffers))
      .then(
        (value) => this.answer(content.call, value),
        (error) => this.fire("msg:custom", { answer: content.call, error: { message: String(error.message), problems: [] } }, []),
      );
  }

  answer(call: string, value: unknown, buffers: DataView[] = []): void {
    this.fire("msg:custom", { answer: call, value }, buffers);
  }

  on(event: string, listener: (...args: any[]) => void): void {
    let all = this.listeners.get(event);
    if (!all) this.listeners.set(event, (all = new Set()));
    all.add(listener);
  }

  off(event: string, listener?: ((...args: any[]) => void) | null): void {
    if (listener) this.listeners.get(event)?.delete(listener);
    else this.listeners.delete(event);
  }

  fire(event: string, ...args: unknown[]): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener(...args);
  }

  listening(event: string): number {
    return this.listeners.get(event)?.size ?? 0;
  }
}

/** Waits until something holds, a few turns of the event loop at most. */
export async function until(holds: () => unknown): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    if (holds()) return;
    await new Promise((done) => setTimeout(done, 5));
  }
  throw new Error("it never came to hold");
}
