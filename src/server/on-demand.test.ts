import { describe, expect, it } from "vitest";
import type { ModelReference, Reranker } from "../index.ts";
import { OnDemandModels } from "./on-demand.ts";
import { ServerError } from "./status.ts";

/** A Reranker that loads and closes when it is told to. */
interface Scripted {
  reference: ModelReference;
  finish(): void;
  fail(error: Error): void;
  isClosed: boolean;
}

const preset = (name: string, changes: object = {}): ModelReference => ({ type: "preset", name, ...changes });
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function start(options: { maxModels?: number; served?: ModelReference[]; graceMs?: number } = {}): {
  models: OnDemandModels;
  opened: Scripted[];
} {
  const opened: Scripted[] = [];
  const models = new OnDemandModels({
    ...{ maxModels: 2, served: [preset("mini")], graceMs: 10_000, ...options },
    open(reference) {
      const script: Scripted = { reference, finish: () => undefined, fail: () => undefined, isClosed: false };
      const loaded = new Promise<void>((resolve, reject) => Object.assign(script, { finish: resolve, fail: reject }));
      const close = async (): Promise<void> => {
        script.isClosed = true;
      };
      opened.push(script);
      return { name: "x", reference, reranker: { warmUp: () => loaded, close } as unknown as Reranker };
    },
  });
  return { models, opened };
}

/** Borrows a model, loads it and lets it go. */
async function use({ models, opened }: ReturnType<typeof start>, reference: ModelReference): Promise<void> {
  const before = opened.length;
  const { loaded, release } = models.borrow(reference);
  if (opened.length > before) opened.at(-1)!.finish();
  await loaded;
  release();
}

describe("models that requests bring in", () => {
  it("are refused with 503 and a time to come back while as many as may be held are loading or in use", async () => {
    const { models, opened } = start();
    const [fast] = ["fast", "balanced"].map((name) => models.borrow(preset(name)));
    const refused = (): unknown => {
      try {
        return models.borrow(preset("quality"));
      } catch (error) {
        return error;
      }
    };
    expect(refused()).toBeInstanceOf(ServerError);
    expect(refused()).toMatchObject({ status: 503, retryAfterSecs: expect.any(Number) });
    for (const script of opened) script.finish();
    await settled();
    expect(refused()).toMatchObject({ status: 503 });
    fast!.release();
    expect(refused()).toMatchObject({ entry: { reference: preset("quality") } });
    expect(opened.map(({ isClosed }) => isClosed)).toEqual([true, false, false]);
    await models.close();
    expect(opened.every(({ isClosed }) => isClosed)).toBe(true);
  });

  it("give way to the next by how long ago they were used", async () => {
    const held = start();
    for (const name of ["fast", "balanced", "fast", "quality"]) await use(held, preset(name));
    expect(held.opened.map(({ reference, isClosed }) => [reference, isClosed])).toEqual([
      [preset("fast"), false],
      [preset("balanced"), true],
      [preset("quality"), false],
    ]);
  });

  it("count once however they read, at any depth, and not at all where a served model's threads do", async () => {
    const held = start({ maxModels: 1 });
    const { models, opened } = held;
    const all = Array.from({ length: 40 }, (_, index) => models.borrow(preset("fast", { maxLength: 8 + index, instruction: `${index}` })));
    const served = Array.from({ length: 40 }, (_, index) => models.borrow(preset("mini", { maxLength: 8 + index })));
    expect(() => models.borrow(preset("balanced"))).toThrow(/held|holds 1/);
    for (const script of opened) script.finish();
    await Promise.all([...all, ...served].map(({ loaded }) => loaded));
    // None is closed under the hands of who uses it.
    expect(opened.some(({ isClosed }) => isClosed)).toBe(false);
    for (const { release } of [...all, ...served]) release();
    // A few are kept of each, and no more.
    expect(models.entries()).toHaveLength(32);
    expect(opened.filter(({ isClosed }) => isClosed)).toHaveLength(80 - 32);
    const nested = (maxLength: number): ModelReference => ({ type: "fallback", models: [preset("fast", { maxLength })] });
    await use(held, nested(8));
    await use(held, nested(9));
    expect(models.entries().filter(({ reference }) => reference.type === "fallback")).toHaveLength(2);
  });

  it("are no longer loaded once nobody waits, unless somebody comes back in time", async () => {
    const { models, opened } = start({ graceMs: 50 });
    const [first, second] = [models.borrow(preset("fast")), models.borrow(preset("fast"))];
    first.release();
    second.release();
    await settled();
    expect(opened[0]!.isClosed).toBe(false);
    const third = models.borrow(preset("fast"));
    expect(opened).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(opened[0]!.isClosed).toBe(false);
    third.release();
    await expect.poll(() => opened[0]!.isClosed).toBe(true);
    expect(models.entries()).toEqual([]);
    // What was loaded in time is kept, though nobody waited any more.
    const { release } = models.borrow(preset("balanced"));
    release();
    opened[1]!.finish();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(opened[1]!.isClosed).toBe(false);
    await models.close();
  });

  it("that cannot be loaded are not kept, and the next request tries again", async () => {
    const { models, opened } = start();
    const { loaded, release } = models.borrow(preset("fast"));
    opened[0]!.fail(new Error("no luck"));
    await expect(loaded).rejects.toThrow("no luck");
    const again = models.borrow(preset("fast"));
    release();
    expect(opened.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    opened[1]!.finish();
    await again.loaded;
    expect(models.entries()).toHaveLength(1);
    await models.close();
  });
});
