import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mean } from "./metrics.ts";
import { bootstrapInterval, comparePaired, createRandom } from "./statistics.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const normal = (random: () => number): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

describe("bootstrapInterval", () => {
  it("is that of the normal approximation for many values, and covers it at the level asked for", () => {
    const random = createRandom(7);
    const values = Array.from({ length: 400 }, () => normal(random));
    const standardError = Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)) / values.length);
    for (const [confidence, z] of [
      [0.95, 1.96],
      [0.8, 1.2816],
    ] as const) {
      const { low, high } = bootstrapInterval(values, { confidence });
      // The Monte Carlo error of a 2.5 % quantile of 10,000 draws is about 0.03 standard errors.
      expect(low).toBeCloseTo(mean(values) - z * standardError, 2);
      expect(high).toBeCloseTo(mean(values) + z * standardError, 2);
    }
  });

  it("holds the mean, within the values, and is the same for the same seed", () => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 1, maxLength: 20 }), fc.integer(), (values, seed) => {
        const options = { seed: seed | 0, resamples: 200 };
        const { low, high } = bootstrapInterval(values, options);
        expect({ low, high }).toEqual(bootstrapInterval(values, options));
        expect(low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-12);
        expect(high).toBeLessThanOrEqual(Math.max(...values) + 1e-12);
        expect(low).toBeLessThanOrEqual(high);
      }),
    );
  });

  it("has no width for one value, and is 0 of nothing", () => {
    expect(bootstrapInterval([0.25])).toEqual({ low: 0.25, high: 0.25 });
    expect(bootstrapInterval([])).toEqual({ low: 0, high: 0 });
  });

  it.each([{ resamples: 0 }, { seed: 0.5 }, { confidence: 1 }])("refuses %j", (options) => {
    expect(() => bootstrapInterval([1], options)).toThrow(expect.objectContaining({ code: "invalid-input" }));
  });
});

describe("comparePaired", () => {
  it("counts the assignments of signs that are as extreme, where they can be counted by hand", () => {
    // Of the 2⁴ ways to sign 1, 1, 1, 1, two have a sum of size 4.
    expect(comparePaired([0, 0, 0, 0], [1, 1, 1, 1]).pValue).toBeCloseTo(2 / 16, 1.7);
    // Of the 2³ ways to sign 1, 2, 4, those of size ≥ 5 are ±7 and ±5.
    expect(comparePaired([1, 0, 0], [0, 2, 4]).pValue).toBeCloseTo(4 / 8, 1.7);
  });

  it("finds no difference between a system and itself, and turns its sign with the order", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(share, share), { minLength: 1, maxLength: 12 }), (pairs) => {
        const [first, second] = [pairs.map(([left]) => left), pairs.map(([, right]) => right)];
        const options = { resamples: 300 };
        expect(comparePaired(first, first, options)).toEqual({ difference: 0, low: 0, high: 0, pValue: 1 });
        const there = comparePaired(first, second, options);
        const back = comparePaired(second, first, options);
        expect(back.difference).toBeCloseTo(-there.difference, 12);
        expect(back.low).toBeCloseTo(-there.high, 12);
        expect(back.pValue).toBeCloseTo(there.pValue, 12);
      }),
    );
  });

  it("rejects a true null as often as it should", () => {
    const random = createRandom(3);
    const draw = (): number[] => Array.from({ length: 30 }, () => random());
    const pValues = Array.from({ length: 300 }, () => comparePaired(draw(), draw(), { resamples: 200 }).pValue);
    // Binomial with 300 tries at 0.1: standard deviation 0.017.
    expect(mean(pValues.map((value) => (value <= 0.1 ? 1 : 0)))).toSatisfy((rate: number) => Math.abs(rate - 0.1) < 0.06);
  });

  it("refuses lists of different lengths", () => {
    expect(() => comparePaired([1], [1, 2])).toThrow(expect.objectContaining({ code: "invalid-input" }));
  });
});
