import { describe, expect, it } from "vitest";
import { mapConcurrently, Stopping } from "./concurrency.ts";

/** Resolves with the signal's reason. */
const reasonOf = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener("abort", () => resolve(signal.reason));
  });

describe("Stopping", () => {
  it("ends every task with the first reason, those that begin later too", async () => {
    const stopping = new Stopping();
    const tasks = Array.from({ length: 50 }, () => stopping.guard(reasonOf));
    expect([stopping.isStopped, stopping.reason]).toEqual([false, undefined]);
    stopping.stop("first");
    stopping.stop("second");
    expect(new Set(await Promise.all([...tasks, stopping.guard(reasonOf)]))).toEqual(new Set(["first"]));
    expect([stopping.isStopped, stopping.reason]).toEqual([true, "first"]);
  });

  it("does not abort the signal of a task that has ended", async () => {
    const stopping = new Stopping();
    const signal = await stopping.guard(async (given) => given);
    await expect(stopping.guard(() => Promise.reject("failed"))).rejects.toBe("failed");
    stopping.stop("over");
    expect(signal.aborted).toBe(false);
  });
});

describe("mapConcurrently", () => {
  const items = Array.from({ length: 20 }, (_, index) => index);

  it("gives results in the order of the items, and never runs more tasks than the limit", async () => {
    let running = 0;
    let maxRunning = 0;
    const results = await mapConcurrently(items, { limit: 3 }, async (item) => {
      running += 1;
      maxRunning = Math.max(maxRunning, running);
      for (let turn = item % 4; turn >= 0; turn -= 1) await Promise.resolve();
      running -= 1;
      return item * 2;
    });
    expect(results).toEqual(items.map((item) => item * 2));
    expect(maxRunning).toBe(3);
    expect(await mapConcurrently([], { limit: 3, firstAlone: true }, async () => 1)).toEqual([]);
  });

  it("runs the first task alone where that is asked for", async () => {
    const events: string[] = [];
    await mapConcurrently([0, 1, 2], { limit: 3, firstAlone: true }, async (item) => {
      events.push(`start ${item}`);
      await Promise.resolve();
      events.push(`end ${item}`);
    });
    expect(events).toEqual(["start 0", "end 0", "start 1", "start 2", "end 1", "end 2"]);
  });

  it("throws the first failure after the running tasks have ended, and starts no others", async () => {
    const started: number[] = [];
    const reasons: unknown[] = [];
    const outcome = mapConcurrently(items, { limit: 3 }, async (item, _index, signal) => {
      started.push(item);
      if (item === 1) throw new RangeError("the second");
      reasons.push(await reasonOf(signal));
    });
    await expect(outcome).rejects.toThrow("the second");
    expect(started).toEqual([0, 1, 2]);
    expect(reasons).toEqual([new RangeError("the second"), new RangeError("the second")]);
  });

  it("throws the reason of the caller's signal, before a task and during one", async () => {
    const controller = new AbortController();
    const outcome = mapConcurrently(items, { limit: 2, signal: controller.signal }, async (_item, _index, signal) => reasonOf(signal));
    controller.abort("enough");
    await expect(outcome).rejects.toBe("enough");
    await expect(mapConcurrently(items, { limit: 2, firstAlone: true, signal: controller.signal }, reasonOfItem)).rejects.toBe("enough");
  });
});

async function reasonOfItem(): Promise<never> {
  throw new Error("must not run");
}
