/**
 * Logits of every supported architecture and head against sentence-transformers, on tiny random-weight models.
 *
 * Tolerance 1e-4: float32 sums in another order; the models are of a few dozen dimensions, so far less is expected.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { createReranker, type RerankerConfig } from "../../dist/index.js";

interface Goldens {
  maxLength: number;
  pairs: [query: string, document: string][];
  models: Record<string, { logits: number[][] }>;
}

const goldens = JSON.parse(readFileSync(new URL("../fixtures/goldens/tiny-models.json", import.meta.url), "utf8")) as Goldens;
const folderOf = (name: string): string => fileURLToPath(new URL(`../fixtures/models/${name}`, import.meta.url));

/** One logit whose sigmoid is the probability of `relevant`: written out anew here, by way of the softmax. */
function expectedLogit(logits: readonly number[], relevant: number): number {
  if (logits.length === 1) return logits[0]!;
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  const probability = Math.exp(logits[relevant]!) / sum;
  return Math.log(probability / (1 - probability));
}

async function scoresOf(config: RerankerConfig): Promise<{ awaited: number[]; synchronous: number[] }> {
  await using reranker = createReranker(config);
  const awaited: number[] = [];
  const synchronous: number[] = [];
  for (const [query, document] of goldens.pairs) {
    awaited.push((await reranker.score(query, [document]))[0]!);
    synchronous.push(reranker.rankSync(query, [document], { return: ["logit"] }).results[0]!.logit!);
  }
  return { awaited, synchronous };
}

const differences: string[] = [];
afterAll(() => console.log(differences.join("\n")));

describe("logits of tiny models", () => {
  const cases: [name: string, relevantClass: number | string | undefined, index: number][] = [
    ["tiny-bert", undefined, 0],
    ["tiny-bert-2", undefined, 1],
    ["tiny-bert-2", 0, 0],
    ["tiny-bert-3", "relevant", 2],
    ["tiny-bert-3", 0, 0],
    ["tiny-bert-int8", undefined, 0],
    ["tiny-bert-external", undefined, 0],
    ["tiny-roberta", undefined, 0],
    ["tiny-xlmr", undefined, 0],
  ];

  it.each(cases)("of %s with relevant class %s equal the reference", async (name, relevantClass, index) => {
    const head = relevantClass === undefined ? {} : { head: { relevantClass } };
    const model = { type: "custom", modelId: folderOf(name), maxLength: goldens.maxLength, ...head } as const;
    const { awaited, synchronous } = await scoresOf({ model, acceleration: { workers: 1 } });
    const expected = goldens.models[name]!.logits.map((logits) => expectedLogit(logits, index));
    const largest = Math.max(...awaited.map((logit, index) => Math.abs(logit - expected[index]!)));
    differences.push(`${name}, class ${index}: largest difference ${largest.toExponential(1)}`);
    expect(expected).toHaveLength(goldens.pairs.length);
    expect(largest).toBeLessThan(1e-4);
    expect(synchronous).toEqual(awaited);
  });

  it("of a head with three classes are refused unless the configuration says which class is meant", async () => {
    const modelId = folderOf("tiny-bert-3");
    await expect(createReranker({ model: { type: "custom", modelId } }).warmUp()).rejects.toMatchObject({
      code: "unsupported-model",
      message: expect.stringContaining("relevantClass"),
    });
    const wrong = createReranker({ model: { type: "custom", model_id: modelId, head: { relevant_class: "nope" } } });
    await expect(wrong.warmUp()).rejects.toMatchObject({ code: "unsupported-model", message: expect.stringContaining('"relevant"') });
    expect(() => createReranker({ model: { type: "custom", modelId, head: { relevantClass: 3 } } }).warmUpSync()).toThrow(
      expect.objectContaining({ code: "unsupported-model" }),
    );
  });

  it("of a float model do not depend on what shares a pass", async () => {
    await using reranker = createReranker({ model: { type: "custom", modelId: folderOf("tiny-roberta") } });
    const documents = goldens.pairs.map(([, document]) => document);
    const together = await reranker.score("dogs", documents);
    for (const [index, document] of documents.entries()) {
      // 1e-5: float32 products are summed in another order for another batch size.
      expect((await reranker.score("dogs", [document]))[0]).toBeCloseTo(together[index]!, 5);
    }
  });
});
