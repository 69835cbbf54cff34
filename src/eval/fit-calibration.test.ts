import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sigmoid } from "../ranking/scores.ts";
import {
  calibratedScore,
  expectedCalibrationError,
  fitCalibration,
  fitIsotonic,
  fitPlatt,
  type LabeledPair,
  qualityOf,
  reliability,
} from "./fit-calibration.ts";
import { createRandom } from "./statistics.ts";

/** Pairs whose logit x is relevant with the probability that `truth` gives. */
function sample(count: number, truth: (logit: number) => number, seed = 1): LabeledPair[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const logit = 12 * random() - 6;
    return { logit, isRelevant: random() < truth(logit), queryId: `q${index % Math.ceil(count / 20)}` };
  });
}

const pairsOf = (...list: [logit: number, isRelevant: 0 | 1][]): LabeledPair[] =>
  list.map(([logit, isRelevant], index) => ({ logit, isRelevant: isRelevant === 1, queryId: String(index) }));

describe("fitPlatt", () => {
  it("finds the slope and intercept that labels were drawn with", () => {
    const { slope, intercept } = fitPlatt(sample(40_000, (x) => sigmoid(0.6 * x - 1.5)));
    // Standard errors of such a sample are about 0.01 and 0.02.
    expect(slope).toBeCloseTo(0.6, 1);
    expect(Math.abs(slope - 0.6)).toBeLessThan(0.03);
    expect(Math.abs(intercept + 1.5)).toBeLessThan(0.06);
  });

  it("stays finite where the two kinds can be separated, thanks to the softened targets", () => {
    const { slope, intercept } = fitPlatt(pairsOf([-1, 0], [-2, 0], [1, 1], [2, 1]));
    expect(slope).toBeGreaterThan(0);
    expect(Number.isFinite(slope) && Number.isFinite(intercept)).toBe(true);
    // The gradient of the cross-entropy against those targets is 0 there.
    const targets = [1 / 4, 1 / 4, 3 / 4, 3 / 4];
    const residuals = [-1, -2, 1, 2].map((x, index) => sigmoid(slope * x + intercept) - targets[index]!);
    expect(residuals.reduce((sum, residual) => sum + residual, 0)).toBeCloseTo(0, 4);
    expect(residuals.reduce((sum, residual, index) => sum + residual * [-1, -2, 1, 2][index]!, 0)).toBeCloseTo(0, 4);
  });

  it("does not mind logits of a thousand", () => {
    const { slope } = fitPlatt(pairsOf([-1000, 0], [-900, 1], [900, 0], [1000, 1], [950, 1]));
    expect(slope).toBeGreaterThan(0);
  });
});

describe("fitIsotonic", () => {
  it("pools adjacent violators as by hand", () => {
    // Labels 0 1 0 1 1 0 1: the means pool to 0, 1/2 twice, 2/3 three times, 1.
    expect(fitIsotonic(pairsOf([1, 0], [2, 1], [3, 0], [4, 1], [5, 1], [6, 0], [7, 1]))).toEqual({
      method: "isotonic",
      logits: [1, 2, 3, 4, 6, 7],
      probabilities: [0, 1 / 2, 1 / 2, 2 / 3, 2 / 3, 1],
    });
  });

  it("gives equal logits one probability", () => {
    expect(fitIsotonic(pairsOf([1, 1], [1, 0], [1, 0], [2, 1]))).toMatchObject({ logits: [1, 2], probabilities: [1 / 3, 1] });
  });

  it("rises, stays in [0, 1], and keeps the mean of the labels", () => {
    const list = fc.array(fc.record({ logit: fc.integer({ min: -5, max: 5 }), isRelevant: fc.boolean(), queryId: fc.constant("q") }));
    fc.assert(
      fc.property(list, (pairs) => {
        let fitted: ReturnType<typeof fitIsotonic>;
        try {
          fitted = fitIsotonic(pairs);
        } catch (error) {
          expect(error).toMatchObject({ code: "invalid-input" });
          return;
        }
        for (const [index, logit] of fitted.logits.entries()) {
          expect(logit).toBeGreaterThan(fitted.logits[index - 1] ?? -Infinity);
          expect(fitted.probabilities[index]).toBeGreaterThanOrEqual(fitted.probabilities[index - 1] ?? 0);
          expect(fitted.probabilities[index]).toBeLessThanOrEqual(1);
        }
        const predicted = pairs.reduce((sum, { logit }) => sum + calibratedScore(logit, fitted), 0);
        expect(predicted).toBeCloseTo(pairs.filter(({ isRelevant }) => isRelevant).length, 9);
      }),
    );
  });
});

