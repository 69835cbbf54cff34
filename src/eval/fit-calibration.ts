/** Fits a curve from a model's logits to probabilities, and measures the error of probabilities. */
import { RerankError } from "../errors.ts";
import { calibratedScore } from "../ranking/apply-calibration.ts";
import { sigmoid } from "../ranking/scores.ts";
import type { Calibration, IsotonicCalibration, PlattCalibration } from "../types.ts";
import { mean } from "./metrics.ts";
import { createRandom } from "./statistics.ts";

export { calibratedScore } from "../ranking/apply-calibration.ts";
export type { Calibration, IsotonicCalibration, PlattCalibration } from "../types.ts";

/** A query–document pair with a model's logit and a judgment. */
export interface LabeledPair {
  /** Raw logit; finite. */
  logit: number;
  /** Whether the document answers the query. */
  isRelevant: boolean;
  /** Pairs of one query stay in the same fold. */
  queryId: string;
}

/** How good probabilities are. */
export interface CalibrationQuality {
  /** Expected calibration error over {@link calibrationBins} bins, in [0, 1]; 0 is perfect. */
  expectedCalibrationError: number;
  /** Mean of −ln of the probability of the true label; ≥ 0, in nats. */
  logLoss: number;
}

/** A calibration and its quality. */
export interface FittedCalibration {
  /** Fitted on all pairs. */
  calibration: Calibration;
  /** Quality without calibration (the sigmoid of the logit), on all pairs. */
  before: CalibrationQuality;
  /** Cross-validated quality: each pair is scored by a calibration fitted without its fold. */
  after: CalibrationQuality;
  /** Number of pairs. */
  pairs: number;
  /** Number of relevant pairs. */
  relevant: number;
  /** Number of queries. */
  queries: number;
  /** Number of folds. */
  folds: number;
}

/** Options of {@link fitCalibration}. */
export interface CalibrationOptions {
  /** `platt` fits two numbers, and needs few pairs; `isotonic` fits a curve, and needs thousands. @default "platt" */
  method?: Calibration["method"];
  /** Number of parts held out in turn; from 2 to the number of queries. @default 5 */
  folds?: number;
  /** Seed for the random assignment of queries to folds. @default 1 */
  seed?: number;
}

/** Bins of equal width over [0, 1]; 15 as in C. Guo et al.: On Calibration of Modern Neural Networks, ICML 2017. */
export const calibrationBins = 15;

// Smallest probability in a logarithm: about the distance from 1 to the next float64.
const minProbability = 2 ** -52;
const maxNewtonSteps = 100;

/**
 * Fits a calibration, and measures the error before it and on held-out folds.
 *
 * @throws RerankError `invalid-input` if there are fewer than two queries or only one kind of label, in all pairs or in one training part;
 *   if relevant pairs do not score higher than others, so that no rising curve fits; if a logit is not finite
 * @example
 * const pairs = [-3, -2, -1, 1, 2, 3].map((logit, index) => ({ logit, isRelevant: logit > 0 || index === 1, queryId: `q${index}` }));
 * const { before, after, queries } = fitCalibration(pairs, { folds: 2 });
 * console.log(queries, before.logLoss > 0, after.logLoss > 0); // 6 true true
 */
export function fitCalibration(pairs: readonly LabeledPair[], options: CalibrationOptions = {}): FittedCalibration {
  const { method = "platt", folds = 5, seed = 1 } = options;
  const fitOn = method === "platt" ? fitPlatt : fitIsotonic;
  const calibration = fitOn(pairs);
  const byQuery = groupBy(pairs, ({ queryId }) => queryId);
  checkFolds(folds, byQuery.size);
  const parts = dealQueries([...byQuery.values()], folds, seed);
  const heldOut = parts.map((part, index) => {
    const fitted = fitOn(parts.flatMap((other, otherIndex) => (otherIndex === index ? [] : other)));
    return part.map(({ logit }) => calibratedScore(logit, fitted));
  });
  return {
    calibration,
    before: qualityOf(
      pairs.map(({ logit }) => sigmoid(logit)),
      pairs.map(({ isRelevant }) => isRelevant),
    ),
    after: qualityOf(
      heldOut.flat(),
      parts.flat().map(({ isRelevant }) => isRelevant),
    ),
    pairs: pairs.length,
    relevant: pairs.filter(({ isRelevant }) => isRelevant).length,
    queries: byQuery.size,
    folds,
  };
}

/**
 * Platt scaling: maximum-likelihood slope and intercept, with Platt's softened targets (n₊+1)/(n₊+2) and 1/(n₋+2).
 *
 * @throws RerankError `invalid-input` if all pairs have the same label, a logit is not finite, or the slope would reverse the order
 * @see H.-T. Lin, C.-J. Lin, R. Weng: A note on Platt's probabilistic outputs for support vector machines, Machine Learning 68, 2007:
 *   Newton's method with backtracking
 * @example
 * const pairs = [-3, -2, -1, 1, 2, 3].map((logit, index) => ({ logit, isRelevant: logit > 0 || index === 1, queryId: `q${index}` }));
 * console.log(fitPlatt(pairs).slope > 0); // true
 */
