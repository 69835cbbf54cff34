import { describe, expect, it } from "vitest";
import { RerankError } from "../../errors.ts";
import { Reranker } from "../../reranker.ts";
import type { AiSdkRerankingModel, ExternalModel } from "../../types.ts";
import { createExternalScorer } from "./external-scorer.ts";

const documents = ["aa", "b", "cccc"];
const reranker = (source: ExternalModel["source"]): Reranker => new Reranker(createExternalScorer(source));
const order = ({ results }: { results: readonly { index: number }[] }): number[] => results.map(({ index }) => index);

describe("a function", () => {
  const byLength = (_query: string, texts: readonly string[]): number[] => texts.map((text) => text.length);

  it("gives scores as they are, awaited or not", async () => {
    const result = await reranker(byLength).rank("q", documents);
    expect(result.results).toEqual([
      { index: 2, score: 4, document: "cccc" },
      { index: 0, score: 2, document: "aa" },
      { index: 1, score: 1, document: "b" },
    ]);
    expect(result.model).toBe("function byLength");
    expect(reranker(byLength).rankSync("q", documents).results).toEqual(result.results);
  });

  it("may return a promise, or a typed array", async () => {
    expect(order(await reranker(async () => Float32Array.of(1, 3, 2)).rank("q", documents))).toEqual([1, 2, 0]);
    expect(() => reranker(async () => [1, 2, 3]).rankSync("q", documents)).toThrow(expect.objectContaining({ code: "sync-unsupported" }));
  });

  it("hears of an abort", async () => {
    const controller = new AbortController();
    const waiting = reranker(
      (_query, _texts, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("gave up")))),
    );
    const answer = waiting.rank("q", documents, { signal: controller.signal });
    controller.abort();
    await expect(answer).rejects.toMatchObject({ code: "aborted" });
  });

  it.each([
    ["too few scores", () => [1]],
    ["a NaN", () => [1, Number.NaN, 2]],
    ["strings", () => ["1", "2", "3"] as unknown as number[]],
    ["nothing", () => undefined as unknown as number[]],
    [
      "an error",
      () => {
        throw new Error("broken");
      },
    ],
  ])("that returns %s fails the call with plugin", async (_what, source) => {
    await expect(reranker(source).rank("q", documents)).rejects.toMatchObject({ code: "plugin" });
  });
});

describe("a reranking model of the AI SDK", () => {
  const model = (ranking: unknown, version = "v3"): AiSdkRerankingModel => ({
    specificationVersion: version,
    provider: "cohere",
    modelId: "rerank-v3.5",
    doRerank: async () => ({ ranking: ranking as { index: number; relevanceScore: number }[] }),
  });
  const full = [
    { index: 2, relevanceScore: 0.9 },
    { index: 0, relevanceScore: 0.5 },
    { index: 1, relevanceScore: 0.1 },
  ];

  it.each(["v2", "v3", "v4"])("is asked in version %s of its interface", async (version) => {
    const result = await reranker(model(full, version)).rank("q", documents, { topK: 2 });
    expect(result).toMatchObject({
      model: "cohere/rerank-v3.5",
      results: [
        { index: 2, score: 0.9 },
        { index: 0, score: 0.5 },
      ],
    });
  });

  it("gets texts, the query, all documents wanted, and a signal, called as its own method", async () => {
    let asked: unknown;
    const source = {
      ...model(full),
      doRerank(this: AiSdkRerankingModel, options: { abortSignal?: AbortSignal }) {
        asked = { ...options, abortSignal: options.abortSignal instanceof AbortSignal, self: this.modelId };
        return Promise.resolve({ ranking: full });
      },
    };
    await reranker(source).rank("q", documents, { topK: 1 });
    expect(asked).toEqual({ documents: { type: "text", values: documents }, query: "q", topN: 3, abortSignal: true, self: "rerank-v3.5" });
  });

  it.each([
    ["no list", undefined],
    ["an index out of range", [...full.slice(0, 2), { index: 3, relevanceScore: 1 }]],
    ["an index twice", [...full.slice(0, 2), { index: 2, relevanceScore: 1 }]],
    ["a score that is no number", [...full.slice(0, 2), { index: 1, relevanceScore: "1" }]],
    ["a document missing", full.slice(0, 2)],
  ])("that ranks with %s fails the call with bad-response", async (_what, ranking) => {
    await expect(reranker(model(ranking)).rank("q", documents)).rejects.toMatchObject({ code: "bad-response" });
  });

  it("that fails tells its status and whether to try again", async () => {
    const source: AiSdkRerankingModel = {
      ...model(full),
      doRerank: async () => {
        throw Object.assign(new Error("Too many requests"), { statusCode: 429, isRetryable: true });
      },
    };
    await expect(reranker(source).rank("q", documents)).rejects.toMatchObject({ code: "hosted", status: 429, isRetryable: true });
    await expect(
      reranker({ ...source, doRerank: async () => Promise.reject(new RerankError("timeout", "x")) }).rank("q", documents),
    ).rejects.toMatchObject({ code: "hosted" });
  });
});
