import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkScores, scoreOf, sigmoid } from "./scores.ts";

describe("sigmoid", () => {
  // Expected values: Python's decimal at 40 digits, 1 / (1 + Decimal(-x).exp()), rounded to float64.
  it.each([
    [0, 0.5],
    [1, 0.7310585786300049],
    [-1, 0.2689414213699951],
    [10, 0.9999546021312976],
    [-40, 4.248354255291589e-18],
    [800, 1],
    [-800, 0],
  ])("of %f is %f", (logit, expected) => {
    // Two roundings of float64, in exp and in the division.
    expect(Math.abs(sigmoid(logit) - expected)).toBeLessThanOrEqual(4 * Number.EPSILON * expected);
  });

  it("lies in [0, 1] and never falls as the logit grows", () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(finite, finite, (left, right) => {
        const [low, high] = left < right ? [left, right] : [right, left];
        expect(sigmoid(low)).toBeGreaterThanOrEqual(0);
        expect(sigmoid(high)).toBeLessThanOrEqual(1);
        expect(sigmoid(low)).toBeLessThanOrEqual(sigmoid(high));
      }),
    );
  });
});

describe("scoreOf", () => {
  it("leaves provider scores as they came", () => {
    expect(scoreOf(-17.25, "provider")).toBe(-17.25);
  });
});

describe("checkScores", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("names the document scored %f", (bad) => {
    expect(() => checkScores([1, bad], 2, "logit")).toThrow(
      expect.objectContaining({ code: "inference", message: expect.stringContaining(`documents[1] was scored ${bad}`) }),
    );
    expect(() => checkScores([bad, bad], 2, "provider")).toThrow(
      expect.objectContaining({ code: "plugin", message: expect.stringContaining(`documents[0] was scored ${bad}`) }),
    );
  });

  it("refuses a wrong number of scores", () => {
    expect(() => checkScores([1], 2, "provider")).toThrow("got 1 scores for 2 documents");
  });
});
