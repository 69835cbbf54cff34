/** Highlights: the sentences of the best passages, with scores of their own. */
import type { ScoredPassage, ScoreResult } from "../scorer.ts";
import { bestPassage } from "./aggregate.ts";
import { sentencesOf } from "./sentences.ts";

/** How many results have highlights if the call has no `topK`. */
export const highlightedResults = 10;

/** A sentence to score. */
export interface HighlightSentence {
  /** Of the document in the call's list. */
  document: number;
  start: number;
  /** Exclusive. */
  end: number;
}

/**
 * The sentences of the best passage of some documents, without the white space around them. None of passages whose sentences are scored already.
 *
 * @param documents indices in the call's list
 */
export function sentencesToScore(texts: readonly string[], scored: ScoreResult, documents: readonly number[]): HighlightSentence[] {
  return documents.flatMap((document) => {
    const best = bestOf(scored, document);
    if (best === undefined || best.sentences !== undefined) return [];
    return visibleSentences(texts[document]!.slice(best.start, best.end)).map(({ start, end }) => {
      return { document, start: best.start + start, end: best.start + end };
    });
  });
}

/** The result with the scores of sentences, which came from a second call. */
export function withSentences(scored: ScoreResult, sentences: readonly HighlightSentence[], again: ScoreResult): ScoreResult {
  const found = new Map<number, ScoredPassage[]>();
  for (const [row, { document, start, end }] of sentences.entries()) {
    const score = again.scores[row]!;
    if (Number.isFinite(score)) found.set(document, [...(found.get(document) ?? []), { start, end, score }]);
  }
  const passages = scored.passages!.map((list, document) => {
    const best = bestOf(scored, document);
    return found.has(document)
      ? list.map((passage) => (passage === best ? { ...passage, sentences: found.get(document)! } : passage))
      : list;
  });
  const read = again.pairTokens?.read.reduce((sum, tokens) => sum + tokens, 0) ?? 0;
  const { tokens = 0, ...usage } = scored.usage ?? {};
  return { ...scored, passages, usage: { ...usage, tokens: tokens + read + (again.usage?.tokens ?? 0) } };
}

/** Sentences of a text without the white space around them; none that is nothing else. */
export function visibleSentences(text: string): { start: number; end: number }[] {
  return [...sentencesOf(text)].flatMap(({ start, end }) => {
    const sentence = text.slice(start, end);
    const visible = sentence.trim();
    if (visible === "") return [];
    const visibleStart = start + sentence.indexOf(visible);
    return { start: visibleStart, end: visibleStart + visible.length };
  });
}

function bestOf({ passages }: ScoreResult, document: number): ScoredPassage | undefined {
  const list = passages?.[document] ?? [];
  return list[bestPassage(list.map(({ score }) => score))];
}
