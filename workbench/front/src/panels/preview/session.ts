/** What is on show, and how it follows the draft: the sample first, then the whole file. */
import type { Client } from "../client.ts";
import type { Checks, FileChoice, Look, Opened, Scope, Timeline } from "./types.ts";

/**
 * A whole file that is this quick (seconds) is shown without its sample before: computing both takes
 * longer for the whole than a sample would come sooner.
 */
const QUICK = 1.2;

export interface Shown extends Opened {
  /** The whole file is being computed; what is shown is its head. */
  waiting: boolean;
}

type Call = Pick<Client, "call" | "busy" | "text" | "showError" | "clearError">;

export class Session {
  shown: Shown | null = null;
  whole = true;
  file: string | null = null;
  files: FileChoice[] = [];
  private turn = 0;
  private lastWhole = Infinity;

  constructor(
    private readonly client: Call,
    private readonly changed: (shown: Shown | null) => void,
    /** The rows on screen: they come with the timeline, without another round trip. */
    private readonly look: () => Look | null = () => null,
  ) {}

  /** Another dataset: forget the file that was chosen, and how long it took. */
  reset(): void {
    this.turn++;
    this.shown = null;
    this.file = null;
    this.lastWhole = Infinity;
    this.changed(null);
  }

  async list(): Promise<void> {
    const found = await this.client.call<{ files: FileChoice[]; file: string | null; whole: boolean }>("files");
    this.files = found.files;
    if (this.file === null && found.file) this.file = found.file;
  }

  /** Shows the draft as it is now. Calls that come meanwhile make this one moot. */
  async refresh(): Promise<void> {
    const turn = ++this.turn;
    const moot = (): boolean => turn !== this.turn;
    await this.client.busy(this.client.text("preview.computing"), async ({ signal }) => {
      try {
        if (!this.whole || this.lastWhole > QUICK) {
          const head = await this.open("sample", signal);
          if (moot()) return;
          const waiting = this.whole && head.view.scope !== "whole";
          this.show(head, waiting);
          if (!waiting) return;
        }
        const began = performance.now();
        const all = await this.open("whole", signal);
        if (moot()) return;
        this.lastWhole = (performance.now() - began) / 1000;
        this.show(all, false);
      } catch (error) {
        if (moot()) return;
        if (this.shown?.waiting) this.show(this.shown, false);
        throw error;
      }
    });
  }

  /** Also what only Great Expectations can check; that takes seconds. */
  async checkEverything(): Promise<void> {
    const shown = this.shown;
    if (!shown) return;
    await this.client.busy(this.client.text("preview.checking"), async ({ signal }) => {
      const checks = await this.client.call<Checks>("check_everything", { revision: shown.revision }, { signal });
      if (this.shown?.revision === shown.revision) this.changed((this.shown = { ...this.shown, checks }));
    });
  }

  private async open(scope: Scope, signal: AbortSignal): Promise<Opened> {
    const look = this.look();
    const opened = await this.client.call<Opened>("open", { file: this.file, scope, look }, { signal });
    return { ...opened, look };
  }

  private show(opened: Opened, waiting: boolean): void {
    this.shown = { ...opened, waiting };
    this.changed(this.shown);
  }
}

/** The number of the transform that cannot be done, 0 if there is none. */
export function stopped(view: Timeline): number {
  return view.steps.find((step) => step.fault)?.number ?? 0;
}
