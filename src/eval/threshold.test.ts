import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JudgedScore, sweepThresholds } from "./threshold.ts";

const candidate = fc.record({ score: fc.integer({ min: -4, max: 8 }).map((eighth) => eighth / 8), isRelevant: fc.boolean() });

function count(candidates: readonly JudgedScore[], threshold: number) {
  const kept = candidates.filter(({ score }) => score >= threshold);
  const relevant = candidates.filter(({ isRelevant }) => isRelevant).length;
  return { kept: kept.length, found: kept.filter(({ isRelevant }) => isRelevant).length, relevant };
}

describe("sweepThresholds", () => {
  it("counts what each threshold keeps, as a filter would, with rising thresholds and falling recall from 1", () => {
    fc.assert(
      fc.property(fc.array(candidate), (candidates) => {
        const { points } = sweepThresholds(candidates, 4);
        expect(points[0]?.recall ?? 1).toBe(1);
        expect(points.length > 0).toBe(candidates.some(({ isRelevant }) => isRelevant));
        for (const [index, { threshold, precision, recall, f1, keptPerQuery }] of points.entries()) {
          const { kept, found, relevant } = count(candidates, threshold);
          expect(keptPerQuery).toBe(kept / 4);
          expect(precision).toBe(found / kept);
          expect(recall).toBe(found / relevant);
          expect(f1).toBeCloseTo(2 / (kept / found + relevant / found), 12);
          expect(threshold).toBeGreaterThan(points[index - 1]?.threshold ?? Number.NEGATIVE_INFINITY);
          expect(recall).toBeLessThanOrEqual(points[index - 1]?.recall ?? 1);
        }
      }),
    );
  });

  it("recommends a threshold that no other beats in F1", () => {
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 1 }), fc.double({ min: -1, max: 1, noNaN: true }), (candidates, other) => {
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

  it("cuts half-way between two scores", () => {
    const candidates = [
      { score: 0.9, isRelevant: true },
      { score: 0.1, isRelevant: false },
    ];
    const point = { threshold: 0.5, precision: 1, recall: 1, f1: 1, keptPerQuery: 1 };
    expect(sweepThresholds(candidates, 1)).toEqual({ points: [point], recommended: point });
  });

  it("has a point for every twentieth of what is relevant", () => {
    const candidates = Array.from({ length: 200 }, (_, index) => ({ score: index, isRelevant: index % 2 === 0 }));
    const { points } = sweepThresholds(candidates, 10);
    expect(points.map(({ recall }) => recall)).toEqual(Array.from({ length: 20 }, (_, step) => (100 - 5 * step) / 100));
  });
});