export function fitPlatt(pairs: readonly LabeledPair[]): PlattCalibration {
  const relevant = checkPairs(pairs);
  const positive = (relevant + 1) / (relevant + 2);
  const negative = 1 / (pairs.length - relevant + 2);
  const targets = pairs.map(({ isRelevant }) => (isRelevant ? positive : negative));
  let current = { slope: 0, intercept: Math.log((relevant + 1) / (pairs.length - relevant + 1)) };
  let loss = crossEntropy(pairs, targets, current);
  for (let step = 0; step < maxNewtonSteps; step += 1) {
    const { slope, intercept, decrease } = newtonStep(pairs, targets, current);
    if (decrease < 1e-16 * pairs.length) break;
    let [scale, next, nextLoss] = [1, current, loss];
    for (; scale > 1e-10; scale /= 2) {
      next = { slope: current.slope + scale * slope, intercept: current.intercept + scale * intercept };
      nextLoss = crossEntropy(pairs, targets, next);
      if (nextLoss < loss - 1e-4 * scale * decrease) break;
    }
    if (!(nextLoss < loss)) break;
    [current, loss] = [next, nextLoss];
  }
  if (!(current.slope > 0)) throw againstLabels();
  return { method: "platt", ...current };
}

/**
 * Isotonic regression by pooling adjacent violators. As in scikit-learn, each block keeps its first and last logit as points.
 *
 * It overfits with fewer than some thousand pairs; use Platt scaling then.
 *
 * @throws RerankError `invalid-input` if all pairs have the same label, a logit is not finite, or labels never rise with the logit
 * @see B. Zadrozny, C. Elkan: Transforming classifier scores into accurate multiclass probability estimates, KDD 2002
 * @example
 * const pairs = [-3, -2, -1, 1, 2, 3].map((logit, index) => ({ logit, isRelevant: logit > 0 || index === 1, queryId: `q${index}` }));
 * console.log(fitIsotonic(pairs).probabilities); // [ 0, 0.5, 0.5, 1, 1 ]
 */
export function fitIsotonic(pairs: readonly LabeledPair[]): IsotonicCalibration {
  checkPairs(pairs);
  const blocks: { sum: number; weight: number; first: number; last: number }[] = [];
  // Merge equal logits into one point, because they can have only one probability.
  const points = [...groupBy(pairs, ({ logit }) => (logit === 0 ? 0 : logit))].sort(([left], [right]) => left - right);
  for (const [logit, same] of points) {
    let block = { sum: same.filter(({ isRelevant }) => isRelevant).length, weight: same.length, first: logit, last: logit };
    for (let earlier = blocks.at(-1); earlier !== undefined && earlier.sum * block.weight >= block.sum * earlier.weight; ) {
      block = { sum: earlier.sum + block.sum, weight: earlier.weight + block.weight, first: earlier.first, last: block.last };
      blocks.pop();
      earlier = blocks.at(-1);
    }
    blocks.push(block);
  }
  if (blocks.length < 2) throw againstLabels();
  const ends = blocks.flatMap(({ first, last, sum, weight }) => (first === last ? [first] : [first, last]).map((x) => [x, sum / weight]));
  return { method: "isotonic", logits: ends.map(([logit]) => logit!), probabilities: ends.map(([, probability]) => probability!) };
}

/**
 * Expected calibration error and log loss.
 *
 * @param probabilities in [0, 1]
 * @param labels whether each pair is relevant; same length as `probabilities`
 * @example
 * console.log(qualityOf([0.9, 0.1], [true, false]).logLoss.toFixed(3)); // 0.105
 */
export function qualityOf(probabilities: readonly number[], labels: readonly boolean[]): CalibrationQuality {
  const losses = probabilities.map(
    (probability, index) => -Math.log(Math.max(minProbability, labels[index] === true ? probability : 1 - probability)),
  );
  return { expectedCalibrationError: expectedCalibrationError(probabilities, labels), logLoss: mean(losses) };
}

/**
 * Mean difference between predicted probability and actual share of relevant pairs, over {@link calibrationBins} bins of equal width. Each
 * bin is weighted by its number of pairs.
 *
 * @param probabilities in [0, 1]; 1 falls into the last bin
 * @param labels of the same length
 * @returns in [0, 1]; 0 without pairs
 * @example
 * console.log(expectedCalibrationError([0.9, 0.9], [true, false]).toFixed(3)); // 0.400
 */
export function expectedCalibrationError(probabilities: readonly number[], labels: readonly boolean[]): number {
  const gaps = reliability(probabilities, labels).map(({ pairs, probability, share }) => pairs * Math.abs(probability - share));
  return gaps.reduce((sum, gap) => sum + gap, 0) / Math.max(1, probabilities.length);
}

