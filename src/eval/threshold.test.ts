import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JudgedScore, sweepThresholds } from "./threshold.ts";

const candidate = fc.record({ score: fc.integer({ min: 0, max: 8 }).map((eighth) => eighth / 8), isRelevant: fc.boolean() });

function count(candidates: readonly JudgedScore[], threshold: number) {
  const kept = candidates.filter(({ score }) => score >= threshold);
  const relevant = candidates.filter(({ isRelevant }) => isRelevant).length;
  return { kept: kept.length, found: kept.filter(({ isRelevant }) => isRelevant).length, relevant };
}

describe("sweepThresholds", () => {
  it("counts what each threshold keeps, as a filter would", () => {
    fc.assert(
      fc.property(fc.array(candidate), (candidates) => {
        for (const { threshold, precision, recall, f1, keptPerQuery } of sweepThresholds(candidates, 4).points) {
          const { kept, found, relevant } = count(candidates, threshold);
          expect(keptPerQuery).toBe(kept / 4);
          expect(precision).toBe(kept === 0 ? null : found / kept);
          expect(recall).toBe(relevant === 0 ? 0 : found / relevant);
          expect(f1).toBeCloseTo(found === 0 ? 0 : 2 / (kept / found + relevant / found), 12);
        }
      }),
    );
  });

  it("recommends a threshold that no other beats in F1", () => {
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (candidates, other) => {
        const { recommended } = sweepThresholds(candidates, 1);
        const f1Of = (threshold: number): number => {
          const { kept, found, relevant } = count(candidates, threshold);
          return found === 0 ? 0 : (2 * found) / (kept + relevant);
        };
        if (recommended === undefined) expect(candidates.some(({ isRelevant }) => isRelevant)).toBe(false);
        else {
          expect(f1Of(recommended.threshold)).toBeCloseTo(recommended.f1, 12);
          expect(f1Of(other)).toBeLessThanOrEqual(recommended.f1 + 1e-12);
        }
      }),
    );
  });

  it("cuts half-way between two scores, so that rounding the threshold changes nothing", () => {
    const { recommended } = sweepThresholds(
      [
        { score: 0.9, isRelevant: true },
        { score: 0.1, isRelevant: false },
      ],
      1,
    );
    expect(recommended).toEqual({ threshold: 0.5, precision: 1, recall: 1, f1: 1, keptPerQuery: 1 });
  });

  it("takes quantiles where scores are no shares, and grid steps where they are", () => {
    const logits = Array.from({ length: 21 }, (_, place) => ({ score: place - 10, isRelevant: place > 15 }));
    expect(sweepThresholds(logits, 1).points.map(({ threshold }) => threshold)).toEqual(Array.from({ length: 19 }, (_, step) => step - 9));
    expect(sweepThresholds([], 1).points[0]).toEqual({ threshold: 0.05, precision: null, recall: 0, f1: 0, keptPerQuery: 0 });
  });
});
