import type { Calibration } from "../types.ts";
import { sigmoid } from "./scores.ts";

/**
 * The probability that a calibration gives to a finite logit, in [0, 1].
 *
 * @example
 * console.log(calibratedScore(0, { method: "platt", slope: 2, intercept: 0 })); // 0.5
 */
export function calibratedScore(logit: number, calibration: Calibration): number {
  if (calibration.method === "platt") return sigmoid(calibration.slope * logit + calibration.intercept);
  const { logits, probabilities } = calibration;
  const above = firstAbove(logits, logit);
  if (above === 0) return probabilities[0]!;
  if (above === logits.length) return probabilities[above - 1]!;
  const [left, right] = [logits[above - 1]!, logits[above]!];
  const [low, high] = [probabilities[above - 1]!, probabilities[above]!];
  return low + ((logit - left) / (right - left)) * (high - low);
}

/** Index of the first entry above a value, by binary search; the length if there is none. */
function firstAbove(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