/** One bin of a reliability diagram. */
export interface ReliabilityBin {
  /** Number of pairs in it; ≥ 1. */
  pairs: number;
  /** Mean predicted probability. */
  probability: number;
  /** Share of relevant pairs. */
  share: number;
}

/**
 * Groups pairs by predicted probability, for a reliability diagram.
 *
 * @param probabilities in [0, 1]
 * @param labels of the same length
 * @returns the bins that are not empty, from low to high
 * @example
 * console.log(reliability([0.9, 0.9], [true, false])); // [ { pairs: 2, probability: 0.9, share: 0.5 } ]
 */
export function reliability(probabilities: readonly number[], labels: readonly boolean[]): ReliabilityBin[] {
  const bins = Array.from({ length: calibrationBins }, () => ({ pairs: 0, predicted: 0, relevant: 0 }));
  for (const [index, probability] of probabilities.entries()) {
    const bin = bins[Math.min(calibrationBins - 1, Math.floor(probability * calibrationBins))]!;
    bin.pairs += 1;
    bin.predicted += probability;
    bin.relevant += labels[index] === true ? 1 : 0;
  }
  return bins
    .filter(({ pairs }) => pairs > 0)
    .map(({ pairs, predicted, relevant }) => ({ pairs, probability: predicted / pairs, share: relevant / pairs }));
}

/** @returns how many are relevant */
function checkPairs(pairs: readonly LabeledPair[]): number {
  const wrong = pairs.findIndex(({ logit }) => !Number.isFinite(logit));
  if (wrong !== -1) {
    throw new RerankError("invalid-input", `eval: pair ${wrong} has the logit ${pairs[wrong]!.logit}. Leave out what was not scored.`);
  }
  const relevant = pairs.filter(({ isRelevant }) => isRelevant).length;
  if (relevant === 0 || relevant === pairs.length) {
    const what = `${relevant} of ${pairs.length} pairs are relevant`;
    throw new RerankError("invalid-input", `eval: ${what}. A calibration needs some of each kind, in every fold.`);
  }
  return relevant;
}

function againstLabels(): RerankError {
  return new RerankError(
    "invalid-input",
    "eval: relevant pairs score no higher than the others, so no calibration keeps the order. Check the labels and the model.",
  );
}

function crossEntropy(pairs: readonly LabeledPair[], targets: readonly number[], { slope, intercept }: Omit<PlattCalibration, "method">) {
  let sum = 0;
  for (const [index, { logit }] of pairs.entries()) {
    const x = slope * logit + intercept;
    // ln(1 + eˣ) − t·x, without overflow
    sum += Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x))) - targets[index]! * x;
  }
  return sum;
}

/** @returns the Newton step, and the slope of the loss along it */
function newtonStep(pairs: readonly LabeledPair[], targets: readonly number[], { slope, intercept }: Omit<PlattCalibration, "method">) {
  // The ridge keeps the matrix invertible if the classes are separable.
  let [h11, h12, h22, g1, g2] = [1e-12, 0, 1e-12, 0, 0];
  for (const [index, { logit }] of pairs.entries()) {
    const probability = sigmoid(slope * logit + intercept);
    const weight = probability * (1 - probability);
    h11 += weight * logit * logit;
    h12 += weight * logit;
    h22 += weight;
    g1 += (probability - targets[index]!) * logit;
    g2 += probability - targets[index]!;
  }
  const determinant = h11 * h22 - h12 * h12;
  const step = { slope: -(h22 * g1 - h12 * g2) / determinant, intercept: -(h11 * g2 - h12 * g1) / determinant };
  return { ...step, decrease: -(g1 * step.slope + g2 * step.intercept) };
}

function checkFolds(folds: number, queries: number): void {
  if (!Number.isSafeInteger(folds) || folds < 2) {
    throw new RerankError("invalid-input", `eval: folds: expected an integer ≥ 2, got ${folds}. Change or remove it.`);
  }
  if (queries >= folds) return;
  const remedy =
    queries < 2
      ? "Judge documents of at least two queries"
      : `Take ${queries === 2 ? "2" : `2 to ${queries}`} folds, or judge more queries`;
  const what = `${queries} ${queries === 1 ? "query is" : "queries are"} too few for ${folds} folds, for each fold holds out queries of its own`;
  throw new RerankError("invalid-input", `eval: ${what}. ${remedy}.`);
}

/** Assigns queries to folds in turn, in a random order. */
function dealQueries(queries: LabeledPair[][], folds: number, seed: number): LabeledPair[][] {
  const random = createRandom(seed);
  const shuffled = [...queries];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
  }
  const parts: LabeledPair[][] = Array.from({ length: folds }, () => []);
  for (const [index, query] of shuffled.entries()) parts[index % folds]!.push(...query);
  return parts;
}

/** Map.groupBy, which Node 20 lacks. */
function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
