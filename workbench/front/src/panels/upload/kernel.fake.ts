/** Stands for a kernel in tests of sending. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { CallError } from "../transport.ts";
import type { Kernel, Upload } from "./sending.ts";

const CHUNK = 1000;

export function bytes(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, at) => (at * 31 + seed) % 251);
}

export function sha(data: ArrayBuffer | Uint8Array): string {
  return bytesToHex(sha256(new Uint8Array(data)));
}

/** A kernel that keeps chunks as ours does, and that can be told to misbehave. */
export class FakeKernel implements Kernel {
  readonly chunks = new Map<number, Uint8Array>();
  readonly calls: string[] = [];
  atOnce = 0;
  most = 0;
  fault: (name: string, args: any) => void | Promise<void> = () => {};

  constructor(readonly size: number) {}

  get upload(): Upload {
    const count = Math.ceil(this.size / CHUNK);
    const missing = Array.from({ length: count }, (_, index) => index).filter((index) => !this.chunks.has(index));
    const received = [...this.chunks.values()].reduce((sum, chunk) => sum + chunk.length, 0);
    return { id: "u", name: "a.csv", size: this.size, received, missing, complete: false, chunk: CHUNK };
  }

  async call<T>(name: string, args: any = {}, options: any = {}): Promise<T> {
    this.calls.push(name === "chunk" ? `chunk ${args.index}` : name);
    this.most = Math.max(this.most, ++this.atOnce);
    try {
      await new Promise((done) => setTimeout(done, 1));
      if (options.signal?.aborted) throw new CallError({ message: "cancelled", cancelled: true });
      await this.fault(name, args);
      return (await this.answer(name, args, options.buffers)) as T;
    } finally {
      this.atOnce--;
    }
  }

  private answer(name: string, args: any, buffers: ArrayBuffer[]): unknown {
    if (name === "chunk") {
      const data = new Uint8Array(buffers[0]!);
      if (sha(data) !== args.sha256) throw new CallError({ message: "damaged", type: "ChunkDamaged" });
      this.chunks.set(args.index, data);
      return this.upload.received;
    }
    if (name === "uploads") return [this.upload];
    if (name === "prove") {
      const hashes = Array.from({ length: Math.ceil(this.size / CHUNK) }, (_, index) => {
        const chunk = this.chunks.get(index);
        return chunk ? sha(chunk) : "";
      });
      return { ...this.upload, hashes };
    }
    if (this.upload.missing.length) throw new CallError({ message: "missing", type: "UploadError" });
    return { ...this.upload, complete: true };
  }

  get content(): Uint8Array {
    const count = Math.ceil(this.size / CHUNK);
    return Uint8Array.from(Array.from({ length: count }, (_, index) => [...this.chunks.get(index)!]).flat());
  }
}

export function sending(control = new AbortController()) {
  const sent: number[] = [];
  return { signal: control.signal, onSent: (bytes: number) => sent.push(bytes), sent, control };
}
