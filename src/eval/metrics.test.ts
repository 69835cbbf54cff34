import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultMeasures, evaluateRun, measureRanking, parseMeasure, rankedIds } from "./metrics.ts";

const measure = (name: string, ranking: string[], grades: Record<string, number>, level?: number): number =>
  measureRanking(parseMeasure(name), ranking, new Map(Object.entries(grades)), level);

const names = ["Success@2", "Rprec", "bpref", "nDCG", "nDCG@1", "nDCG@3", "MRR", "MRR@2", "MAP", "MAP@2", "Recall@2", "P@2"];
const documentIds = ["a", "b", "c", "d", "e", "f"];
const grades = fc.dictionary(fc.constantFrom(...documentIds), fc.integer({ min: -1, max: 3 }), { noNullPrototype: true });
const scores = fc.dictionary(fc.constantFrom(...documentIds), fc.integer({ min: 0, max: 2 }), { noNullPrototype: true });

describe("parseMeasure", () => {
  it.each([
    ["nDCG@10", "nDCG@10"],
    ["ndcg@10", "nDCG@10"],
    ["ndcg_cut_10", "nDCG@10"],
    ["ndcg", "nDCG"],
    ["recip_rank", "MRR"],
    ["RR@10", "MRR@10"],
    ["map", "MAP"],
    ["AP@100", "MAP@100"],
    ["recall_100", "Recall@100"],
    ["R@5", "Recall@5"],
    ["P_5", "P@5"],
    ["success_5", "Success@5"],
    ["rprec", "Rprec"],
    ["Bpref", "bpref"],
  ])("reads %s as %s", (text, name) => {
    expect(parseMeasure(text).name).toBe(name);
  });

  it.each(["", "nDCG@0", "nDCG@-1", "nDCG@1.5", "P", "recall", "Success", "Rprec@5", "bpref@10", "F1@3", "constructor", "__proto__"])(
    "refuses %j",
    (text) => {
      expect(() => parseMeasure(text)).toThrow(expect.objectContaining({ code: "invalid-input" }));
    },
  );
});

describe("rankedIds", () => {
  it("puts the later id first among equal scores, by bytes of UTF-8", () => {
    // U+1D4B3 is one code point beyond U+FB01, and as UTF-16 it begins with a smaller unit.
    const ids = ["a", "B", "b", "b2", "\ufb01", "\u{1d4b3}", "é"];
    expect(rankedIds(new Map(ids.map((id) => [id, 1])))).toEqual(
      [...ids].sort((left, right) => Buffer.compare(Buffer.from(right), Buffer.from(left))),
    );
  });

  it("does not depend on the order in which documents come", () => {
    fc.assert(
      fc.property(scores, fc.infiniteStream(fc.nat()), (values, keys) => {
        const entries = Object.entries(values);
        const shuffled = entries
          .map((entry) => ({ entry, key: keys.next().value as number }))
          .sort((left, right) => left.key - right.key)
          .map(({ entry }) => entry);
        expect(rankedIds(new Map(shuffled))).toEqual(rankedIds(new Map(entries)));
      }),
    );
  });
});

describe("measureRanking", () => {
  // Reckoned by hand from the definitions.
  it.each([
    ["nDCG@2", 1 / Math.log2(3) / (2 + 1 / Math.log2(3))],
    ["nDCG", (1 / Math.log2(3) + 2 / Math.log2(4)) / (2 + 1 / Math.log2(3))],
    ["MRR", 1 / 2],
    ["MRR@1", 0],
    ["MAP", (1 / 2 + 2 / 3) / 2],
    ["MAP@2", 1 / 2 / 2],
    ["Recall@2", 1 / 2],
    ["P@2", 1 / 2],
    ["P@10", 2 / 10],
    ["Success@1", 0],
    ["Success@2", 1],
    ["Rprec", 1 / 2],
    ["bpref", 1],
  ])("gives %s of a hand case", (name, expected) => {
    expect(measure(name, ["x", "one", "two"], { one: 1, two: 2, zero: 0 })).toBeCloseTo(expected, 14);
  });

  it("leaves out of bpref what is not judged, and counts no more documents as not relevant than there are relevant ones", () => {
    expect(measure("bpref", ["zero", "one", "x", "pool", "two"], { one: 1, two: 2, zero: 0, pool: -1 })).toBe(0);
    expect(measure("bpref", ["zero", "one", "two"], { one: 1, two: 2, zero: 0, other: 0, third: 0 })).toBe(1 / 2);
  });

  it("counts grades from the relevance level up, and the gain of nDCG in any case", () => {
    const ranking = ["one", "two"];
    expect(measure("P@1", ranking, { one: 1, two: 2 }, 2)).toBe(0);
    expect(measure("MAP", ranking, { one: 1, two: 2 }, 2)).toBe(1 / 2);
    expect(measure("nDCG@1", ranking, { one: 1, two: 2 }, 2)).toBe(1 / 2);
  });

  it("lies in [0, 1], whatever is ranked and judged", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(documentIds), grades, fc.constantFrom(...names), (ranking, judged, name) => {
        const value = measure(name, ranking, judged);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });

  it("gives 1 for the order of the grades, where the cutoff has room for all that is relevant", () => {
    fc.assert(
      fc.property(grades, (judged) => {
        const relevant = Object.keys(judged).filter((id) => judged[id]! > 0);
        fc.pre(relevant.length > 0);
        const ideal = Object.keys(judged).sort((left, right) => judged[right]! - judged[left]!);
        const found = relevant.length;
        for (const name of [
          "nDCG",
          "nDCG@1",
          "nDCG@3",
          "MRR",
          "MRR@1",
          "MAP",
          "Rprec",
          "bpref",
          "Success@1",
          `Recall@${found}`,
          `P@${found}`,
        ]) {
          expect(measure(name, ideal, judged), name).toBeCloseTo(1, 12);
        }
      }),
    );
  });
});

describe("evaluateRun", () => {
  const qrels = new Map([
    ["q1", new Map([["a", 1]])],
    ["q2", new Map([["b", 1]])],
  ]);

  it("counts a judged query that the run lacks as 0, or leaves it out", () => {
    const run = new Map([["q1", new Map([["a", 1]])]]);
    expect(evaluateRun(qrels, run, ["MRR"])).toMatchObject({ means: { MRR: 0.5 }, values: { MRR: [1, 0] }, missingIds: ["q2"] });
    expect(evaluateRun(qrels, run, ["MRR"], { missing: "skip" })).toMatchObject({
      means: { MRR: 1 },
      queryIds: ["q1"],
      missingIds: ["q2"],
    });
  });

  it("leaves out queries that nobody judged, and gives 0 of nothing", () => {
    const run = new Map([["other", new Map([["a", 1]])]]);
    const counts = { queries: 0, retrieved: 0, relevant: 0, relevantRetrieved: 0 };
    expect(evaluateRun(qrels, run, ["P@1"], { missing: "skip" })).toMatchObject({ means: { "P@1": 0 }, queryIds: [], counts });
  });

  it("has the usual measures by default", () => {
    expect(Object.keys(evaluateRun(qrels, new Map()).means)).toEqual([...defaultMeasures]);
  });

  it("refuses a NaN, naming query and document", () => {
    expect(() => evaluateRun(qrels, new Map([["q1", new Map([["a", Number.NaN]])]]))).toThrow(/query q1: document a/);
  });
});
