/** The built library once through: the heavy suite has the rest in test/library.heavy.test.ts. */
import { afterAll, expect, it } from "vitest";
import { clearRerankers, createReranker, listPresets, RerankerConfig, rerank, rerankSync } from "../dist/index.js";

const query = "How to train a dog";
const documents = ["Cats are independent animals.", "Dog training requires patience and consistency.", "Birds need a clean cage."];

afterAll(async () => {
  await clearRerankers();
});

it("rerank and rerankSync put the best document first, with the same scores", async () => {
  const results = await rerank(query, documents);
  expect(results[0]).toEqual({ index: 1, score: expect.any(Number), document: documents[1] });
  expect(results.map(({ score }) => score)).toEqual(results.map(({ score }) => score).sort((left, right) => right - left));
  expect(rerankSync(query, documents)).toEqual(results);
});

it("a reranker ranks objects by reference, tells its usage, and is closed", async () => {
  const reranker = createReranker({ model: "mini", topK: 1 });
  const objects = documents.map((text, id) => ({ id, text }));
  const { results, usage, warnings } = await reranker.rank(query, objects, { return: ["logit", "tokens"] });
  expect(results).toHaveLength(1);
  expect(results[0]!.document).toBe(objects[1]);
  expect(results[0]!.score).toBeCloseTo(1 / (1 + Math.exp(-results[0]!.logit!)), 12);
  expect(usage.documents).toBe(3);
  expect(warnings).toEqual([]);
  await reranker.close();
  await expect(reranker.rank(query, documents)).rejects.toMatchObject({ code: "closed" });
});

it("errors have codes, also for an abort and for a model that nobody knows", async () => {
  await expect(rerank(" ", documents)).rejects.toMatchObject({ code: "invalid-input" });
  await expect(rerank(query, documents, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  await expect(rerank(query, documents, { model: "blanced" })).rejects.toMatchObject({ code: "unknown-model" });
});

it("a configuration is normalised, and presets are listed", () => {
  expect(RerankerConfig.parse({ model: "mini", top_k: 2 })).toMatchObject({ topK: 2 });
  expect(listPresets().map(({ name }) => name)).toContain("balanced");
});
