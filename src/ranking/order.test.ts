import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderByScore, rankDocuments } from "./order.ts";
import { sigmoid } from "./scores.ts";

// Few distinct values, so that ties are common, beside any finite double.
const score = fc.oneof(fc.constantFrom(-1, -0, 0, 1, 40, 41), fc.double({ noNaN: true, noDefaultInfinity: true }));
const scores = fc.array(score, { maxLength: 60 });

function documentsFor(list: readonly number[]): { text: string }[] {
  return list.map((_, index) => ({ text: String(index) }));
}

describe("orderByScore", () => {
  it("is a permutation, never rising, with equal scores in input order", () => {
    fc.assert(
      fc.property(scores, (list) => {
        const order = orderByScore(list);
        expect([...order].sort((left, right) => left - right)).toEqual(list.map((_, index) => index));
        for (let index = 1; index < order.length; index += 1) {
          const before = order[index - 1]!;
          const after = order[index]!;
          expect(list[before]! > list[after]! || (list[before]! === list[after]! && before < after)).toBe(true);
        }
      }),
    );
  });
});

describe("rankDocuments", () => {
  it("gives exactly index, score and the caller's own document", () => {
    const documents = [{ text: "a" }, { text: "b" }];
    const results = rankDocuments({ documents, scores: [0.25, 2], scoreKind: "provider" });
    expect(results).toStrictEqual([
      { index: 1, score: 2, document: documents[1] },
      { index: 0, score: 0.25, document: documents[0] },
    ]);
    expect(results[0]?.document).toBe(documents[1]);
  });

  it("orders by the logit where the sigmoid is already 1", () => {
    expect(sigmoid(40)).toBe(sigmoid(41));
    const results = rankDocuments({ documents: ["a", "b"], scores: [40, 41], scoreKind: "logit" });
    expect(results.map((result) => result.index)).toEqual([1, 0]);
  });

  it("keeps the first of the whole ranking for any topK", () => {
    fc.assert(
      fc.property(scores, fc.nat({ max: 70 }), (list, topK) => {
        const documents = documentsFor(list);
        const all = rankDocuments({ documents, scores: list, scoreKind: "provider" });
        expect(rankDocuments({ documents, scores: list, scoreKind: "provider", topK })).toEqual(all.slice(0, topK));
      }),
    );
  });

  it("keeps exactly the scores from the threshold up", () => {
    fc.assert(
      fc.property(scores, score, (list, threshold) => {
        const documents = documentsFor(list);
        const kept = rankDocuments({ documents, scores: list, scoreKind: "provider", threshold });
        expect(kept.map((result) => result.index).sort((left, right) => left - right)).toEqual(
          list.flatMap((value, index) => (value >= threshold ? [index] : [])),
        );
      }),
    );
  });

  it("compares the threshold with the sigmoid of a logit", () => {
    const results = rankDocuments({ documents: ["a", "b"], scores: [0, -0.1], scoreKind: "logit", threshold: 0.5 });
    expect(results).toEqual([{ index: 0, score: 0.5, document: "a" }]);
  });

  it("shows calibrated logits, which the threshold compares, in the order of the raw ones", () => {
    const calibration = { method: "isotonic", logits: [0, 1], probabilities: [0.25, 0.75] } as const;
    const ranking = { documents: ["a", "b", "c", "d"], scores: [-1, 2, -2, 3], calibration };
    const shown = (scoreKind: "logit" | "provider", threshold = Number.NEGATIVE_INFINITY) =>
      rankDocuments({ ...ranking, scoreKind, threshold }).map(({ index, score }) => [index, score]);
    expect(shown("logit")).toEqual([
      [3, 0.75],
      [1, 0.75],
      [0, 0.25],
      [2, 0.25],
    ]);
    expect(shown("logit", 0.5)).toEqual([
      [3, 0.75],
      [1, 0.75],
    ]);
    expect(shown("provider", 0)).toEqual([
      [3, 3],
      [1, 2],
    ]);
  });

  it("adds the fields asked for, as far as they are known", () => {
    const ranking = {
      documents: ["a", "b"],
      scores: [1, 0],
      pairTokens: { read: Uint32Array.from([5, 8]), full: Uint32Array.from([0, 20]) },
      return: ["logit", "tokens", "truncated"],
    } as const;
    expect(rankDocuments({ ...ranking, scoreKind: "logit" })).toStrictEqual([
      { index: 0, score: sigmoid(1), document: "a", logit: 1, tokens: 5, truncated: false },
      { index: 1, score: 0.5, document: "b", logit: 0, tokens: 8, truncated: true },
    ]);
    expect(rankDocuments({ documents: ["a"], scores: [1], scoreKind: "provider", return: ["logit", "tokens"] })).toStrictEqual([
      { index: 0, score: 1, document: "a" },
    ]);
  });

  it("never mixes groups, and reads each score as its group's kind", () => {
    const tiers = { of: [1, 0, 1, 0], kinds: ["provider", "logit"] } as const;
    const ranking = { documents: ["a", "b", "c", "d"], scores: [100, -5, 0, 2], scoreKind: "provider", tiers } as const;
    expect(rankDocuments(ranking).map(({ index, score }) => [index, score])).toEqual([
      [3, 2],
      [1, -5],
      [0, 1],
      [2, 0.5],
    ]);
  });

  it("leaves out documents without a score, and only those", () => {
    const ranking = { documents: ["a", "b", "c"], scores: [Number.NaN, 1, 2], scoreKind: "provider" } as const;
    expect(rankDocuments({ ...ranking, failures: [{ indices: [0] }] }).map(({ index }) => index)).toEqual([2, 1]);
    expect(() => rankDocuments({ ...ranking, failures: [{ indices: [1] }] })).toThrow("documents[0] was scored NaN");
  });

  it("gives nothing for no documents, and for topK 0", () => {
    expect(rankDocuments({ documents: [], scores: [], scoreKind: "logit" })).toEqual([]);
    expect(rankDocuments({ documents: ["a"], scores: [1], scoreKind: "logit", topK: 0 })).toEqual([]);
  });

  it("orders a hundred thousand documents", () => {
    const list = Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 1000);
    const results = rankDocuments({ documents: list.map(String), scores: list, scoreKind: "provider", topK: 3 });
    expect(results.map((result) => result.index)).toEqual([321, 1321, 2321]);
  });
});
