import type { RankOptions, RerankDocument, RerankedDocument, ResultField } from "../types.ts";
import { checkScores, type RawScoreKind, scoreOf } from "./scores.ts";

/** The scores of one call and what the caller wants of them. */
export interface Ranking<D extends RerankDocument> extends Pick<RankOptions, "topK" | "threshold" | "return"> {
  /** As the caller passed them: results hold the same references. */
  documents: readonly D[];
  /** One per document, in input order. */
  scores: ArrayLike<number>;
  scoreKind: RawScoreKind;
  /** Tokens read per pair, in input order, where known. */
  tokens?: ArrayLike<number>;
  /** Tokens of the whole pair where it was cut, else 0, in input order, where known. */
  fullTokens?: ArrayLike<number>;
}

/**
 * Documents best first: ordered by the raw score in float64 (the sigmoid saturates), equal scores in input order.
 *
 * Results have exactly `index`, `score` and `document`, and of the fields named in `return` those that are known here.
 * `threshold` compares with the score the caller sees and keeps equal ones; `topK` cuts after it.
 *
 * @throws RerankError `inference` or `plugin` when a score is not finite, naming the document
 */
export function rankDocuments<D extends RerankDocument>(ranking: Ranking<D>): RerankedDocument<D>[] {
  const { documents, scores, scoreKind } = ranking;
  checkScores(scores, documents.length, scoreKind);
  const threshold = ranking.threshold ?? Number.NEGATIVE_INFINITY;
  return orderByScore(scores)
    .filter((index) => scoreOf(scores[index]!, scoreKind) >= threshold)
    .slice(0, ranking.topK)
    .map((index) => ({
      index,
      score: scoreOf(scores[index]!, scoreKind),
      document: documents[index]!,
      ...extraFields(ranking, index),
    }));
}

/** Indices of finite scores from the highest to the lowest; equal ones, 0 and −0 among them, in input order. */
export function orderByScore(scores: ArrayLike<number>): number[] {
  return Array.from(scores, (_, index) => index).sort((left, right) => scores[right]! - scores[left]! || left - right);
}

function extraFields(ranking: Ranking<RerankDocument>, index: number): Partial<Pick<RerankedDocument, ResultField>> {
  const wanted = ranking.return ?? [];
  const fields: Partial<Pick<RerankedDocument, ResultField>> = {};
  if (wanted.includes("logit") && ranking.scoreKind === "logit") fields.logit = ranking.scores[index]!;
  if (wanted.includes("tokens") && ranking.tokens !== undefined) fields.tokens = ranking.tokens[index]!;
  if (wanted.includes("truncated") && ranking.fullTokens !== undefined) fields.truncated = ranking.fullTokens[index]! > 0;
  return fields;
}
