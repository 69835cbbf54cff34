/** Divides the texts of a call in threads: equal texts once, huge ones in stretches. */
import { distinctTexts } from "../../ranking/distinct-texts.ts";
import { characterBorder } from "../../ranking/sentences.ts";
import type { PassageCall, TextPassages } from "./by-passages.ts";

/** A part of a text that a thread divides at once. */
export interface Stretch {
  /** Of the text in the call's list. */
  index: number;
  start: number;
  /** Exclusive. */
  end: number;
  /** Maximum tokens of it that are read. @default all */
  maxTokens?: number;
}

// Where a stretch may end: as near to its limit as possible, a paragraph within the last half, else a line, else a word.
const borders = [/\n\s*\n/g, /\n/g, /\s/g];

/**
 * Divides the texts of a call: each `yield` is a list of stretches to divide, and takes the passages of each. Equal texts are divided once.
 *
 * A text longer than `maxCharacters` never fits the model; no passage of it crosses a border of stretches. If only its first passages or tokens are
 * wanted, it yields one stretch after another, and no more than is needed.
 *
 * @param maxCharacters as many as the tokenizer reads of one text
 * @returns the passages of each text, in input order
 */
export function* divideTexts(
  { texts, contexts, passages: reading }: PassageCall,
  maxCharacters: number,
): Generator<readonly Stretch[], readonly TextPassages[], readonly TextPassages[]> {
  const { maxPassages = Number.POSITIVE_INFINITY, select, maxDocumentTokens } = reading;
  const wanted = select === "first" ? maxPassages : Number.POSITIVE_INFINITY;
  const isLimited = Number.isFinite(wanted) || maxDocumentTokens !== undefined;
  const firsts = firstIndices(texts, contexts);
  const found = new Map<number, TextPassages>();
  const after = (index: number, start: number, maxTokens: number | undefined): Stretch => {
    return { index, start, end: stretchEnd(texts[index]!, start, maxCharacters), ...(maxTokens === undefined ? {} : { maxTokens }) };
  };
  let open = [...new Set(firsts)].map((index) => after(index, 0, maxDocumentTokens));
  while (open.length > 0) {
    const stretches = isLimited ? open : open.flatMap(({ index }) => allStretches(texts[index]!, index, maxCharacters));
    const divided = yield stretches;
    open = [];
    for (const [row, { index, start, end, maxTokens }] of stretches.entries()) {
      const passages = joined(found.get(index), divided[row]!, start);
      const left = maxTokens === undefined ? undefined : maxTokens - (divided[row]!.tokens ?? 0);
      const isEnough = passages.failure !== undefined || passages.spans.length >= wanted || (left ?? 1) <= 0;
      const isAtEnd = end === texts[index]!.length;
      found.set(index, isLimited && isEnough && !isAtEnd ? { ...passages, isComplete: false } : passages);
      if (isLimited && !isEnough && !isAtEnd) open.push(after(index, end, left));
    }
  }
  return firsts.map((index) => found.get(index)!);
}

/** For each text, the index of the first one that equals it, with an equal context. */
function firstIndices(texts: readonly string[], contexts: readonly string[] | undefined): number[] {
  const keys = contexts === undefined ? texts : texts.map((text, index) => JSON.stringify(contexts[index]!) + text);
  const firsts: number[] = [];
  for (const indices of distinctTexts(keys).indices) for (const index of indices) firsts[index] = indices[0]!;
  return firsts;
}

function allStretches(text: string, index: number, maxCharacters: number): Stretch[] {
  const stretches: Stretch[] = [];
  let start = 0;
  do {
    const end = stretchEnd(text, start, maxCharacters);
    stretches.push({ index, start, end });
    start = end;
  } while (start < text.length);
  return stretches;
}

function stretchEnd(text: string, start: number, maxCharacters: number): number {
  if (text.length - start <= maxCharacters) return text.length;
  const middle = start + (maxCharacters >> 1);
  const half = text.slice(middle, start + maxCharacters);
  for (const border of borders) {
    let end = 0;
    for (const { index, 0: found } of half.matchAll(border)) end = index + found.length;
    if (end > 0) return middle + end;
  }
  return characterBorder(text, start, start + maxCharacters);
}

function joined(before: TextPassages | undefined, { spans, words, ...rest }: TextPassages, offset: number): TextPassages {
  const moved = offset === 0 ? spans : spans.map(({ start, end }) => ({ start: start + offset, end: end + offset }));
  const all = { ...rest, spans: [...(before?.spans ?? []), ...moved] };
  return {
    ...all,
    isComplete: rest.isComplete && (before?.isComplete ?? true),
    ...(words === undefined ? {} : { words: [...(before?.words ?? []), ...words] }),
    ...(before?.failure === undefined ? {} : { failure: before.failure }),
  };
}
