/** Scores documents passage by passage, with any scorer of pairs. */
import { RerankError } from "../../errors.ts";
import { aggregateScores } from "../../ranking/aggregate.ts";
import { passagesByWords } from "../../ranking/common-words.ts";
import type { Span } from "../../ranking/passages.ts";
import type { PairTokens, PassageReading, ScoreCall, ScoredPassage, ScoreFailure, ScoreKind, ScoreResult } from "../../scorer.ts";
import type { RerankWarning } from "../../types.ts";

/** The passages of one text. */
export interface TextPassages {
  /** In the order of the text. */
  spans: readonly Span[];
  /** What stands in front of each, with its line end; "" for nothing. */
  prefix: string;
  /** Whether the passages hold all of the text. */
  isComplete: boolean;
  /** Words of the query in each passage, if asked for. */
  words?: readonly number[];
  /** Tokens of the text up to the end of its last passage, if asked for. */
  tokens?: number;
  /** Why the text could not be divided; only with `onError: "partial"`. */
  failure?: string;
}

/** Texts divided, and the time that it took. */
export interface SplitTexts {
  passages: readonly TextPassages[];
  tokenizationMs: number;
}

/** What a scorer does on its own: texts into passages, pairs into scores. */
export interface PairScorer<Scored, Split> {
  scoreKind: ScoreKind;
  /** Divides the call's texts. */
  split(call: PassageCall): Split;
  /** Scores the call's texts, each as one pair. */
  score(call: ScoreCall): Scored;
}

/** A call that reads its texts passage by passage. */
export type PassageCall = ScoreCall & { passages: PassageReading };

/** Whether a call reads its texts passage by passage. */
export function readsPassages(call: ScoreCall): call is PassageCall {
  return call.passages !== undefined;
}

/**
 * Scores the passages of all texts in one call of the scorer, and makes one score of those of each text.
 *
 * A text that fits is one passage, and has the score that it has without passages.
 *
 * @throws RerankError as the scorer, with the documents of the caller named
 */
export async function scoreByPassages(
  call: PassageCall,
  scorer: PairScorer<Promise<ScoreResult>, Promise<SplitTexts>>,
): Promise<ScoreResult> {
  const plan = planOf(call, await scorer.split(call));
  if (plan.pairs.length === 0) return resultOf(call, plan, noScores(), scorer.scoreKind);
  try {
    return resultOf(call, plan, await scorer.score(callOf(call, plan)), scorer.scoreKind);
  } catch (error) {
    throw ofDocuments(error, plan);
  }
}

/** {@link scoreByPassages}, but synchronous. */
export function scoreByPassagesSync(call: PassageCall, scorer: PairScorer<ScoreResult, SplitTexts>): ScoreResult {
  const plan = planOf(call, scorer.split(call));
  if (plan.pairs.length === 0) return resultOf(call, plan, noScores(), scorer.scoreKind);
  try {
    return resultOf(call, plan, scorer.score(callOf(call, plan)), scorer.scoreKind);
  } catch (error) {
    throw ofDocuments(error, plan);
  }
}

/** The passages to score, those of the first text first. */
interface Plan {
  pairs: readonly { document: number; span: Span; text: string }[];
  failures: readonly ScoreFailure[];
  /** Texts of which not all is scored. */
  unread: readonly number[];
  tokenizationMs: number;
}

function planOf(call: PassageCall, { passages, tokenizationMs }: SplitTexts): Plan {
  const pairs: Plan["pairs"][number][] = [];
  const failures: ScoreFailure[] = [];
  const unread: number[] = [];
  for (const [document, { spans, prefix, isComplete, words, failure }] of passages.entries()) {
    if (failure !== undefined) {
      failures.push({ indices: [document], message: failure });
      continue;
    }
    const { maxPassages = spans.length } = call.passages;
    const kept =
      words === undefined || spans.length <= maxPassages
        ? spans.slice(0, maxPassages)
        : passagesByWords(words, maxPassages).map((index) => spans[index]!);
    if (!isComplete || kept.length < spans.length) unread.push(document);
    const text = call.texts[document]!;
    for (const span of kept) pairs.push({ document, span, text: prefix + text.slice(span.start, span.end) });
  }
  return { pairs, failures, unread, tokenizationMs };
}

function callOf(call: PassageCall, { pairs }: Plan): ScoreCall {
  const { passages, contexts, documents, onProgress, ...rest } = call;
  const total = call.texts.length;
  return {
    ...rest,
    texts: pairs.map(({ text }) => text),
    ...(onProgress === undefined ? {} : { onProgress: (scored, of) => onProgress(Math.floor((scored * total) / of), total) }),
  };
}

