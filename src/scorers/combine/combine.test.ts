import { describe, expect, it } from "vitest";
import { RerankError } from "../../errors.ts";
import { Reranker } from "../../reranker.ts";
import type { ScoreCall, ScoreKind, ScoreResult, Scorer } from "../../scorer.ts";
import { createCascadeScorer } from "./cascade.ts";
import { createFallbackScorer } from "./fallback.ts";
import { createFieldScorer } from "./field.ts";
import { createFuseScorer } from "./fuse.ts";
import { createNoneScorer } from "./none.ts";

const documents = ["a", "b", "c", "d"];

/** A scorer that gives each text the number written for it, and remembers what it was asked. */
function table(
  name: string,
  scores: Record<string, number>,
  extra: Partial<ScoreResult> & { kind?: ScoreKind } = {},
): Scorer & { calls: ScoreCall[] } {
  const { kind = "provider", ...rest } = extra;
  const calls: ScoreCall[] = [];
  const scoreSync = (call: ScoreCall): ScoreResult => {
    calls.push(call);
    return { scores: Float64Array.from(call.texts, (text) => scores[text]!), warnings: [], ...rest };
  };
  const capabilities = { scoreKind: kind, options: new Set<never>() };
  return { name, model: name, capabilities, calls, score: async (call) => scoreSync(call), scoreSync };
}

function failing(name: string, error: RerankError): Scorer {
  const scoreSync = (): never => {
    throw error;
  };
  return {
    name,
    model: name,
    capabilities: { scoreKind: "provider", options: new Set<never>() },
    score: async () => scoreSync(),
    scoreSync,
  };
}

/** What a caller sees, awaited and not: both must be alike. */
async function rank(scorer: Scorer, list: readonly (string | object)[] = documents, options = {}) {
  const reranker = new Reranker(scorer);
  const result = await reranker.rank("q", list, options);
  const sync = reranker.rankSync("q", list, options);
  expect({ ...sync, timings: undefined }).toEqual({ ...result, timings: undefined });
  return result;
}
const order = ({ results }: { results: readonly { index: number }[] }): number[] => results.map(({ index }) => index);

it("passes on what its parts warn of about their models, in the order of the parts", () => {
  const licensed = (name: string): Scorer => ({
    ...table(name, {}),
    modelWarnings: [{ type: "license", message: name, model: name, license: "CC-BY-NC-4.0" }],
  });
  const inner = createFuseScorer([table("b", {}), licensed("c")], {});
  const { modelWarnings } = createCascadeScorer(licensed("a"), inner, 5);
  expect(modelWarnings?.map(({ message }) => message)).toEqual(["a", "c"]);
  expect(createFallbackScorer([table("b", {})]).modelWarnings).toEqual([]);
});

describe("fallback", () => {
  const down = new RerankError("hosted", "first: it is down");

  it("answers with the first model that does, and says so", async () => {
    const result = await rank(
      createFallbackScorer([failing("first", down), table("second", { a: 1, b: 3, c: 2, d: 0 }), table("third", {})]),
    );
    expect(order(result)).toEqual([1, 2, 0, 3]);
    expect(result.model).toBe("second");
    expect(result.warnings).toEqual([
      { type: "fallback", message: "first failed: first: it is down" },
      { type: "fallback", message: "second answered, model 2 of 3" },
    ]);
  });

  it("says nothing where the first model answers, and keeps what its scores are", async () => {
    const result = await rank(
      createFallbackScorer([table("first", { a: 0, b: 1, c: 2, d: -1 }, { kind: "logit" }), failing("second", down)]),
    );
    expect(result.warnings).toEqual([]);
    expect(result.results.at(-2)).toEqual({ index: 0, score: 0.5, document: "a" });
  });

  it("fails as its last model does", async () => {
    await expect(
      rank(createFallbackScorer([failing("first", down), failing("second", new RerankError("plugin", "second: no"))])),
    ).rejects.toMatchObject({
      code: "plugin",
    });
  });

  it("does not ask another model about a mistake of the caller", async () => {
    const second = table("second", {});
    const scorer = createFallbackScorer([failing("first", new RerankError("invalid-input", "documents[0]: too long")), second]);
    await expect(rank(scorer)).rejects.toMatchObject({ code: "invalid-input" });
    expect(second.calls).toHaveLength(0);
  });

  it("does not take an abort for a failure", async () => {
    const controller = new AbortController();
    const first: Scorer = {
      ...failing("first", down),
      score: async () => {
        controller.abort();
        throw down;
      },
    };
    const second = table("second", {});
    const answer = new Reranker(createFallbackScorer([first, second])).rank("q", documents, { signal: controller.signal });
    await expect(answer).rejects.toMatchObject({ code: "aborted" });
    expect(second.calls).toHaveLength(0);
  });

  it("starts although its first model cannot be loaded", async () => {
    const warmUp = async (): Promise<void> => {
      throw down;
    };
    await createFallbackScorer([{ ...failing("first", down), warmUp }, createNoneScorer()]).warmUp?.();
  });

  it("keeps the input order with none as its last model", async () => {
    const result = await rank(createFallbackScorer([failing("first", down), createNoneScorer()]));
    expect(result.results).toEqual(documents.map((document, index) => ({ index, score: 0, document })));
  });
});

