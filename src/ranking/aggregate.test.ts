import fc from "fast-check";
import { expect, it } from "vitest";
import { aggregateScores, bestPassage } from "./aggregate.ts";
import { sigmoid } from "./scores.ts";

const aggregates = ["max", "first", "mean-top-3", "decayed-sum"] as const;
const logits = fc.double({ min: -50, max: 50, noNaN: true });

it.each(aggregates)("%s of one passage is exactly its score", (aggregate) => {
  fc.assert(
    fc.property(logits, (logit) => {
      expect(aggregateScores([logit], aggregate, "logit")).toBe(logit);
    }),
  );
});

it("takes the highest, the first, the mean of the three highest", () => {
  const scores = [1, 5, 3, -2];
  expect(aggregateScores(scores, "max", "logit")).toBe(5);
  expect(aggregateScores(scores, "first", "logit")).toBe(1);
  expect(aggregateScores(scores, "mean-top-3", "logit")).toBe(3);
  expect(aggregateScores([1, 2], "mean-top-3", "logit")).toBe(1.5);
});

it("sums the evidence of logits, and other scores as they are, each counting half as much as the one before", () => {
  // By hand: 1 − (1 − 0.5)^(1 + 1/2 + 1/4).
  expect(sigmoid(aggregateScores([0, 0, 0], "decayed-sum", "logit"))).toBeCloseTo(1 - 0.5 ** 1.75, 12);
  expect(aggregateScores([1, 4, 2], "decayed-sum", "provider")).toBe(4 + 1 + 0.25);
});

it("never gives less to a document for one more passage by decayed-sum, and never more than certainty", () => {
  fc.assert(
    fc.property(fc.array(logits, { minLength: 1, maxLength: 20 }), logits, (scores, another) => {
      const before = aggregateScores(scores, "decayed-sum", "logit");
      const after = aggregateScores([...scores, another], "decayed-sum", "logit");
      expect(after).toBeGreaterThanOrEqual(before - 1e-9);
      expect(sigmoid(after)).toBeLessThanOrEqual(1);
    }),
  );
});

it("gives NaN for a passage without a score, so that the document is named", () => {
  for (const aggregate of ["max", "mean-top-3", "decayed-sum"] as const)
    expect(aggregateScores([1, Number.NaN], aggregate, "logit")).toBeNaN();
});

it("finds the best passage, the first of equal ones", () => {
  expect(bestPassage([1, 3, 3])).toBe(1);
});