function resultOf(call: PassageCall, plan: Plan, result: ScoreResult, usualKind: ScoreKind): ScoreResult {
  const count = call.texts.length;
  const kind = result.scoreKind ?? usualKind;
  const failures = [...plan.failures, ...(result.failures ?? []).map((failure) => inDocuments(failure, plan))];
  const passages = Array.from({ length: count }, (): ScoredPassage[] => []);
  for (const [row, { document, span }] of plan.pairs.entries()) {
    const sentences = result.passages?.[row]?.[0]?.sentences;
    passages[document]!.push({
      ...span,
      score: result.scores[row]!,
      ...(sentences === undefined ? {} : { sentences: placed(sentences, plan.pairs[row]!) }),
    });
  }
  const scores = passages.map((some) =>
    some.length === 0
      ? Number.NaN
      : aggregateScores(
          some.map(({ score }) => score),
          call.passages.aggregate,
          kind,
        ),
  );
  const { passages: _sentences, pairTokens, tiers, failures: _failures, ...rest } = result;
  const warnings = result.warnings.map((warning) => withDocuments(warning, plan));
  return {
    ...rest,
    scores: Float64Array.from(scores),
    passages,
    ...(pairTokens === undefined ? {} : { pairTokens: tokensOf(pairTokens, plan, count) }),
    ...(tiers === undefined ? {} : { tiers: { ...tiers, of: highestOf(tiers.of, plan, count) } }),
    ...(failures.length === 0 ? {} : { failures }),
    warnings: [...warnings, ...plan.unread.map((index) => unreadWarning(index, passages[index]!.length))],
    usage: { ...result.usage, passages: plan.pairs.length },
    timings: { ...result.timings, tokenizationMs: plan.tokenizationMs + (result.timings?.tokenizationMs ?? 0) },
  };
}

/** Sentences of a scored text as sentences of the document; none of what stood in front of the passage. */
function placed(sentences: readonly ScoredPassage[], { span, text }: Plan["pairs"][number]): ScoredPassage[] {
  const offset = span.end - text.length;
  const moved = sentences.map(({ start, end, score }) => ({ start: Math.max(span.start, start + offset), end: end + offset, score }));
  return moved.filter(({ start, end }) => end > start);
}

/** Tokens of all passages of each text. A text counts as cut if a passage was: then the query is too long. */
function tokensOf({ read, full, lowerBounds }: PairTokens, plan: Plan, count: number): PairTokens {
  const sumOf = (tokens: (row: number) => number): Uint32Array => {
    const sums = new Uint32Array(count);
    for (const [row, { document }] of plan.pairs.entries()) sums[document]! += tokens(row);
    return sums;
  };
  const isCut = full === undefined ? undefined : highestOf(full, plan, count);
  return {
    read: sumOf((row) => read[row]!),
    ...(isCut === undefined
      ? {}
      : { full: sumOf((row) => full![row]! || read[row]!).map((sum, document) => (isCut[document]! > 0 ? sum : 0)) }),
    ...(lowerBounds === undefined ? {} : { lowerBounds: Uint8Array.from(highestOf(lowerBounds, plan, count)) }),
  };
}

/** The highest value among the passages of each text; ≥ 0. */
function highestOf(values: ArrayLike<number>, { pairs }: Plan, count: number): Uint32Array {
  const highest = new Uint32Array(count);
  for (const [row, { document }] of pairs.entries()) highest[document] = Math.max(highest[document]!, values[row]!);
  return highest;
}

function unreadWarning(index: number, passages: number): RerankWarning {
  const what = `${passages} ${passages === 1 ? "passage" : "passages"}`;
  return { type: "unread-passages", index, passages, message: `documents[${index}]: only ${what} of it were scored` };
}

/** A failure of passages as one of their documents. */
function inDocuments({ indices, message }: ScoreFailure, plan: Plan): ScoreFailure {
  return { indices: documentsOf(indices, plan), message: namingDocuments(message, plan) };
}

function withDocuments(warning: RerankWarning, plan: Plan): RerankWarning {
  const message = namingDocuments(warning.message, plan);
  if ("index" in warning) return { ...warning, message, index: plan.pairs[warning.index]!.document };
  return "indices" in warning ? { ...warning, message, indices: documentsOf(warning.indices, plan) } : { ...warning, message };
}

function documentsOf(rows: readonly number[], { pairs }: Plan): number[] {
  return [...new Set(rows.map((row) => pairs[row]!.document))];
}

function ofDocuments(error: unknown, plan: Plan): unknown {
  if (!RerankError.is(error)) return error;
  const message = namingDocuments(error.message, plan);
  if (message === error.message) return error;
  const { code, cause, isRetryable, status } = error;
  return new RerankError(code, message, { cause, isRetryable, ...(status === undefined ? {} : { status }) });
}

/** A message about passages, which the scorer counts as documents. */
function namingDocuments(message: string, { pairs }: Plan): string {
  return message.replace(/documents\[(\d+)\]/g, (path, row) =>
    pairs[Number(row)] === undefined ? path : `documents[${pairs[Number(row)]!.document}]`,
  );
}

function noScores(): ScoreResult {
  return { scores: new Float64Array(0), warnings: [] };
}