describe("cascade", () => {
  it("puts what the second model scored first, whatever the scores, each with the score of its own model", async () => {
    const first = table("first", { a: 10, b: 40, c: 30, d: 20 }, { kind: "logit" });
    const then = table("then", { b: 0.1, c: 0.2 });
    const result = await rank(createCascadeScorer(first, then, 2));
    expect(result.results.map(({ index, score }) => [index, score])).toEqual([
      [2, 0.2],
      [1, 0.1],
      [3, expect.closeTo(1, 8)],
      [0, expect.closeTo(1, 4)],
    ]);
    expect(then.calls[0]!.texts).toEqual(["b", "c"]);
    expect(result.model).toBe("cascade(first, then)");
  });

  it("asks the second model about all where there are fewer than it keeps", async () => {
    const then = table("then", { a: 1, b: 2, c: 3, d: 4 });
    expect(order(await rank(createCascadeScorer(table("first", { a: 4, b: 3, c: 2, d: 1 }), then, 10)))).toEqual([3, 2, 1, 0]);
  });

  it("adds up what both models took, and tells of the right documents", async () => {
    const first = table("first", { a: 1, b: 2, c: 3, d: 4 }, { pairTokens: { read: Uint32Array.of(1, 1, 1, 1) }, usage: { requests: 1 } });
    const cut = { pairTokens: { read: Uint32Array.of(5, 7), full: Uint32Array.of(0, 9) }, usage: { requests: 1, billedUnits: 3 } };
    const result = await rank(createCascadeScorer(first, table("then", { d: 1, c: 2 }, cut), 2));
    expect(result.usage).toEqual({ documents: 4, tokens: 16, requests: 2, billedUnits: 3 });
    expect(result.warnings).toMatchObject([{ type: "truncated", index: 2, tokens: 9, maxTokens: 7 }]);
  });

  it("can be nested, groups staying groups", async () => {
    const inner = createCascadeScorer(table("one", { a: 1, b: 2, c: 3, d: 4 }), table("two", { c: 9, d: 8 }), 2);
    const outer = createCascadeScorer(inner, table("three", { c: -1 }), 1);
    expect(order(await rank(outer))).toEqual([2, 3, 1, 0]);
  });

  it("leaves out what could not be scored, of either model", async () => {
    const then = table("then", { d: 1, c: Number.NaN }, { failures: [{ indices: [1], message: "then: a part failed" }] });
    const result = await rank(createCascadeScorer(table("first", { a: 1, b: 2, c: 3, d: 4 }), then, 2), documents, { onError: "partial" });
    expect(order(result)).toEqual([3, 1, 0]);
    expect(result.warnings).toEqual([{ type: "partial", indices: [2], message: "then: a part failed" }]);
  });
});

describe("fuse", () => {
  const left = table("left", { a: 9, b: 8, c: 7, d: 6 });
  const right = table("right", { a: 0.1, b: 0.4, c: 0.3, d: 0.2 });

  it("sums reciprocal ranks with k = 60", async () => {
    // Expected values by hand: ranks 1 2 3 4 and 4 1 2 3.
    const { results } = await rank(createFuseScorer([left, right], {}));
    expect(results.map(({ index, score }) => [index, score])).toEqual([
      [1, expect.closeTo(1 / 62 + 1 / 61, 12)],
      [0, expect.closeTo(1 / 61 + 1 / 64, 12)],
      [2, expect.closeTo(1 / 63 + 1 / 62, 12)],
      [3, expect.closeTo(1 / 64 + 1 / 63, 12)],
    ]);
  });

  it("gives equal scores the same rank", async () => {
    const { results } = await rank(createFuseScorer([table("flat", { a: 1, b: 1, c: 1, d: 0 })], { k: 0 }));
    expect(results.map(({ score }) => score)).toEqual([1, 1, 1, 0.25]);
  });

  it("sums scores scaled within the call, by weight", async () => {
    const { results } = await rank(createFuseScorer([left, right], { method: "weighted", weights: [1, 3] }));
    const of = (index: number): number => results.find((result) => result.index === index)!.score;
    expect(of(0)).toBeCloseTo((1 * 1 + 3 * 0) / 4, 12);
    expect(of(1)).toBeCloseTo((1 * (2 / 3) + 3 * 1) / 4, 12);
    expect(of(3)).toBeCloseTo((1 * 0 + 3 * (1 / 3)) / 4, 12);
  });

  it("scales logits by the sigmoid first", async () => {
    const logits = table("logits", { a: -100, b: 0, c: 100, d: 0 }, { kind: "logit" });
    const { results } = await rank(createFuseScorer([logits], { method: "weighted" }));
    expect(results.map(({ score }) => score)).toEqual([1, 0.5, 0.5, 0].map((value) => expect.closeTo(value, 9)));
  });

  it("takes a search engine's own scores from the documents", async () => {
    const found = [
      { text: "a", bm25: 1 },
      { text: "b", bm25: 12.5 },
      { text: "c", bm25: 3 },
      { text: "d", bm25: 2 },
    ];
    expect(order(await rank(createFuseScorer([createFieldScorer("bm25")], {}), found))).toEqual([1, 2, 3, 0]);
    await expect(rank(createFuseScorer([createFieldScorer("bm25")], {}), [...found, { text: "e" }])).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining("documents[4].bm25"),
    });
  });

  it("gives a document nothing from a model that could not score it", async () => {
    const partial = table("partial", { a: 5, b: Number.NaN, c: 4, d: 3 }, { failures: [{ indices: [1], message: "partial: no" }] });
    const { results, warnings } = await rank(createFuseScorer([partial, right], { k: 0 }), documents, { onError: "partial" });
    expect(results.map(({ index, score }) => [index, score])).toEqual([
      [0, 1.25],
      [1, 1],
      [2, 1],
      [3, expect.closeTo(2 / 3, 12)],
    ]);
    expect(warnings).toEqual([]);
  });

  it("fails as the first of its models does", async () => {
    await expect(rank(createFuseScorer([left, failing("right", new RerankError("hosted", "right: down"))], {}))).rejects.toMatchObject({
      code: "hosted",
    });
  });
});
