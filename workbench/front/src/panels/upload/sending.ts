/** Sends a file in chunks: checked by hashes, a few at a time, and continued where it stopped. */
import { sha256 } from "@noble/hashes/sha2.js";
import type { CallOptions } from "../client.ts";
import { CallError } from "../transport.ts";
import { Door, NoDoor } from "./door.ts";

/** An upload as the kernel tells it. */
export interface Upload {
  id: string;
  name: string;
  size: number;
  received: number;
  missing: number[];
  complete: boolean;
  chunk: number;
  sha256?: string | null;
  archive?: boolean;
  /** The secret of the door for its chunks in the Jupyter server; empty where there is none. */
  door?: string;
}

export type Proven = Upload & { hashes: string[] };

/** What sending needs of a client. */
export interface Kernel {
  call<T>(name: string, args?: object, options?: CallOptions): Promise<T>;
}

export interface Sending {
  signal: AbortSignal;
  /** Bytes that the kernel has acknowledged. */
  onSent: (bytes: number) => void;
}

/** Chunks on their way at a time: enough to keep kernel and disk busy, and few to hold in memory. */
const AT_ONCE = 3;
/** How often a chunk that came damaged is sent again. */
const AGAIN = 3;

/** The file is another one than that which the upload began with. */
export class OtherFile extends Error {}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** SHA-256 of a chunk; browsers have it only where the page came over https or from this machine. */
export async function hashOf(data: ArrayBuffer): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  return hex(subtle ? new Uint8Array(await subtle.digest("SHA-256", data)) : sha256(new Uint8Array(data)));
}

function slice(file: Blob, upload: Upload, index: number): Blob {
  return file.slice(index * upload.chunk, (index + 1) * upload.chunk);
}

/** The ways to the uploads: by HTTP as long as there is a door, else through the kernel. */
class Ways {
  private door: Door | null;

  constructor(
    private readonly kernel: Kernel,
    private readonly upload: Upload,
  ) {
    this.door = Door.with(upload.door);
  }

  /** Sends a chunk, again if it comes damaged; resolves to how many bytes have come. */
  async send(index: number, chunk: Blob, signal: AbortSignal): Promise<number> {
    const data = await chunk.arrayBuffer();
    const sha256 = await hashOf(data);
    if (this.door) letGo(data);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(index, chunk, sha256, data, signal);
      } catch (error) {
        if (!(error instanceof CallError) || error.type !== "ChunkDamaged" || attempt >= AGAIN) throw error;
      }
    }
  }

  private async once(index: number, chunk: Blob, sha256: string, data: ArrayBuffer, signal: AbortSignal): Promise<number> {
    const { id } = this.upload;
    try {
      if (this.door) return await this.door.send(id, index, chunk, sha256, signal);
    } catch (error) {
      if (!(error instanceof NoDoor)) throw error;
      this.door = null; // for the rest of the file, too
    }
    const bytes = data.byteLength === chunk.size ? data : await chunk.arrayBuffer();
    return this.kernel.call<number>("chunk", { upload: id, index, sha256 }, { signal, buffers: [bytes] });
  }
}

/** Gives memory back at once, by sending it nowhere: garbage of this size would pile up. */
function letGo(data: ArrayBuffer): void {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.postMessage(data, [data]);
  port1.close();
}

/** Sends every missing chunk, then lets the kernel prove the whole; resolves when it has. */
export async function send(kernel: Kernel, file: Blob, upload: Upload, sending: Sending): Promise<Upload> {
  let { missing } = upload;
  const ways = new Ways(kernel, upload);
  for (let round = 0; ; round++) {
    await sendChunks(ways, file, upload, missing, sending);
    try {
      return await kernel.call<Upload>("finish", { upload: upload.id }, { signal: sending.signal });
    } catch (error) {
      if (!(error instanceof CallError) || error.cancelled || error.gone || round >= AGAIN) throw error;
      // chunks got lost or are not on the disk as they came: the kernel says which
      const all = await kernel.call<Upload[]>("uploads", {}, { signal: sending.signal });
      missing = all.find(({ id }) => id === upload.id)?.missing ?? [];
      if (missing.length === 0) throw error;
    }
  }
}

async function sendChunks(
  ways: Ways,
  file: Blob,
  upload: Upload,
  missing: readonly number[],
  { signal, onSent }: Sending,
): Promise<void> {
  const waiting = [...missing];
  const control = new AbortController();
  const abort = (): void => control.abort();
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) control.abort();
  const work = async (): Promise<void> => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      if (control.signal.aborted) return;
      onSent(await ways.send(index, slice(file, upload, index), control.signal));
    }
  };
  try {
    await Promise.all(
      Array.from({ length: AT_ONCE }, () =>
        work().catch((error) => {
          control.abort(); // one that fails for good stops the others
          throw error;
        }),
      ),
    );
  } finally {
    signal.removeEventListener("abort", abort);
  }
  if (signal.aborted) throw new CallError({ message: "cancelled", cancelled: true });
}

/**
 * Goes on with an upload that was left off: the kernel proves what it has, and the file must have
 * the same chunks. Rejects with `OtherFile` if it has not.
 */
export async function resume(kernel: Kernel, file: Blob, upload: Upload, sending: Sending): Promise<Upload> {
  if (file.size !== upload.size) throw new OtherFile();
  const proven = await kernel.call<Proven>("prove", { upload: upload.id }, { signal: sending.signal });
  if (proven.complete) return kernel.call<Upload>("finish", { upload: upload.id }, { signal: sending.signal });
  for (const [index, hash] of proven.hashes.entries()) {
    if (!hash) continue;
    if (sending.signal.aborted) throw new CallError({ message: "cancelled", cancelled: true });
    if ((await hashOf(await slice(file, proven, index).arrayBuffer())) !== hash) throw new OtherFile();
  }
  sending.onSent(proven.received);
  return send(kernel, file, proven, sending);
}

/** Bytes a second over the last few seconds. */
export class Rate {
  private readonly points: [number, number][] = [];

  add(bytes: number, now = performance.now()): void {
    this.points.push([now, bytes]);
    while (this.points.length > 2 && now - this.points[0]![0] > 5000) this.points.shift();
  }

  get perSecond(): number {
    const first = this.points[0];
    const last = this.points.at(-1);
    if (!first || !last || last[0] === first[0]) return 0;
    return Math.max(0, ((last[1] - first[1]) * 1000) / (last[0] - first[0]));
  }
}