describe("scikit-learn 1.9.1", () => {
  // _sigmoid_calibration and IsotonicRegression(out_of_bounds="clip") on these pairs, 2026-11-25.
  const pairs = pairsOf([-4.5, 0], [-3, 0], [-2.5, 1], [-1, 0], [-0.5, 0], [0, 1], [1, 0], [1.5, 1], [3, 1], [4, 1]);

  it("gives the same slope and intercept", () => {
    const { slope, intercept } = fitPlatt(pairs);
    expect(slope).toBeCloseTo(0.349_239_566_3, 6);
    expect(intercept).toBeCloseTo(0.069_710_584_1, 6);
  });

  it("gives the same points", () => {
    expect(fitIsotonic(pairs)).toEqual({
      method: "isotonic",
      logits: [-4.5, -3, -2.5, -0.5, 0, 1, 1.5, 4],
      probabilities: [0, 0, 1 / 3, 1 / 3, 0.5, 0.5, 1, 1],
    });
  });
});

describe("labels that no calibration can use", () => {
  it.each([fitPlatt, fitIsotonic])("are refused by %o", (fitOn) => {
    expect(() => fitOn(pairsOf([1, 1], [2, 1]))).toThrow("2 of 2 pairs are relevant");
    expect(() => fitOn(pairsOf([1, 1], [2, 0]))).toThrow("relevant pairs score no higher than the others");
    expect(() => fitOn(pairsOf([Number.NaN, 1], [2, 0]))).toThrow("pair 0 has the logit NaN");
  });
});

describe("expectedCalibrationError", () => {
  it("is small for what is drawn with the probabilities told, and their distance for what is not", () => {
    const random = createRandom(5);
    const predicted = Array.from({ length: 20_000 }, () => random());
    // Sampling alone gives about 0.01 with 15 bins of 1,333 pairs.
    expect(
      expectedCalibrationError(
        predicted,
        predicted.map((probability) => random() < probability),
      ),
    ).toBeLessThan(0.015);
    expect(
      expectedCalibrationError(
        predicted.map((probability) => 0.2 + 0.6 * probability),
        predicted.map((probability) => random() < probability),
      ),
    ).toBeGreaterThan(0.08);
  });

  it("is as by hand", () => {
    // Two bins: 0.1, 0.1 with a share of 1/2, and 1 with a share of 1.
    expect(expectedCalibrationError([0.1, 0.1, 1], [true, false, true])).toBeCloseTo((2 / 3) * 0.4, 14);
    expect(expectedCalibrationError([], [])).toBe(0);
    expect(reliability([0.1, 0.1, 1], [true, false, true])).toEqual([
      { pairs: 2, probability: 0.1, share: 0.5 },
      { pairs: 1, probability: 1, share: 1 },
    ]);
  });
});

describe("qualityOf", () => {
  it("has the log loss in nats, finite for a certainty that was wrong", () => {
    expect(qualityOf([0.25, 0.25], [true, false]).logLoss).toBeCloseTo((Math.log(4) - Math.log(0.75)) / 2, 14);
    expect(qualityOf([0], [true]).logLoss).toBeCloseTo(36.04, 2);
  });
});

describe("fitCalibration", () => {
  it.each(["platt", "isotonic"] as const)("mends a model that is too sure of itself, on folds it has not seen: %s", (method) => {
    const { before, after, ...fitted } = fitCalibration(
      sample(6000, (x) => sigmoid(0.5 * x - 1)),
      { method },
    );
    expect(fitted).toMatchObject({ pairs: 6000, queries: 300, folds: 5, calibration: { method } });
    expect(before.expectedCalibrationError).toBeGreaterThan(0.1);
    expect(after.expectedCalibrationError).toBeLessThan(0.03);
    expect(after.logLoss).toBeLessThan(before.logLoss);
  });

  it("deals the same folds for the same seed", () => {
    const pairs = sample(400, sigmoid);
    expect(fitCalibration(pairs, { seed: 4 })).toEqual(fitCalibration(pairs, { seed: 4 }));
    expect(fitCalibration(pairs, { seed: 4 }).after).not.toEqual(fitCalibration(pairs, { seed: 5 }).after);
  });

  it("refuses more folds than queries", () => {
    const two = pairsOf([1, 0], [2, 1]);
    const refusal = (pairs: typeof two, folds?: number) => () => fitCalibration(pairs, folds === undefined ? {} : { folds });
    expect(refusal(two, 3)).toThrow(/^eval: 2 queries are too few for 3 folds, .*\. Take 2 folds, or judge more queries\.$/);
    const one = two.map((pair) => ({ ...pair, queryId: "only" }));
    expect(refusal(one)).toThrow(/^eval: 1 query is too few for 5 folds, .*\. Judge documents of at least two queries\.$/);
    expect(refusal(two, 1)).toThrow("eval: folds: expected an integer ≥ 2, got 1.");
  });
});
