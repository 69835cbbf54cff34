import { describe, expect, it, vi } from "vitest";
import { RerankError } from "../errors.ts";
import { Pool, type PoolThread } from "./worker-pool.ts";

/** A thread whose runs end when the test says so. */
class ScriptedThread implements PoolThread<string, string> {
  isAlive = true;
  served: string[] = [];
  #current: { resolve: (response: string) => void; reject: (error: Error) => void; request: string } | undefined;
  run(request: string): Promise<string> {
    if (this.#current !== undefined) throw new Error("two requests at once");
    this.served.push(request);
    return new Promise((resolve, reject) => {
      this.#current = { resolve, reject, request };
    });
  }
  async finish(): Promise<void> {
    const current = this.#current!;
    this.#current = undefined;
    current.resolve(`${current.request}!`);
    await settle();
  }
  async fail(error: Error, dies = false): Promise<void> {
    const current = this.#current!;
    this.#current = undefined;
    this.isAlive = !dies;
    current.reject(error);
    await settle();
  }
  async close(): Promise<void> {
    if (this.#current !== undefined) throw new Error("closed during a run");
    this.isAlive = false;
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function scriptedPool(
  size: number,
  options: { maxWaiting?: number; idleMs?: number } = {},
): { pool: Pool<string, string>; threads: ScriptedThread[] } {
  const threads: ScriptedThread[] = [];
  const openThread = async (): Promise<ScriptedThread> => {
    const thread = new ScriptedThread();
    threads.push(thread);
    return thread;
  };
  return { pool: new Pool({ size, openThread, ...options }), threads };
}

const collect = (into: string[]) => (response: string, index: number) => {
  into[index] = response;
};

describe("Pool", () => {
  it("opens its threads with the first call, and only once", async () => {
    const { pool, threads } = scriptedPool(2);
    expect(threads.length).toBe(0);
    await Promise.all([pool.warmUp(), pool.warmUp()]);
    expect(threads.length).toBe(2);
    await pool.close();
  });

  it("gives each response with the index of its request", async () => {
    const { pool, threads } = scriptedPool(2);
    const responses: string[] = [];
    const call = pool.run(["a", "b", "c"], collect(responses));
    await settle();
    await threads[0]!.finish();
    await threads[1]!.finish();
    await threads.find((thread) => thread.served.includes("c"))!.finish();
    await call;
    expect(responses).toEqual(["a!", "b!", "c!"]);
  });

  it("takes turns between calls, so that a short call passes a long one", async () => {
    const { pool, threads } = scriptedPool(1);
    const long = pool.run(["l1", "l2", "l3", "l4"], () => undefined);
    await settle();
    const short = pool.run(["s1", "s2"], () => undefined);
    await settle();
    const thread = threads[0]!;
    for (let count = 0; count < 6; count += 1) await thread.finish();
    await Promise.all([long, short]);
    expect(thread.served).toEqual(["l1", "l2", "s1", "l3", "s2", "l4"]);
  });

  it("serves a short call before the next large request of a long one, and starves no call", async () => {
    const { pool, threads } = scriptedPool(1);
    const long = pool.run(["L1", "L2"], () => undefined, { costs: [100, 100] });
    await settle();
    // L1 brought the virtual clock to 100 and L2 would be done at 200: a call that arrives now with less than 100 goes first.
    const short = ["a", "b", "c", "d"].map((name) => pool.run([name], () => undefined, { costs: [30] }));
    await settle();
    const thread = threads[0]!;
    await thread.finish();
    await thread.finish();
    // The clock has moved on to 130: 90 more is after L2, however small the calls that keep coming.
    const late = pool.run(["e"], () => undefined, { costs: [90] });
    await settle();
    for (let count = 0; count < 5; count += 1) await thread.finish();
    await Promise.all([long, ...short, late]);
    expect(thread.served).toEqual(["L1", "a", "b", "c", "d", "L2", "e"]);
  });

  it("drops what waits of an aborted call at once, lets the running request end, and serves on", async () => {
    const { pool, threads } = scriptedPool(1);
    const controller = new AbortController();
    const heard: string[] = [];
    const call = pool.run(["a", "b", "c"], collect(heard), { signal: controller.signal });
    const outcome = expect(call).rejects.toThrow("enough");
    await settle();
    controller.abort(new RerankError("aborted", "enough"));
    await outcome;
    expect(pool.waiting).toBe(0);
    await threads[0]!.finish();
    const next = pool.run(["d"], () => undefined);
    await settle();
    await threads[0]!.finish();
    await next;
    expect(threads[0]!.served).toEqual(["a", "d"]);
  });

  it("fails a call by its request's error and keeps the thread", async () => {
    const { pool, threads } = scriptedPool(1);
    const call = pool.run(["a", "b"], () => undefined);
    const outcome = expect(call).rejects.toThrow("broken");
    await settle();
    await threads[0]!.fail(new RerankError("inference", "broken"));
    await outcome;
    expect(threads[0]!.served).toEqual(["a"]);
    expect(pool.threads).toBe(1);
  });

  it("heals after a thread's death: that call fails, waiting calls go on in a new thread", async () => {
    const { pool, threads } = scriptedPool(1);
    const first = pool.run(["a"], () => undefined);
    const outcome = expect(first).rejects.toThrow("died");
    await settle();
    const second = pool.run(["b"], () => undefined);
    await settle();
    await threads[0]!.fail(new RerankError("inference", "died"), true);
    await outcome;
    await settle();
    expect(threads.length).toBe(2);
    await threads[1]!.finish();
    await second;
  });

  it("closes after the calls under way, and refuses new ones", async () => {
    const { pool, threads } = scriptedPool(1);
    const call = pool.run(["a", "b"], () => undefined);
    await settle();
    const closing = pool.close();
    await expect(pool.run(["c"], () => undefined)).rejects.toMatchObject({ code: "closed" });
    await threads[0]!.finish();
    await threads[0]!.finish();
    await call;
    await closing;
    expect(threads[0]!.isAlive).toBe(false);
  });

  it("refuses a call while too much waits, and takes calls again when it has been worked off", async () => {
    const { pool, threads } = scriptedPool(1, { maxWaiting: 5 });
    // One runs, two of weight 4 wait: a call is judged by what waits before it, not by its own size.
    const first = pool.run(["a", "b", "c"], () => undefined, { weights: [4, 4, 4] });
    await settle();
    expect(pool.waiting).toBe(8);
    await expect(pool.run(["d"], () => undefined)).rejects.toMatchObject({ code: "overloaded", isRetryable: true });
    await threads[0]!.finish();
    const second = pool.run(["d"], () => undefined);
    await settle();
    for (let count = 0; count < 3; count += 1) await threads[0]!.finish();
    await Promise.all([first, second]);
    expect(threads[0]!.served.sort()).toEqual(["a", "b", "c", "d"]);
  });

  it("ends its threads when idle, if asked, and opens new ones for the next call", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { pool, threads } = scriptedPool(1, { idleMs: 1000 });
      const call = async (request: string): Promise<void> => {
        const run = pool.run([request], () => undefined);
        await settle();
        await threads.at(-1)!.finish();
        await run;
      };
      await call("a");
      vi.advanceTimersByTime(900);
      await call("b");
      vi.advanceTimersByTime(900);
      expect(threads[0]!.isAlive).toBe(true);
      vi.advanceTimersByTime(200);
      await settle();
      expect(threads[0]!.isAlive).toBe(false);
      await call("c");
      expect(threads.map((thread) => thread.served)).toEqual([["a", "b"], ["c"]]);
      await pool.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it("works with the threads that could be opened, and fails only when none could", async () => {
    let opened = 0;
    const pool = new Pool<string, string>({
      size: 2,
      openThread: async () => {
        opened += 1;
        if (opened === 2) throw new RerankError("inference", "out of memory");
        return new ScriptedThread();
      },
    });
    await pool.warmUp();
    expect(pool.threads).toBe(1);
    const none = new Pool<string, string>({ size: 1, openThread: () => Promise.reject(new RerankError("unsupported-model", "bad file")) });
    await expect(none.run(["a"], () => undefined)).rejects.toThrow("bad file");
  });
});
