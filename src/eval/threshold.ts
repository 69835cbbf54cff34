/** Precision and recall at different score thresholds. */

/** One scored and judged candidate. */
export interface JudgedScore {
  /** As `threshold` of a configuration compares it. */
  score: number;
  /** Whether the document answers the query. */
  isRelevant: boolean;
}

/** Figures of one threshold, which keeps scores equal to it or higher. */
export interface ThresholdPoint {
  /** Halfway between the last score that is kept and the first that is not, so that rounding changes little. */
  threshold: number;
  /** Share of the kept candidates that is relevant, in [0, 1]. */
  precision: number;
  /** Share of the relevant candidates that is kept, in [0, 1]. Relevant documents that are not candidates do not count. */
  recall: number;
  /** Harmonic mean of the two, in [0, 1]. */
  f1: number;
  /** Mean number of documents kept per query. */
  keptPerQuery: number;
}

/** Thresholds and the best of them. */
export interface ThresholdSweep {
  /** Ascending: the highest thresholds that keep 100 %, 95 % … 5 % of the relevant candidates; fewer where some coincide. */
  points: ThresholdPoint[];
  /** The threshold with the greatest F1, the higher one of two equal ones. Undefined if no candidate is relevant. */
  recommended: ThresholdPoint | undefined;
}

// Steps of recall, not of the score, because the range of a model's scores is not known in advance.
const recallSteps = 20;

/**
 * Precision, recall and F1 over all candidates together (micro-averaged), for thresholds across the scores of relevant candidates.
 *
 * @param candidates all scored documents of all queries
 * @param queries number of queries; ≥ 1
 * @example
 * const candidates = [{ score: 0.9, isRelevant: true }, { score: 0.2, isRelevant: false }];
 * console.log(sweepThresholds(candidates, 1).recommended?.threshold); // 0.55
 */
export function sweepThresholds(candidates: readonly JudgedScore[], queries: number): ThresholdSweep {
  const sorted = [...candidates].sort((left, right) => right.score - left.score);
  const relevant = sorted.filter(({ isRelevant }) => isRelevant).length;
  const all: ThresholdPoint[] = [];
  let found = 0;
  for (const [index, { score, isRelevant }] of sorted.entries()) {
    found += isRelevant ? 1 : 0;
    const next = sorted[index + 1]?.score;
    // A threshold keeps all equal scores or none. Skip thresholds that keep no relevant candidate.
    if (next === score || found === 0) continue;
    const kept = index + 1;
    all.push({
      threshold: next === undefined ? score : halfway(next, score),
      precision: found / kept,
      recall: found / relevant,
      f1: (2 * found) / (kept + relevant),
      keptPerQuery: kept / queries,
    });
  }
  const steps = Array.from({ length: recallSteps }, (_, step) => Math.ceil(((step + 1) / recallSteps) * relevant - 1e-9) / relevant);
  const points = new Set(steps.flatMap((recall) => all.find((point) => point.recall >= recall) ?? []));
  return {
    points: [...points].reverse(),
    recommended: all.reduce<ThresholdPoint | undefined>((best, point) => (point.f1 > (best?.f1 ?? 0) ? point : best), undefined),
  };
}

/** A number above `low` and at most `high`, even if there is no number between them. */
function halfway(low: number, high: number): number {
  const middle = low + (high - low) / 2;
  return middle > low ? middle : high;
}
