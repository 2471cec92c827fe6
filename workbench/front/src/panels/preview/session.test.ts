import { describe, expect, it, vi } from "vitest";
import { Session, type Shown } from "./session.ts";
import type { Opened, Scope, Timeline } from "./types.ts";

const checks = { checks: [], rows: 1, failing_rows: 0, scope: "whole" as const };

function opened(revision: string, scope: Scope, fault = false): Opened {
  const step = { number: 1, fault: fault ? { message: "no" } : null };
  const view = { scope, steps: [{ number: 0, fault: null }, step] } as unknown as Timeline;
  return { revision, view, checks, faulty: false };
}

/** A kernel whose answers are given by hand. */
function bench(answer: (name: string, args: any) => Promise<unknown>): { session: Session; shown: (Shown | null)[]; asked: string[] } {
  const shown: (Shown | null)[] = [];
  const asked: string[] = [];
  const client = {
    text: (key: string) => key,
    showError: vi.fn(),
    clearError: vi.fn(),
    call: (name: string, args: any) => {
      asked.push(args?.scope ? `${name} ${args.scope}` : name);
      return answer(name, args) as Promise<any>;
    },
    busy: async (_: string, work: any) => {
      try {
        return await work({ signal: new AbortController().signal, onProgress: () => undefined });
      } catch {
        return undefined;
      }
    },
  };
  return { session: new Session(client as never, (state) => shown.push(state)), shown, asked };
}

describe("a preview", () => {
  it("shows the sample first and then the whole file", async () => {
    const { session, shown, asked } = bench(async (name, args) =>
      name === "open" ? opened(args.scope, args.scope) : checks,
    );
    await session.refresh();
    expect(asked.filter((each) => each.startsWith("open"))).toEqual(["open sample", "open whole"]);
    expect(shown[0]).toMatchObject({ revision: "sample", waiting: true });
    expect(session.shown).toMatchObject({ revision: "whole", waiting: false, checks });
  });

  it("asks once where the sample is all of the file", async () => {
    const { session, asked } = bench(async (name) => (name === "open" ? opened("r", "whole") : checks));
    await session.refresh();
    expect(asked).toEqual(["open sample"]);
    expect(session.shown?.waiting).toBe(false);
  });

  it("leaves the sample out once the whole file is quick", async () => {
    const { session, asked } = bench(async (name, args) => (name === "open" ? opened(args.scope, args.scope) : checks));
    await session.refresh();
    asked.length = 0;
    await session.refresh();
    expect(asked).toEqual(["open whole"]);
  });

  it("asks for the rows on screen along with the timeline", async () => {
    const looks: unknown[] = [];
    const client = {
      text: (key: string) => key,
      call: async (_: string, args: any) => (looks.push(args.look), opened("r", "whole")),
      busy: async (_: string, work: any) => work({ signal: new AbortController().signal }),
    };
    const look = { step: -1, sort: [], filters: [], failing: null, offset: 100, limit: 100 };
    const session = new Session(client as never, () => undefined, () => look);
    await session.refresh();
    expect(looks).toEqual([look]);
    expect(session.shown?.look).toBe(look);
  });

  it("shows nothing of a refresh that a newer one has overtaken", async () => {
    const waiting: (() => void)[] = [];
    let number = 0;
    const { session, shown } = bench((name) => {
      if (name !== "open") return Promise.resolve(checks);
      const mine = `r${++number}`;
      return new Promise((done) => waiting.push(() => done(opened(mine, "whole"))));
    });
    const first = session.refresh();
    const second = session.refresh();
    waiting[1]?.();
    await second;
    waiting[0]?.();
    await first;
    expect(shown.map((each) => each?.revision)).not.toContain("r1");
    expect(session.shown?.revision).toBe("r2");
  });

  it("keeps the sample, and does not wait for ever, when the whole file fails", async () => {
    const { session } = bench(async (name, args) => {
      if (name !== "open") return checks;
      if (args.scope === "whole") throw new Error("full disk");
      return opened("s", "sample");
    });
    await session.refresh();
    expect(session.shown).toMatchObject({ revision: "s", waiting: false });
  });
});
