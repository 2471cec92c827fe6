// @vitest-environment happy-dom
/** The store: everything reaches the draft in the order it was done, and nothing typed is lost. */
import { describe, expect, it } from "vitest";
import { FakeModel, until } from "../testing.ts";
import { definePanel, type Client } from "../client.ts";
import { Store } from "./store.ts";
import type { State } from "./model.ts";

function state(text: string, more: Partial<State> = {}): State {
  return { dataset: "d", file: "d.yml", text, dirty: true, outdated: false, can_undo: true, can_redo: false, changed_lines: [], problems: [], rules: [], readable: true, base: "0", valid: false, known_columns: [], ...more };
}

function opened(answer: (name: string, args: any) => unknown): { store: Store; model: FakeModel; calls: () => string[] } {
  const model = new FakeModel({ panel: "rules", language: "en", texts: {}, dataset: "d" }, answer);
  let store!: Store;
  definePanel((_, client: Client) => {
    store = new Store(client);
  }).render({ model, el: document.createElement("div") });
  return { store, model, calls: () => model.sent.map(({ content }) => content.name).filter(Boolean) };
}

describe("the store", () => {
  it("sends what was typed before it does anything else", async () => {
    let text = "a";
    const { store, calls, model } = opened((name, args) => {
      if (name === "schema") return {};
      if (name === "write") text = args.text;
      return state(text);
    });
    await store.start();
    store.type("a: 1");
    await store.edit({ kind: "remove", path: ["a"] });
    expect(calls()).toEqual(["schema", "open", "write", "edit"]);
    expect(model.sent[2]!.content.arguments).toMatchObject({ dataset: "d", text: "a: 1" });
    expect(store.text).toBe("a: 1");
  });

  it("sends what was typed for one dataset to that one, though another is chosen", async () => {
    const { store, model } = opened((name, args) => (name === "schema" ? {} : state("x", { dataset: args.dataset })));
    await store.start();
    store.type("typed");
    model.set("dataset", "e");
    await store.start();
    const write = model.sent.find(({ content }) => content.name === "write");
    expect(write!.content.arguments).toMatchObject({ dataset: "d", text: "typed" });
    expect(store.state!.dataset).toBe("e");
    expect(store.typed).toBeNull();
  });

  it("keeps what is typed while an answer is on its way", async () => {
    const { store } = opened((name, args) => {
      if (name === "write" && args.text === "one") store.typed = "two";
      return name === "schema" ? {} : state(args.text ?? "zero");
    });
    await store.start();
    store.type("one");
    await store.flush();
    expect(store.text).toBe("two");
    await store.flush();
    expect(store.typed).toBeNull();
    expect(store.text).toBe("two");
  });

  it("goes on after a call that failed", async () => {
    let fail = true;
    const { store } = opened((name) => {
      if (name === "edit" && fail) throw new Error("refused");
      return name === "schema" ? {} : state("x");
    });
    await store.start();
    await store.edit({ kind: "remove", path: [] });
    fail = false;
    await store.edit({ kind: "remove", path: [] });
    expect(store.state!.text).toBe("x");
  });

  it("looks at the rows of valid specs, once a text", async () => {
    const { store, calls } = opened((name) => {
      if (name === "look") return { steps: [], checks: [] };
      return name === "schema" ? {} : state("x", { valid: true });
    });
    await store.start();
    await until(() => store.look);
    await store.refresh();
    await new Promise((done) => setTimeout(done, 200));
    expect(calls().filter((name) => name === "look")).toHaveLength(1);
  });

  it("makes one step of a value that is typed on, and of another value another", async () => {
    const { store, model } = opened((name) => (name === "schema" ? {} : state("x")));
    await store.start();
    await store.edit({ kind: "set", path: ["a"], value: 1 });
    await store.edit({ kind: "set", path: ["a"], value: 12 });
    await store.edit({ kind: "set", path: ["b"], value: 1 });
    await store.undo();
    await store.edit({ kind: "set", path: ["b"], value: 2 });
    const joins = model.sent.filter(({ content }) => content.name === "edit").map(({ content }) => content.arguments.joins);
    expect(joins).toEqual([false, true, false, false]);
  });

  it("follows an open rule that moves", async () => {
    const { store } = opened((name) => (name === "schema" ? {} : state("x", { rules: [0, 1, 2].map((index) => ({ list: "transforms", index, name: "t", options: {}, bare: false, enabled: true, number: index, lines: [1, 1] })) })));
    await store.start();
    store.open = { list: "transforms", index: 0 };
    await store.move(store.state!.rules[0]!, 2);
    expect(store.open).toEqual({ list: "transforms", index: 2 });
    await store.move(store.state!.rules[0]!, 2);
    expect(store.open!.index).toBe(1);
  });
});
