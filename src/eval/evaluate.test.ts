import { describe, expect, it } from "vitest";
import { compareEvaluations, judge, queryChanges, type Ranker, rerankRun } from "./evaluate.ts";
import { evaluateRun, rankedIds } from "./metrics.ts";

const queries = new Map([
  ["q1", "one"],
  ["q2", "two"],
]);
const documents = new Map([
  ["a", "a"],
  ["b", "bb"],
  ["c", "ccc"],
]);
const run = new Map([
  [
    "q1",
    new Map([
      ["a", 3],
      ["b", 2],
      ["c", 1],
    ]),
  ],
  ["q2", new Map()],
]);

/** Longer texts first; counts what it was asked. */
function longestFirst(logitOf?: (text: string) => number): Ranker & { calls: [string, readonly string[]][] } {
  const calls: [string, readonly string[]][] = [];
  return {
    calls,
    async rank(query, texts) {
      calls.push([query, texts]);
      const results = texts
        .map((document, index) => ({
          index,
          document,
          score: document.length,
          ...(logitOf === undefined ? {} : { logit: logitOf(document) }),
        }))
        .sort((left, right) => right.score - left.score);
      const timings = { totalMs: 0, loadMs: 0, scoreMs: 5, queueMs: 0, tokenizationMs: 0 };
      const warnings = [{ type: "ignored-option", option: "return", message: "no logits" } as const];
      return { results, model: "longest", usage: { documents: texts.length, tokens: 0 }, timings, warnings };
    },
  };
}

describe("rerankRun", () => {
  it("orders each query's candidates by the model, and keeps an empty query", async () => {
    const progress: number[][] = [];
    const ranker = longestFirst();
    const result = await rerankRun(ranker, { queries, documents, run }, { onProgress: (...counts) => progress.push(counts) });
    expect(result.run).toEqual(
      new Map([
        [
          "q1",
          new Map([
            ["c", 3],
            ["b", 2],
            ["a", 1],
          ]),
        ],
        ["q2", new Map()],
      ]),
    );
    expect(result).toMatchObject({ model: "longest", pairs: 3, scoreMs: 10, pairsPerSecond: 300, warnings: [] });
    expect(ranker.calls).toEqual([
      ["one", ["a", "bb", "ccc"]],
      ["two", []],
    ]);
    expect(progress).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });

  it("reranks the best of each query, and leaves the others below them in their order", async () => {
    const { run: reranked, pairs } = await rerankRun(longestFirst(), { queries, documents, run }, { depth: 2 });
    expect(rankedIds(reranked.get("q1")!)).toEqual(["b", "a", "c"]);
    expect(pairs).toBe(2);
  });

  it("takes logits for the order, where scores saturate, and places where neither tells it", async () => {
    const byLogit = await rerankRun(
      longestFirst((text) => text.length * 100),
      { queries, documents, run },
    );
    expect(byLogit.run.get("q1")).toEqual(
      new Map([
        ["c", 300],
        ["b", 200],
        ["a", 100],
      ]),
    );
    const tiers = await rerankRun(
      longestFirst((text) => -text.length),
      { queries, documents, run },
      { depth: 2 },
    );
    expect(rankedIds(tiers.run.get("q1")!)).toEqual(["b", "a", "c"]);
  });

  it("names the query or document whose text is missing", async () => {
    await expect(rerankRun(longestFirst(), { queries, documents: new Map(), run })).rejects.toThrow('document "a" of the run');
    await expect(rerankRun(longestFirst(), { queries: new Map(), documents, run })).rejects.toThrow('query "q1" of the run');
  });
});

describe("two evaluations", () => {
  const qrels = new Map([
    ["q1", new Map([["a", 1]])],
    ["q2", new Map([["b", 1]])],
  ]);
  const before = evaluateRun(
    qrels,
    new Map([
      [
        "q1",
        new Map([
          ["x", 2],
          ["a", 1],
        ]),
      ],
      ["q2", new Map([["b", 1]])],
    ]),
    ["MRR", "P@1"],
  );
  const after = evaluateRun(qrels, new Map([["q1", new Map([["a", 1]])]]), ["MRR", "P@1"]);

  it("are compared measure by measure", () => {
    expect(compareEvaluations(before, after)).toMatchObject([
      { measure: "MRR", first: { mean: 0.75, low: 0.5, high: 1 }, second: { mean: 0.5 }, comparison: { difference: -0.25 } },
      { measure: "P@1", first: { mean: 0.5 }, second: { mean: 0.5 }, comparison: { difference: 0, pValue: 1 } },
    ]);
  });

  it("have winners first and losers last", () => {
    expect(queryChanges(before, after, "MRR")).toEqual([
      { queryId: "q1", first: 0.5, second: 1 },
      { queryId: "q2", first: 1, second: 0 },
    ]);
    expect(() => queryChanges(before, after, "MAP")).toThrow("MAP was not evaluated. Known: MRR, P@1.");
  });

  it("must be of the same queries", () => {
    expect(() => compareEvaluations(before, evaluateRun(new Map(), new Map()))).toThrow(expect.objectContaining({ code: "invalid-input" }));
  });
});

describe("judge", () => {
  it("takes what nobody judged for not relevant", () => {
    const scored = ["a", "b", "c"].map((documentId) => ({ queryId: "q", documentId, score: 1 }));
    const qrels = new Map([
      [
        "q",
        new Map([
          ["a", 2],
          ["b", 1],
        ]),
      ],
    ]);
    expect(judge(scored, qrels).map(({ isRelevant }) => isRelevant)).toEqual([true, true, false]);
    expect(judge(scored, qrels, 2).map(({ isRelevant }) => isRelevant)).toEqual([true, false, false]);
  });
});
