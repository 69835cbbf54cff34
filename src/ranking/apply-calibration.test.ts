import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calibratedScore } from "./apply-calibration.ts";
import { sigmoid } from "./scores.ts";

const logit = fc.double({ min: -50, max: 50, noNaN: true });

describe("calibratedScore", () => {
  it("is the sigmoid for Platt's slope 1 and intercept 0", () => {
    fc.assert(
      fc.property(logit, (x) => {
        expect(calibratedScore(x, { method: "platt", slope: 1, intercept: 0 })).toBe(sigmoid(x));
      }),
    );
  });

  it("is straight between the points of an isotonic calibration, and level outside", () => {
    const calibration = { method: "isotonic", logits: [-2, 0, 4], probabilities: [0.1, 0.2, 0.8] } as const;
    const expected = [0.1, 0.1, 0.15, 0.2, 0.5, 0.8, 0.8];
    expect([-9, -2, -1, 0, 2, 4, 9].map((x) => calibratedScore(x, calibration))).toEqual(
      expected.map((value) => expect.closeTo(value, 15)),
    );
    expect(calibratedScore(3, { method: "isotonic", logits: [0], probabilities: [0.4] })).toBe(0.4);
  });

  it("never falls as the logit rises, and stays in [0, 1]", () => {
    const points = fc
      .uniqueArray(fc.tuple(logit, fc.double({ min: 0, max: 1, noNaN: true })), { minLength: 1, maxLength: 8, selector: ([x]) => x })
      .map((list) => ({
        method: "isotonic" as const,
        logits: list.map(([x]) => x).sort((left, right) => left - right),
        probabilities: list.map(([, y]) => y).sort((left, right) => left - right),
      }));
    fc.assert(
      fc.property(points, logit, logit, (calibration, one, other) => {
        const low = calibratedScore(Math.min(one, other), calibration);
        const high = calibratedScore(Math.max(one, other), calibration);
        expect(high).toBeGreaterThanOrEqual(low - 1e-12);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
      }),
    );
  });
});
