/** The score of a document out of those of its passages. */
import type { ScoreKind } from "../scorer.ts";
import type { Aggregate } from "../types.ts";

// How many passages count in "mean-top-3".
const topPassages = 3;
// What each further passage of "decayed-sum" counts, relative to the one before.
const decay = 0.5;

/**
 * One raw score for a document, of the same kind as those of its passages. A document of one passage has exactly that passage's score.
 *
 * - `max`, `first`: the highest one, and that of the first passage.
 * - `mean-top-3`: the mean of the three highest, or of all if there are fewer.
 * - `decayed-sum`: the highest first, each counts half as much as the one before. Of logits, what is summed is the evidence −ln(1 − p): the sum of one
 *   passage is its own probability, and many passages never exceed 1. Of other scores, the scores themselves.
 *
 * @param scores raw, in the order of the text; at least one. NaN if one of them is NaN
 */
export function aggregateScores(scores: readonly number[], aggregate: Aggregate, kind: ScoreKind): number {
  if (scores.length === 1 || aggregate === "first") return scores[0]!;
  if (aggregate === "max") return scores.reduce((highest, score) => Math.max(highest, score));
  if (scores.some(Number.isNaN)) return Number.NaN;
  const best = [...scores].sort((left, right) => right - left);
  if (aggregate === "mean-top-3") {
    const top = best.slice(0, topPassages);
    return top.reduce((sum, score) => sum + score, 0) / top.length;
  }
  if (kind !== "logit") return decayedSum(best);
  return logitOfEvidence(decayedSum(best.map(evidenceOf)));
}

/** Index of the highest score; of equal ones, the first. */
export function bestPassage(scores: readonly number[]): number {
  return scores.reduce((best, score, index) => (score > scores[best]! ? index : best), 0);
}

function decayedSum(descending: readonly number[]): number {
  return descending.reduceRight((sum, score) => sum * decay + score, 0);
}

/** −ln(1 − p) for the probability p of a logit: ln(1 + eˡ). */
function evidenceOf(logit: number): number {
  return logit > 0 ? logit + Math.log1p(Math.exp(-logit)) : Math.log1p(Math.exp(logit));
}

/** The logit of 1 − e⁻ᵉ: ln(eᵉ − 1). */
function logitOfEvidence(evidence: number): number {
  return evidence > 1 ? evidence + Math.log1p(-Math.exp(-evidence)) : Math.log(Math.expm1(evidence));
}
