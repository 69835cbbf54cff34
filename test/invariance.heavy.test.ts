/** The promise that a pair's score does not depend on what else is in the call. bench/invariance.mjs does the same at length. */
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createReranker, getPreset, type Reranker, type RerankerConfig } from "../dist/index.js";

const query = "How to train a dog";
const texts = Array.from({ length: 24 }, (_, index) => `${index} dog cat bird patience ${"reward lesson ".repeat((index * 5) % 17)}`);
const folderOf = (name: string): string => fileURLToPath(new URL(`fixtures/models/${name}`, import.meta.url));

/** One call: which texts in which order, with which of the rerankers, awaited or not. */
const calls = fc.record({
  places: fc.array(fc.nat({ max: texts.length - 1 }), { minLength: 1, maxLength: 12 }),
  which: fc.nat({ max: 2 }),
  isSync: fc.boolean(),
});

const { head, template } = getPreset("qwen3-reranker-0.6b");
const models: [name: string, model: NonNullable<RerankerConfig["model"]>, tolerance: number][] = [
  // Dynamically quantized: the same bits.
  ["mini", "mini", 0],
  ["tiny-bert-int8", { type: "custom", modelId: folderOf("tiny-bert-int8") }, 0],
  // float32 sums are taken in another order for another batch: 1e-5 of a logit.
  ["tiny-bert", { type: "custom", modelId: folderOf("tiny-bert") }, 1e-5],
  ["tiny-roberta", { type: "custom", modelId: folderOf("tiny-roberta") }, 1e-5],
  ["tiny-qwen3", { type: "custom", modelId: folderOf("tiny-qwen3"), head: head!, template: template! }, 1e-5],
  ["tiny-colbert", { type: "custom", modelId: folderOf("tiny-colbert"), head: { type: "late-interaction", documentLength: 64 } }, 1e-5],
];

describe.each(models)("a pair's logit by %s", (_name, model, tolerance) => {
  const configs: RerankerConfig[] = [
    { model },
    { model, batchSize: 2, acceleration: { workers: 1, threads: 2 } },
    { model, batchSize: 64, acceleration: { workers: 3, threads: 1 } },
  ];
  const rerankers: Reranker[] = configs.map((config) => createReranker(config));
  const alone = new Map<number, number>();

  afterAll(async () => {
    await Promise.all(rerankers.map((reranker) => reranker.close()));
  });

  it("is the same alone, in any company and order, with any batchSize and number of workers, awaited or not", async () => {
    for (const index of texts.keys()) alone.set(index, (await rerankers[0]!.score(query, [texts[index]!]))[0]!);
    await fc.assert(
      fc.asyncProperty(calls, async ({ places, which, isSync }) => {
        const reranker = rerankers[which]!;
        const documents = places.map((index) => texts[index]!);
        const options = { return: ["logit"] as const };
        const { results } = isSync ? reranker.rankSync(query, documents, options) : await reranker.rank(query, documents, options);
        // Sums of cosines are scores themselves.
        for (const { index, score, logit = score } of results)
          expect(Math.abs(logit - alone.get(places[index]!)!)).toBeLessThanOrEqual(tolerance);
      }),
      { numRuns: 25 },
    );
  });
});
