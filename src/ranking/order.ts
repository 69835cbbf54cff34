import type { Calibration, RankOptions, RerankDocument, RerankedDocument, ResultField } from "../types.ts";
import { calibratedScore } from "./apply-calibration.ts";
import { checkScores, type RawScoreKind, scoreOf } from "./scores.ts";

/** Groups of documents, of which the lower one always comes first. */
export interface Tiers {
  /** Group of each document, from 0. */
  of: ArrayLike<number>;
  /** What the scores of each group are. */
  kinds: readonly RawScoreKind[];
}

/** The scores of one call and what the caller wants of them. */
export interface Ranking<D extends RerankDocument> extends Pick<RankOptions, "topK" | "threshold" | "return"> {
  /** As the caller passed them: results hold the same references. */
  documents: readonly D[];
  /** One per document, in input order. */
  scores: ArrayLike<number>;
  scoreKind: RawScoreKind;
  /** Maps logits to scores in place of the sigmoid. */
  calibration?: Calibration;
  /** Where they hold, `scoreKind` does not. */
  tiers?: Tiers;
  /** Documents without a score: left out. */
  failures?: readonly { places: readonly number[] }[];
  /** Tokens read per pair, in input order, where known. */
  tokens?: ArrayLike<number>;
  /** Tokens of the whole pair where it was cut, else 0, in input order, where known. */
  fullTokens?: ArrayLike<number>;
}

/**
 * Documents best first: ordered by the raw score in float64 (the sigmoid saturates, a calibration has steps), equal ones in input order.
 *
 * Results have exactly `index`, `score` and `document`, and of the fields named in `return` those that are known here.
 * `threshold` compares with the score the caller sees and keeps equal ones; `topK` cuts after it.
 *
 * @throws RerankError `inference` or `plugin` when a score is not finite, naming the document
 */
export function rankDocuments<D extends RerankDocument>(ranking: Ranking<D>): RerankedDocument<D>[] {
  const { documents, scores, scoreKind, calibration, tiers, failures = [] } = ranking;
  const excluded = new Set(failures.flatMap(({ places }) => places));
  checkScores(scores, documents.length, scoreKind, excluded);
  const threshold = ranking.threshold ?? Number.NEGATIVE_INFINITY;
  const shown = (index: number): number => {
    const kind = tiers?.kinds[tiers.of[index]!] ?? scoreKind;
    return kind === "logit" && calibration !== undefined ? calibratedScore(scores[index]!, calibration) : scoreOf(scores[index]!, kind);
  };
  return orderByScore(scores, tiers?.of)
    .filter((index) => !excluded.has(index) && shown(index) >= threshold)
    .slice(0, ranking.topK)
    .map((index) => ({
      index,
      score: shown(index),
      document: documents[index]!,
      ...extraFields(ranking, index),
    }));
}

/**
 * Indices of finite scores from the highest to the lowest; equal ones, 0 and −0 among them, in input order. NaN comes last.
 *
 * @param tiers group of each score: a lower group comes first, whatever its scores are
 */
export function orderByScore(scores: ArrayLike<number>, tiers?: ArrayLike<number>): number[] {
  const of = (index: number): number => (Number.isNaN(scores[index]) ? Number.NEGATIVE_INFINITY : scores[index]!);
  return Array.from(scores, (_, index) => index).sort(
    (left, right) => (tiers === undefined ? 0 : tiers[left]! - tiers[right]!) || compare(of(right), of(left)) || left - right,
  );
}

/** Without the NaN that ∞ − ∞ gives. */
function compare(left: number, right: number): number {
  return left === right ? 0 : left - right;
}

function extraFields(ranking: Ranking<RerankDocument>, index: number): Partial<Pick<RerankedDocument, ResultField>> {
  const wanted = ranking.return ?? [];
  const fields: Partial<Pick<RerankedDocument, ResultField>> = {};
  if (wanted.includes("logit") && ranking.scoreKind === "logit") fields.logit = ranking.scores[index]!;
  if (wanted.includes("tokens") && ranking.tokens !== undefined) fields.tokens = ranking.tokens[index]!;
  if (wanted.includes("truncated") && ranking.fullTokens !== undefined) fields.truncated = ranking.fullTokens[index]! > 0;
  return fields;
}
