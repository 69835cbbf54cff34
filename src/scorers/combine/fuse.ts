import { orderByScore } from "../../ranking/order.ts";
import type { ScoreResult, Scorer } from "../../scorer.ts";
import type { CheckedFuseModel } from "../../types.ts";
import { type Composition, composeScorer, joinResults, settledValue, shownScores, tiersOf } from "./combined-parts.ts";

/** A larger k makes the difference between early and late ranks smaller. @see G. V. Cormack et al., Reciprocal Rank Fusion, SIGIR 2009: k = 60 */
const usualK = 60;

/**
 * Joins the scores of several models into one score. The models run at the same time.
 *
 * - `reciprocal_rank`: Σ wᵢ / (k + rankᵢ), ranks from 1, equal scores sharing the better rank; above 0, at most Σ wᵢ / (k + 1).
 * - `weighted`: Σ wᵢ · sᵢ / Σ wᵢ, each model's scores scaled to [0, 1] between the lowest and the highest of the call (0 where all are equal).
 *
 * A document that a model could not score (`onError: "partial"`) gets nothing from that model.
 *
 * @throws the first failure of a model
 */
export function createFuseScorer(parts: readonly Scorer[], options: Pick<CheckedFuseModel, "method" | "weights" | "k">): Scorer {
  const { method = "reciprocal_rank", weights = parts.map(() => 1), k = usualK } = options;
  const composition: Composition = function* (call) {
    const outcomes = yield { parts: parts.map((scorer) => ({ scorer, call })) };
    const results = outcomes.map(settledValue);
    const scores = new Float64Array(call.texts.length);
    const total = method === "weighted" ? weights.reduce((sum, weight) => sum + weight, 0) || 1 : 1;
    for (const [part, result] of results.entries()) {
      const shares = method === "weighted" ? scaled(parts[part]!, result) : reciprocalRanks(parts[part]!, result, k);
      for (const [index, share] of shares.entries()) scores[index] = scores[index]! + (weights[part]! * share) / total;
    }
    return { ...joinResults(results), scores };
  };
  const model = `fuse(${parts.map((part) => part.model).join(", ")})`;
  return composeScorer({ name: "fuse", model, parts, composition });
}

function reciprocalRanks(scorer: Scorer, result: ScoreResult, k: number): Float64Array {
  const { scores } = result;
  const tiers = tiersOf(scorer, result, scores.length).of;
  const shares = new Float64Array(scores.length);
  let rank = 0;
  let previous = -1;
  for (const [position, index] of orderByScore(scores, tiers).entries()) {
    if (Number.isNaN(scores[index])) continue;
    const isEqual = previous >= 0 && scores[index] === scores[previous] && tiers[index] === tiers[previous];
    if (!isEqual) rank = position + 1;
    shares[index] = 1 / (k + rank);
    previous = index;
  }
  return shares;
}

function scaled(scorer: Scorer, result: ScoreResult): Float64Array {
  const shown = shownScores(scorer, result);
  const known = shown.filter((score) => !Number.isNaN(score));
  const lowest = known.reduce((lowest, score) => Math.min(lowest, score), Number.POSITIVE_INFINITY);
  const range = known.reduce((highest, score) => Math.max(highest, score), Number.NEGATIVE_INFINITY) - lowest;
  return shown.map((score) => (Number.isNaN(score) || range === 0 ? 0 : (score - lowest) / range));
}
