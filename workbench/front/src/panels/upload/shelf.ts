/** The files of the panel: on their way, left off, or ready; kept while the panel lives. */
import { CallError, type Client } from "../client.ts";
import { OtherFile, Rate, resume, send, type Upload } from "./sending.ts";

export type State = "sending" | "left" | "fetching" | "ready" | "failed" | "done";

/** What people corrected about a file. */
export interface Corrections {
  reading: Record<string, unknown>;
  types: Record<string, TypeChoice>;
}

export interface TypeChoice {
  type: string;
  decimal?: string | null;
  thousands?: string | null;
  format?: string | null;
}

export interface Item {
  /** Of the upload, or `file:<path>` for a file of the server; empty until the kernel gave one. */
  id: string;
  /** Its own, for the page: stays the same all the time. */
  readonly key: number;
  name: string;
  size: number;
  sent: number;
  state: State;
  archive: boolean;
  /** Said instead of the state: why it failed, or what became of it. */
  note: string;
  error: unknown;
  corrections: Corrections;
  readonly rate: Rate;
  file?: File | undefined;
  control?: AbortController | undefined;
}

export class Shelf {
  readonly items: Item[] = [];
  selected: Item | null = null;
  private readonly listeners = new Set<() => void>();
  private keys = 0;
  private drawing = false;

  constructor(private client: Client) {}

  /** After a mount anew (another language) the shelf goes on with the new client. */
  use(client: Client): void {
    this.client = client;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells who draws, once a frame at most: progress comes far more often. */
  changed(): void {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      for (const listener of this.listeners) listener();
    });
  }

  select(item: Item | null): void {
    this.selected = item;
    this.changed();
  }

  /** Uploads that the kernel knows, such as those that were left off before a reload. */
  async load(): Promise<void> {
    for (const upload of await this.client.call<Upload[]>("uploads")) {
      if (this.items.some(({ id }) => id === upload.id)) continue;
      const item = this.add(upload.name, upload.size, upload.complete ? "ready" : "left");
      item.id = upload.id;
      item.sent = upload.received;
      // the kernel looks into what is complete when it says so again
      if (upload.complete) void this.run(item, () => this.client.call<Upload>("finish", { upload: upload.id }), false);
    }
    this.changed();
  }

  /** Sends files one after the other; one that was left off goes on. */
  async addFiles(files: Iterable<File>): Promise<void> {
    const all = [...files].map((file) => {
      const left = this.items.find(({ state, name, size }) => state === "left" && name === file.name && size === file.size);
      const item = left ?? this.add(file.name, file.size, "sending");
      item.file = file;
      item.state = "sending";
      return item;
    });
    this.changed();
    for (const item of all) if (item.state === "sending") await this.send(item);
  }

  async send(item: Item): Promise<void> {
    const file = item.file;
    if (!file) return;
    await this.run(item, async (control) => {
      const sending = {
        signal: control.signal,
        onSent: (bytes: number) => {
          item.sent = Math.max(item.sent, bytes);
          item.rate.add(item.sent);
          this.changed();
        },
      };
      if (item.id) {
        const known = await this.client.call<Upload[]>("uploads");
        const upload = known.find(({ id }) => id === item.id);
        if (upload) return resume(this.client, file, upload, sending);
      }
      const upload = await this.client.call<Upload>("begin", { name: item.name, size: item.size });
      item.id = upload.id;
      return send(this.client, file, upload, sending);
    });
  }

  async fetch(url: string): Promise<void> {
    const item = this.add(url, 0, "fetching");
    await this.run(item, (control) =>
      this.client.call<Upload>(
        "fetch",
        { url },
        {
          signal: control.signal,
          onProgress: ({ done, total }) => {
            item.sent = done;
            item.size = total ?? 0;
            item.rate.add(done);
            this.changed();
          },
        },
      ),
    );
  }

  async take(connection: string, schema: string, table: string): Promise<void> {
    const item = this.add(`${connection}: ${schema}.${table}`, 0, "fetching");
    await this.run(item, ({ signal }) => this.client.call<Upload>("table", { connection, schema, table }, { signal }));
  }

  async choose(path: string): Promise<void> {
    const item = this.add(path, 0, "fetching");
    await this.run(item, () => this.client.call<Upload>("choose", { path }));
  }

  /** Members of an archive become files of their own, which take its place. */
  async unpack(item: Item, members: number[]): Promise<void> {
    const taken = await this.client.busy(this.client.text("upload.unpacking"), (options) =>
      this.client.call<Upload[]>("unpack", { item: item.id, members }, options),
    );
    if (!taken) return;
    const at = this.items.indexOf(item) + 1;
    const made = taken.map((upload) => {
      const each = this.make(upload.name, upload.size, "ready");
      this.settle(each, upload);
      return each;
    });
    this.items.splice(at, 0, ...made);
    this.select(made[0] ?? null);
  }

  cancel(item: Item): void {
    item.control?.abort();
  }

  async remove(item: Item): Promise<void> {
    this.cancel(item);
    const at = this.items.indexOf(item);
    if (at >= 0) this.items.splice(at, 1);
    if (this.selected === item) this.selected = null;
    this.changed();
    if (item.id && !item.id.startsWith("file:") && item.state !== "done") {
      await this.client.call("remove", { upload: item.id }).catch((error) => this.client.showError(error));
    }
  }

  /** It was delivered: what there is to say of it. */
  finish(item: Item, note: string): void {
    item.state = "done";
    item.note = note;
    this.client.announce(note);
    this.changed();
  }

  private make(name: string, size: number, state: State): Item {
    return {
      id: "",
      key: ++this.keys,
      name,
      size,
      sent: 0,
      state,
      archive: false,
      note: "",
      error: null,
      corrections: { reading: {}, types: {} },
      rate: new Rate(),
    };
  }

  private add(name: string, size: number, state: State): Item {
    const item = this.make(name, size, state);
    this.items.unshift(item);
    this.changed();
    return item;
  }

  private settle(item: Item, upload: Upload): void {
    item.id = upload.id;
    item.name = upload.name;
    item.size = item.sent = upload.size;
    item.archive = upload.archive ?? false;
    item.state = "ready";
    item.file = undefined; // nothing holds on to its bytes
  }

  /** Runs what brings an item here; it is then shown if somebody just asked for it. */
  private async run(item: Item, work: (control: AbortController) => Promise<Upload>, show = true): Promise<void> {
    const control = (item.control = new AbortController());
    item.error = null;
    item.note = "";
    try {
      this.settle(item, await work(control));
      if (!show) return;
      this.client.announce(this.client.text("upload.said.ready", { name: item.name }));
      this.selected = item;
    } catch (error) {
      this.fail(item, error);
    } finally {
      item.control = undefined;
      this.changed();
    }
  }

  private fail(item: Item, error: unknown): void {
    const told = error instanceof CallError ? error : null;
    const kept = Boolean(item.id) && !item.id.startsWith("file:");
    item.state = kept ? "left" : "failed";
    if (told?.cancelled && !kept) {
      const at = this.items.indexOf(item);
      if (at >= 0) this.items.splice(at, 1);
    }
    if (told?.cancelled || told?.gone) return this.client.announce(this.client.text("shared.cancelled"));
    item.error = error;
    item.note = error instanceof OtherFile ? this.client.text("upload.other_file") : (told?.message ?? String(error));
    if (error instanceof OtherFile) item.file = undefined;
    this.client.announce(`${item.name}: ${item.note}`);
    if (!(error instanceof OtherFile)) this.client.showError(error);
  }
}
