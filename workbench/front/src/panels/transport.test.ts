import { expect, test } from "vitest";
import { FakeModel } from "./testing.ts";
import { CallError, Transport } from "./transport.ts";

function made() {
  const model = new FakeModel({ texts: { "shared.gone.call": "no kernel" } });
  return { model, transport: new Transport(model) };
}

test("an answer settles its own call, in any order", async () => {
  const { model, transport } = made();
  const one = transport.call("rows", { limit: 1 });
  const two = transport.call("rows", { limit: 2 });
  const [first, second] = model.sent.map(({ content }) => content.call);
  expect(model.sent[1]?.content).toEqual({ call: second, name: "rows", arguments: { limit: 2 } });
  const view = new DataView(new ArrayBuffer(2));
  model.answer(second, "two", [view]);
  model.answer(first, "one");
  expect(await one).toEqual({ value: "one", buffers: [] });
  expect(await two).toEqual({ value: "two", buffers: [view] });
});

test("answers to another view of the widget are not taken", async () => {
  const { model, transport } = made();
  const other = new Transport(model);
  const mine = transport.call("rows");
  const theirs = other.call("rows");
  model.answer(model.sent[1]!.content.call, "theirs");
  model.answer(model.sent[0]!.content.call, "mine");
  expect([(await mine).value, (await theirs).value]).toEqual(["mine", "theirs"]);
});

test("buffers travel with the call", () => {
  const { model, transport } = made();
  const bytes = new ArrayBuffer(3);
  void transport.call("chunk", {}, { buffers: [bytes] });
  expect(model.sent[0]!.buffers).toEqual([bytes]);
});

test("an error keeps place, remedy and problems", async () => {
  const { model, transport } = made();
  const call = transport.call("save");
  const problem = { file: "a.yml", line: 2, column: 3, message: "bad", remedy: null };
  model.fire("msg:custom", {
    answer: model.sent[0]!.content.call,
    error: { message: "1 problem", where: "a.yml", remedy: "mend it", problems: [problem] },
  });
  const error = await call.catch((error) => error);
  expect(error).toBeInstanceOf(CallError);
  expect(error).toMatchObject({ message: "1 problem", where: "a.yml", remedy: "mend it", problems: [problem] });
});

test("progress reaches its call only", async () => {
  const { model, transport } = made();
  const seen: number[] = [];
  const call = transport.call("count", {}, { onProgress: ({ done }) => seen.push(done) });
  const id = model.sent[0]!.content.call;
  model.fire("msg:custom", { progress: id, done: 1, total: 3, text: "" });
  model.fire("msg:custom", { progress: "other", done: 2, total: 3, text: "" });
  model.answer(id, 3);
  await call;
  model.fire("msg:custom", { progress: id, done: 3, total: 3, text: "" });
  expect(seen).toEqual([1]);
});

test("aborting tells the kernel and rejects at once; a late answer is ignored", async () => {
  const { model, transport } = made();
  const control = new AbortController();
  const call = transport.call("slow", {}, { signal: control.signal });
  const id = model.sent[0]!.content.call;
  control.abort();
  const error = await call.catch((error) => error);
  expect(error.cancelled).toBe(true);
  expect(model.sent[1]!.content).toEqual({ cancel: id });
  model.answer(id, "late");
});

test("a call that was aborted before is not sent", async () => {
  const { model, transport } = made();
  const error = await transport.call("slow", {}, { signal: AbortSignal.abort() }).catch((error) => error);
  expect(error.cancelled).toBe(true);
  expect(model.sent).toEqual([]);
});

test("aborting after the answer says nothing to the kernel", async () => {
  const { model, transport } = made();
  const control = new AbortController();
  const call = transport.call("quick", {}, { signal: control.signal });
  model.answer(model.sent[0]!.content.call, 1);
  await call;
  control.abort();
  expect(model.sent).toHaveLength(1);
});

test("when the kernel goes, waiting calls and later ones fail, and it is told once", async () => {
  const { model, transport } = made();
  let told = 0;
  transport.onGone(() => told++);
  const waiting = transport.call("slow").catch((error) => error);
  model.fire("comm_live_update");
  model.fire("comm_live_update");
  const later = transport.call("more").catch((error) => error);
  expect(await waiting).toMatchObject({ gone: true, message: "no kernel" });
  expect(await later).toMatchObject({ gone: true });
  expect(told).toBe(1);
  transport.onGone(() => told++);
  expect(told).toBe(2);
});

test("events reach who listens until they stop", () => {
  const { model, transport } = made();
  const seen: unknown[] = [];
  const off = transport.on("draft", (data) => seen.push(data));
  model.fire("msg:custom", { event: "draft", data: { lines: 2 } });
  model.fire("msg:custom", { event: "other", data: 1 });
  off();
  model.fire("msg:custom", { event: "draft", data: { lines: 3 } });
  expect(seen).toEqual([{ lines: 2 }]);
});

test.each([null, "text", 3, {}, { answer: 5 }, { answer: "unknown", value: 1 }])("%j is no message", (message) => {
  const { model } = made();
  model.fire("msg:custom", message, []);
});

test("closing fails what waits and stops listening", async () => {
  const { model, transport } = made();
  const waiting = transport.call("slow").catch((error) => error);
  transport.close();
  expect(await waiting).toBeInstanceOf(CallError);
  expect(model.listening("msg:custom")).toBe(0);
});
