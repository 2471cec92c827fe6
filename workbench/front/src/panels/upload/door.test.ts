import { afterEach, expect, test, vi } from "vitest";
import { bytes, FakeKernel, sending, sha } from "./kernel.fake.ts";
import { send, type Upload } from "./sending.ts";

/** A page of JupyterLab whose server answers as ours does, with the chunks of a kernel. */
class FakeServer {
  readonly requests: { url: string; init: RequestInit & { headers: Record<string, string> } }[] = [];
  answer: (index: number, again: number) => Response | Promise<Response> | undefined = () => undefined;

  constructor(
    readonly kernel: FakeKernel,
    config: object = { baseUrl: "/user/ana/", token: "t" },
  ) {
    vi.stubGlobal("location", new URL("http://here:8888/user/ana/lab"));
    vi.stubGlobal("document", {
      cookie: "other=1; _xsrf=2|abc",
      getElementById: (id: string) => (id === "jupyter-config-data" ? { textContent: JSON.stringify(config) } : null),
    });
    vi.stubGlobal("fetch", (url: URL, init: any) => this.take(String(url), init));
  }

  get upload(): Upload {
    return { ...this.kernel.upload, door: "secret" };
  }

  private async take(url: string, init: any): Promise<Response> {
    this.requests.push({ url, init });
    const index = Number(url.split("/").at(-1));
    const again = this.requests.filter((each) => each.url === url).length;
    await new Promise((done) => setTimeout(done, 1));
    if (init.signal.aborted) throw new DOMException("aborted", "AbortError");
    const other = await this.answer(index, again);
    if (other) return other;
    const data = new Uint8Array(await (init.body as Blob).arrayBuffer());
    if (sha(data) !== init.headers["X-Workbench-SHA256"]) return damaged();
    this.kernel.chunks.set(index, data);
    return Response.json({ received: this.kernel.upload.received });
  }
}

function damaged(): Response {
  return Response.json({ error: { type: "ChunkDamaged", message: "damaged" } }, { status: 409 });
}

afterEach(() => vi.unstubAllGlobals());

test("where there is a door, chunks go through it and not through the kernel", async () => {
  const data = bytes(10_500);
  const kernel = new FakeKernel(data.length);
  const server = new FakeServer(kernel);
  const how = sending();
  expect((await send(kernel, new Blob([data]), server.upload, how)).complete).toBe(true);
  expect(kernel.content).toEqual(data);
  expect(kernel.calls).toEqual(["finish"]);
  expect(how.sent.at(-1)).toBe(data.length);
  expect(how.sent).toHaveLength(11);
  // chunks go several at a time, in any order
  const first = "http://here:8888/user/ana/workbench/uploads/u/0";
  const { init } = server.requests.find(({ url }) => url === first)!;
  expect(init).toMatchObject({ method: "PUT", credentials: "same-origin" });
  expect(init.body).toBeInstanceOf(Blob); // not its bytes, which would come through the page
  expect(init.headers).toMatchObject({
    Authorization: "token t",
    "X-XSRFToken": "2|abc",
    "X-Workbench-Door": "secret",
    "X-Workbench-SHA256": sha(data.slice(0, 1000)),
  });
});

test.each([
  ["a server without it", () => new Response("<h1>Not Found</h1>", { status: 404 })],
  ["a closed door", () => Response.json({ message: "no such door" }, { status: 404 })],
  ["a refusal", () => Response.json({ message: "Forbidden" }, { status: 403 })],
  ["a proxy that takes less", () => new Response("too large", { status: 413 })],
  ["a broken line", () => Promise.reject(new TypeError("Failed to fetch"))],
])("%s: the rest goes through the kernel", async (_, refuse) => {
  const data = bytes(20_500);
  const kernel = new FakeKernel(data.length);
  const server = new FakeServer(kernel);
  server.answer = (index) => (index >= 5 ? refuse() : undefined);
  expect((await send(kernel, new Blob([data]), server.upload, sending())).complete).toBe(true);
  expect(kernel.content).toEqual(data);
  expect(server.requests.length).toBeLessThan(9); // those on their way, and no more
  expect(kernel.calls.filter((call) => call.startsWith("chunk"))).toHaveLength(16);
});

test.each([
  ["a page that is not JupyterLab's", { config: {} as object, door: "secret", page: false }],
  ["a server of another origin", { config: { baseUrl: "https://elsewhere/" }, door: "secret", page: true }],
  ["a kernel without a door", { config: { baseUrl: "/" }, door: "", page: true }],
])("%s: nothing is asked of the server", async (_, { config, door, page }) => {
  const data = bytes(2500);
  const kernel = new FakeKernel(data.length);
  const server = new FakeServer(kernel, config);
  if (!page) vi.stubGlobal("document", undefined);
  expect((await send(kernel, new Blob([data]), { ...server.upload, door }, sending())).complete).toBe(true);
  expect(server.requests).toEqual([]);
  expect(kernel.content).toEqual(data);
});

test("a chunk that comes damaged through the door is sent again there, and only so often", async () => {
  const data = bytes(2500);
  const kernel = new FakeKernel(data.length);
  const server = new FakeServer(kernel);
  server.answer = (index, again) => (index === 1 && again <= 2 ? damaged() : undefined);
  expect((await send(kernel, new Blob([data]), server.upload, sending())).complete).toBe(true);
  expect(kernel.content).toEqual(data);
  expect(server.requests).toHaveLength(5);
  server.answer = damaged;
  kernel.chunks.clear();
  await expect(send(kernel, new Blob([data]), server.upload, sending())).rejects.toMatchObject({ type: "ChunkDamaged" });
  expect(kernel.calls).toEqual(["finish"]);
});

test("what the server cannot do is told, and stops all of it", async () => {
  const data = bytes(20_000);
  const kernel = new FakeKernel(data.length);
  const server = new FakeServer(kernel);
  server.answer = (index) =>
    index >= 5 ? Response.json({ error: { type: "StorageFull", message: "no space", remedy: "free some" } }, { status: 409 }) : undefined;
  await expect(send(kernel, new Blob([data]), server.upload, sending())).rejects.toMatchObject({
    type: "StorageFull",
    message: "no space",
    remedy: "free some",
  });
  expect(server.requests.length).toBeLessThan(9);
  expect(kernel.calls).toEqual([]);
});

test("cancelling ends what goes through the door, too", async () => {
  const data = bytes(50_000);
  const kernel = new FakeKernel(data.length);
  const server = new FakeServer(kernel);
  const how = sending();
  server.answer = (index) => {
    if (index === 4) how.control.abort();
    return undefined;
  };
  await expect(send(kernel, new Blob([data]), server.upload, how)).rejects.toMatchObject({ cancelled: true });
  expect(server.requests.length).toBeLessThan(12);
  expect(kernel.calls).toEqual([]); // neither finished, nor sent another way
});
