/** Rerankers of one model share its session and threads; those of several have a bounded number of threads together. */
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  clearRerankers,
  createReranker,
  evictReranker,
  type ModelInput,
  type Reranker,
  rerank,
  setRerankerCacheLimit,
  warmUpReranker,
} from "../dist/index.js";

const query = "How to train a dog";
const documents = Array.from({ length: 4 }, (_, index) => `Dog training requires patience. ${"More about pets. ".repeat(index)}`);
const folderOf = (name: string): string => `./test/fixtures/models/${name}`;

const mini = (changes: object): ModelInput => ({ type: "preset", name: "mini", ...changes });
const bert = (changes: object): ModelInput => ({ type: "custom", modelId: folderOf("tiny-bert"), ...changes });

/** Threads of this process, as Linux counts them. */
const threads = (): number => readdirSync("/proc/self/task").length;
let threadsAtRest = 0;

beforeAll(async () => {
  // Node's own pool starts with its first work, and stays.
  await Promise.all(Array.from({ length: 16 }, () => readFile(new URL(import.meta.url))));
  await rerank(query, documents);
}, 60_000);
beforeEach(async () => {
  await clearRerankers();
  threadsAtRest = threads();
});
afterAll(() => clearRerankers());

const closeAll = (rerankers: readonly Reranker[]): Promise<unknown> => Promise.all(rerankers.map((reranker) => reranker.close()));

describe.skipIf(process.platform !== "linux" /* threads are counted in /proc */)("Rerankers of one model", () => {
  it("share its threads whatever their limits and instructions, in models of models too, and score as each would alone", async () => {
    const models: ModelInput[] = [
      ...[8, 12, 511].map((maxLength) => mini({ maxLength })),
      mini({ instruction: "dogs first" }),
      { type: "fuse", models: [mini({ maxLength: 20 }), mini({ maxLength: 21 })], method: "weighted" },
      { type: "fallback", models: [mini({ maxLength: 22 })] },
      { type: "cascade", first: mini({ maxLength: 23 }), second: mini({ maxLength: 24 }), keep: 3 },
    ];
    const first = createReranker({ model: mini({}) });
    await first.warmUp();
    const threadsOfOne = threads();
    const rerankers = models.map((model) => createReranker({ model }));
    const together = await Promise.all(rerankers.map((reranker) => reranker.score(query, documents)));
    expect(threads()).toBe(threadsOfOne);
    await closeAll([first, ...rerankers]);
    expect(threads()).toBe(threadsAtRest);
    expect(new Set(together.map(String)).size).toBeGreaterThan(5);
    for (const index of [1, 4]) {
      await using reranker = createReranker({ model: models[index]!, acceleration: { workers: 1 } });
      expect(await reranker.score(query, documents)).toEqual(together[index]);
      expect(reranker.rankSync(query, documents).results).toEqual((await reranker.rank(query, documents)).results);
    }
  });

  it("share them whatever their heads and templates; one whose head does not fit fails alone", async () => {
    const first = createReranker({ model: bert({}) });
    await first.warmUp();
    const threadsOfOne = threads();
    const others = [{ head: { relevantClass: 0 } }, { template: "{query} is answered by {document}" }, { maxLength: 9 }].map((changes) =>
      createReranker({ model: bert(changes) }),
    );
    const wrong = createReranker({ model: bert({ head: { relevantClass: 5 } }) });
    const outcomes = await Promise.allSettled([wrong.warmUp(), ...others.map((reranker) => reranker.rank(query, documents))]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled", "fulfilled"]);
    expect(outcomes[0]).toMatchObject({ reason: { code: "unsupported-model" } });
    expect(threads()).toBe(threadsOfOne);
    // The session for synchronous calls is one more, and one for all.
    expect(() => wrong.warmUpSync()).toThrow(expect.objectContaining({ code: "unsupported-model" }));
    expect(others.map((reranker) => reranker.rankSync(query, documents).results.length)).toEqual([4, 4, 4]);
    expect(threads()).toBeLessThan(threadsOfOne + availableParallelism());
    await closeAll([wrong, ...others]);
    expect((await first.rank(query, documents)).results).toHaveLength(documents.length);
    await first.close();
    expect(threads()).toBe(threadsAtRest);
  });

  it("are one model in the cache of rerank: thirty limits push no other model out, and add no thread", async () => {
    setRerankerCacheLimit(2);
    await warmUpReranker({ model: bert({}) });
    await rerank(query, documents, { model: mini({}) });
    const threadsOfTwo = threads();
    for (let maxLength = 8; maxLength < 38; maxLength += 1) await rerank(query, documents, { model: mini({ maxLength }) });
    expect(threads()).toBe(threadsOfTwo);
    expect(await evictReranker({ model: mini({ maxLength: 8 }) })).toBe(false);
    expect(await evictReranker({ model: mini({ maxLength: 37 }) })).toBe(true);
    expect(await evictReranker({ model: bert({}) })).toBe(true);
    setRerankerCacheLimit(4);
    await clearRerankers();
    expect(threads()).toBe(threadsAtRest);
  });
});

it("different models have a bounded number of threads together, and one each at least", async () => {
  const names = ["tiny-bert", "tiny-bert-2", "tiny-roberta", "tiny-electra", "tiny-mpnet", "tiny-albert", "tiny-xlmr"];
  const rerankers = names.map((name) => createReranker({ model: folderOf(name) }));
  await Promise.all(rerankers.map((reranker) => reranker.warmUp()));
  const planned = rerankers.map((reranker) => {
    const { plannedWorkers, threadsPerWorker } = reranker.stats().scorer;
    return Number(plannedWorkers) * Number(threadsPerWorker);
  });
  const cores = availableParallelism();
  expect(Math.min(...planned)).toBe(1);
  expect(Math.max(...planned)).toBeLessThanOrEqual(cores);
  expect(planned.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(2 * cores + names.length - 1);
  await closeAll(rerankers);
});
