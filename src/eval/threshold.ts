/** What a score threshold would keep, threshold by threshold. */

/** One scored and judged candidate. */
export interface JudgedScore {
  /** As `threshold` of a configuration compares it. */
  score: number;
  isRelevant: boolean;
}

/** What is kept at one threshold: scores from it up. */
export interface ThresholdPoint {
  threshold: number;
  /** Share of the kept that is relevant, in [0, 1]; null where nothing is kept. */
  precision: number | null;
  /** Share of the relevant candidates that is kept, in [0, 1]; what the candidates lack does not count. */
  recall: number;
  /** Harmonic mean of the two, in [0, 1]; 0 where nothing is kept. */
  f1: number;
  /** Mean number of documents kept per query. */
  keptPerQuery: number;
}

/** Thresholds and the best of them. */
export interface ThresholdSweep {
  /** Ascending. */
  points: ThresholdPoint[];
  /** Of the greatest F1 over all possible thresholds, half-way between two scores; undefined where nothing is relevant. */
  recommended: ThresholdPoint | undefined;
}

/**
 * Precision, recall and F1 over all candidates together (micro-averaged), for thresholds across the range of the scores.
 *
 * Scores within [0, 1] are cut at 0.05, 0.10 … 0.95; others at their 5 %, 10 % … 95 % quantiles.
 *
 * @param candidates all scored documents of all queries
 * @param queries how many queries they are of; ≥ 1
 */
export function sweepThresholds(candidates: readonly JudgedScore[], queries: number): ThresholdSweep {
  const sorted = [...candidates].sort((left, right) => right.score - left.score);
  const steps = Array.from({ length: 19 }, (_, step) => (step + 1) / 20);
  const isShare = sorted.length === 0 || (sorted[0]!.score <= 1 && sorted.at(-1)!.score >= 0);
  const thresholds = isShare ? steps : steps.map((share) => sorted[Math.round((1 - share) * (sorted.length - 1))]!.score);
  // After each number of kept documents: how many of them are relevant.
  const relevantKept = [0];
  for (const { isRelevant } of sorted) relevantKept.push(relevantKept.at(-1)! + (isRelevant ? 1 : 0));
  const pointAt = (threshold: number, kept: number): ThresholdPoint => {
    const [found, relevant] = [relevantKept[kept]!, relevantKept.at(-1)!];
    return {
      threshold,
      precision: kept === 0 ? null : found / kept,
      recall: relevant === 0 ? 0 : found / relevant,
      f1: found === 0 ? 0 : (2 * found) / (kept + relevant),
      keptPerQuery: kept / queries,
    };
  };
  const countFrom = (threshold: number): number => {
    const end = sorted.findIndex(({ score }) => score < threshold);
    return end === -1 ? sorted.length : end;
  };
  let recommended: ThresholdPoint | undefined;
  for (let kept = 1; kept <= sorted.length; kept += 1) {
    const last = sorted[kept - 1]!.score;
    const next = sorted[kept]?.score;
    // Equal scores are kept or left out together.
    if (next === last) continue;
    const point = pointAt(next === undefined ? last : halfway(next, last), kept);
    if (point.f1 > (recommended?.f1 ?? 0)) recommended = point;
  }
  return { points: thresholds.map((threshold) => pointAt(threshold, countFrom(threshold))), recommended };
}

/** Above `low`, at most `high`, also where nothing lies between them. */
function halfway(low: number, high: number): number {
  const middle = low + (high - low) / 2;
  return middle > low ? middle : high;
}
