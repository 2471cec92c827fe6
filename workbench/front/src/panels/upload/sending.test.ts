import { expect, test, vi } from "vitest";
import { CallError } from "../transport.ts";
import { bytes, FakeKernel, sending, sha } from "./kernel.fake.ts";
import { hashOf, OtherFile, Rate, resume, send } from "./sending.ts";

test("a file is sent in chunks, a few at a time, and finished", async () => {
  const data = bytes(10_500);
  const kernel = new FakeKernel(data.length);
  const how = sending();
  const done = await send(kernel, new Blob([data]), kernel.upload, how);
  expect(done.complete).toBe(true);
  expect(kernel.content).toEqual(data);
  expect(how.sent.at(-1)).toBe(data.length);
  expect(kernel.most).toBe(3);
  expect(kernel.calls.filter((call) => call.startsWith("chunk"))).toHaveLength(11);
});

test("a chunk that comes damaged is sent again, and only so often", async () => {
  const data = bytes(2500);
  const kernel = new FakeKernel(data.length);
  let faults = 2;
  kernel.fault = (name, args) => {
    if (name === "chunk" && args.index === 1 && faults-- > 0) throw new CallError({ message: "x", type: "ChunkDamaged" });
  };
  expect((await send(kernel, new Blob([data]), kernel.upload, sending())).complete).toBe(true);
  const worse = new FakeKernel(data.length);
  worse.fault = (name) => {
    if (name === "chunk") throw new CallError({ message: "x", type: "ChunkDamaged" });
  };
  await expect(send(worse, new Blob([data]), worse.upload, sending())).rejects.toMatchObject({ type: "ChunkDamaged" });
});

test("chunks that the kernel lost are sent again at the end", async () => {
  const data = bytes(4200);
  const kernel = new FakeKernel(data.length);
  let first = true;
  kernel.fault = (name) => {
    if (name !== "finish" || !first) return;
    first = false;
    kernel.chunks.delete(2);
  };
  expect((await send(kernel, new Blob([data]), kernel.upload, sending())).complete).toBe(true);
  expect(kernel.calls.filter((call) => call === "chunk 2")).toHaveLength(2);
  expect(kernel.calls.filter((call) => call === "chunk 1")).toHaveLength(1);
});

test("a full disk stops all of it, and what has come is kept for later", async () => {
  const data = bytes(20_000);
  const kernel = new FakeKernel(data.length);
  kernel.fault = (name, args) => {
    if (name === "chunk" && args.index >= 5) throw new CallError({ message: "no space", type: "StorageFull" });
  };
  await expect(send(kernel, new Blob([data]), kernel.upload, sending())).rejects.toMatchObject({ message: "no space" });
  await vi.waitFor(() => expect(kernel.atOnce).toBe(0));
  expect(kernel.calls.length).toBeLessThan(12);
  kernel.fault = () => {};
  const how = sending();
  expect((await resume(kernel, new Blob([data]), kernel.upload, how)).complete).toBe(true);
  expect(how.sent[0]).toBe(5000);
  expect(kernel.calls.filter((call) => call === "chunk 0")).toHaveLength(1);
});

test("cancelling ends it at once", async () => {
  const data = bytes(50_000);
  const kernel = new FakeKernel(data.length);
  const how = sending();
  kernel.fault = (name, args) => {
    if (name === "chunk" && args.index === 4) how.control.abort();
  };
  await expect(send(kernel, new Blob([data]), kernel.upload, how)).rejects.toMatchObject({ cancelled: true });
  expect(kernel.calls).not.toContain("finish");
  expect(kernel.calls.length).toBeLessThan(12);
});

test("another file does not go on with the upload of one", async () => {
  const data = bytes(3500);
  const kernel = new FakeKernel(data.length);
  kernel.chunks.set(1, data.slice(1000, 2000));
  const other = data.slice();
  other[1500] = (other[1500]! + 1) % 256;
  await expect(resume(kernel, new Blob([other]), kernel.upload, sending())).rejects.toBeInstanceOf(OtherFile);
  await expect(resume(kernel, new Blob([data.slice(1)]), kernel.upload, sending())).rejects.toBeInstanceOf(OtherFile);
  expect((await resume(kernel, new Blob([data]), kernel.upload, sending())).complete).toBe(true);
});

test("hashes are alike with and without the browser's own", async () => {
  const data = bytes(100_000);
  const own = await hashOf(data.buffer);
  expect(own).toBe(sha(data));
  vi.stubGlobal("crypto", {});
  expect(await hashOf(data.buffer)).toBe(own);
  expect(await hashOf(new TextEncoder().encode("abc").buffer)).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  vi.unstubAllGlobals();
});

test("the rate is that of the last seconds", () => {
  const rate = new Rate();
  expect(rate.perSecond).toBe(0);
  rate.add(0, 0);
  rate.add(1000, 1000);
  expect(rate.perSecond).toBe(1000);
  rate.add(1000, 9000);
  rate.add(9000, 10_000);
  expect(rate.perSecond).toBe(8000);
});
