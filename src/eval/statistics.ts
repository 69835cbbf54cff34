/** Confidence intervals of means over queries, and significance of differences. Equal seeds give equal results. */
import { RerankError } from "../errors.ts";
import { mean } from "./metrics.ts";

/** Options of random resampling. */
export interface ResamplingOptions {
  /** Number of draws; ≥ 1. @default 10000 */
  resamples?: number;
  /** An integer; equal seeds give equal results. @default 1 */
  seed?: number;
  /** Share of the draws inside an interval, in (0, 1). @default 0.95 */
  confidence?: number;
}

/** Ends of an interval. */
export interface Interval {
  /** Lower end. */
  low: number;
  /** Upper end. */
  high: number;
}

/** Comparison of the second system with the first. */
export interface PairedComparison extends Interval {
  /** Mean of second − first over the queries; `low` and `high` are its interval. */
  difference: number;
  /** Two-sided, in (0, 1]: how often chance alone gives a difference of this size. */
  pValue: number;
}

const defaults: Required<ResamplingOptions> = { resamples: 10_000, seed: 1, confidence: 0.95 };

/**
 * The percentile bootstrap interval of a mean. Each draw takes as many queries as there are, with replacement.
 *
 * A single value gives an interval of width 0. No values give 0 to 0.
 *
 * @param values one per query
 * @throws RerankError `invalid-input` for a wrong option
 * @see B. Efron, R. Tibshirani: An Introduction to the Bootstrap, 1993, chapter 13; T. Sakai: Evaluating evaluation metrics based on
 *   the bootstrap, SIGIR 2006
 * @example
 * const { low, high } = bootstrapInterval([0.2, 0.4, 0.9]);
 * console.log(low < 0.5, high > 0.5); // true true
 */
export function bootstrapInterval(values: ArrayLike<number>, options: ResamplingOptions = {}): Interval {
  const { resamples, seed, confidence } = checked(options);
  if (values.length === 0) return { low: 0, high: 0 };
  const random = createRandom(seed);
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw += 1) sum += values[Math.floor(random() * values.length)]!;
    return sum / values.length;
  }).sort();
  const tail = (1 - confidence) / 2;
  return { low: quantile(means, tail), high: quantile(means, 1 - tail) };
}

/**
 * Compares two systems on the same queries: a paired bootstrap interval of the difference, and the p-value of Fisher's randomization
 * test, which randomly swaps the two systems' values of each query.
 *
 * p = (draws at least as extreme + 1) / (draws + 1), so it is never 0.
 *
 * @param first one value per query
 * @param second of the same queries in the same order
 * @throws RerankError `invalid-input` when the lengths differ, or for a wrong option
 * @see M. Smucker, J. Allan, B. Carterette: A comparison of statistical significance tests for information retrieval evaluation, CIKM 2007
 * @example
 * const { difference, pValue } = comparePaired([0.25, 0.5], [0.5, 0.75]);
 * console.log(difference, pValue > 0.05); // 0.25 true
 */
export function comparePaired(first: ArrayLike<number>, second: ArrayLike<number>, options: ResamplingOptions = {}): PairedComparison {
  if (first.length !== second.length) {
    throw new RerankError("invalid-input", `eval: ${first.length} values against ${second.length}. Give both for the same queries.`);
  }
  const { resamples, seed } = checked(options);
  const differences = Float64Array.from(first, (value, index) => second[index]! - value);
  const difference = mean(differences);
  const random = createRandom(seed);
  // Sums of the same numbers in another order differ in their last bits.
  const bound = Math.abs(difference) * differences.length * (1 - 1e-12) - 1e-12;
  let extreme = 0;
  for (let draw = 0; draw < resamples; draw += 1) {
    let [sum, signs] = [0, 0];
    for (let index = 0; index < differences.length; index += 1) {
      // One random number gives 32 signs.
      signs = index % 32 === 0 ? random() * 2 ** 32 : signs >>> 1;
      sum += (signs & 1) === 0 ? differences[index]! : -differences[index]!;
    }
    if (Math.abs(sum) >= bound) extreme += 1;
  }
  return { difference, ...bootstrapInterval(differences, options), pValue: (extreme + 1) / (resamples + 1) };
}

/**
 * Random numbers in [0, 1), the same for the same seed. Not for secrets.
 *
 * @see mulberry32 by Tommy Ettinger, public domain: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Linear between neighbors, as numpy's default. @param sorted ascending, at least one */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

function checked(options: ResamplingOptions): Required<ResamplingOptions> {
  const { resamples, seed, confidence } = { ...defaults, ...options };
  if (!Number.isSafeInteger(resamples) || resamples < 1) throw wrong("resamples", "an integer ≥ 1", resamples);
  if (!Number.isSafeInteger(seed)) throw wrong("seed", "an integer", seed);
  if (!(confidence > 0 && confidence < 1)) throw wrong("confidence", "a number between 0 and 1", confidence);
  return { resamples, seed, confidence };
}

function wrong(name: string, expected: string, value: number): RerankError {
  return new RerankError("invalid-input", `eval: ${name}: expected ${expected}, got ${value}. Change or remove it.`);
}
