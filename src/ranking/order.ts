import type { ScoredPassage, ScoreFailure, ScoreKind, ScoreResult, ScoreTiers } from "../scorer.ts";
import type { Calibration, CheckedRankOptions, RerankDocument, RerankedDocument, RerankedPassage, ResultField } from "../types.ts";
import { bestPassage } from "./aggregate.ts";
import { calibratedScore } from "./apply-calibration.ts";
import { checkScores, scoreOf } from "./scores.ts";

/** The scores of one call, and the caller's options for results. */
export interface Ranking<D extends RerankDocument> extends Pick<CheckedRankOptions, "topK" | "threshold" | "return"> {
  /** As the caller passed them: results hold the same references. */
  documents: readonly D[];
  /** One per document, in input order. */
  scores: ArrayLike<number>;
  scoreKind: ScoreKind;
  /** Maps logits to scores instead of the sigmoid. */
  calibration?: Calibration | undefined;
  /** If given, the kinds of the tiers replace `scoreKind`. */
  tiers?: ScoreTiers;
  /** Documents without a score. Results leave them out. */
  failures?: readonly Pick<ScoreFailure, "indices">[];
  /** Token counts of the pairs, if known. */
  pairTokens?: ScoreResult["pairTokens"];
  /** The text of each document, and its passages, if it was read passage by passage. */
  texts?: readonly string[];
  passages?: ScoreResult["passages"];
}

/**
 * Orders documents, best first, by their raw scores in float64. (Not by final scores: the sigmoid saturates, and a calibration has steps.) Equal
 * scores keep input order.
 *
 * Results have `index`, `score` and `document`, and the fields of `return` that are known. `threshold` applies to the final score and keeps equal
 * ones; `topK` applies after it.
 *
 * @throws RerankError `inference` or `plugin`, naming the document, if a score is not finite
 */
export function rankDocuments<D extends RerankDocument>(ranking: Ranking<D>): RerankedDocument<D>[] {
  const { documents, scores, scoreKind, tiers, failures = [] } = ranking;
  const excluded = new Set(failures.flatMap(({ indices }) => indices));
  checkScores(scores, documents.length, scoreKind, excluded);
  const threshold = ranking.threshold ?? Number.NEGATIVE_INFINITY;
  const shown = (index: number): number => shownScore(ranking, index, scores[index]!);
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
 * Indices of scores, from the highest to the lowest. Equal scores, also 0 and −0, keep input order. NaN comes last.
 *
 * @param tiers group of each score; a lower group comes first, whatever its scores are
 */
export function orderByScore(scores: ArrayLike<number>, tiers?: ArrayLike<number>): number[] {
  const of = (index: number): number => (Number.isNaN(scores[index]) ? Number.NEGATIVE_INFINITY : scores[index]!);
  return Array.from(scores, (_, index) => index).sort(
    (left, right) => (tiers === undefined ? 0 : tiers[left]! - tiers[right]!) || compare(of(right), of(left)) || left - right,
  );
}

/** The difference, but 0 for equal infinities, for which a subtraction gives NaN. */
function compare(left: number, right: number): number {
  return left === right ? 0 : left - right;
}

/** A raw score of a document, of a passage or of a sentence, as callers see it. @param index of the document */
function shownScore(
  { scoreKind, tiers, calibration }: Pick<Ranking<RerankDocument>, "scoreKind" | "tiers" | "calibration">,
  index: number,
  raw: number,
): number {
  const kind = tiers?.kinds[tiers.of[index]!] ?? scoreKind;
  return kind === "logit" && calibration !== undefined ? calibratedScore(raw, calibration) : scoreOf(raw, kind);
}

function extraFields(ranking: Ranking<RerankDocument>, index: number): Partial<Pick<RerankedDocument, ResultField>> {
  const wanted = ranking.return ?? [];
  const fields: Partial<Pick<RerankedDocument, ResultField>> = {};
  if (wanted.includes("logit") && ranking.scoreKind === "logit") fields.logit = ranking.scores[index]!;
  const { read, full } = ranking.pairTokens ?? {};
  if (wanted.includes("tokens") && read !== undefined) fields.tokens = read[index]!;
  if (wanted.includes("truncated") && full !== undefined) fields.truncated = full[index]! > 0;
  const passages = ranking.passages?.[index];
  if (passages === undefined || passages.length === 0) return fields;
  const best = passages[bestPassage(passages.map(({ score }) => score))]!;
  const shown = (part: ScoredPassage): RerankedPassage => passageOf(ranking, index, part);
  if (wanted.includes("passage")) fields.passage = shown(best);
  if (wanted.includes("passages")) fields.passages = passages.map(shown);
  if (wanted.includes("highlights") && best.sentences !== undefined) fields.highlights = best.sentences.map(shown);
  return fields;
}

/** A part of a document as callers see it. */
function passageOf(ranking: Ranking<RerankDocument>, index: number, { start, end, score }: ScoredPassage): RerankedPassage {
  return { text: ranking.texts![index]!.slice(start, end), start, end, score: shownScore(ranking, index, score) };
}
