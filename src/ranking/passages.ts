/** Divides a text into passages that a model can read beside the query. */
import { characterBorder, type Ending, type Sentence, sentencesOf } from "./sentences.ts";

/** A part of a text, in UTF-16 units of the caller's own string: `text.slice(start, end)`. */
export interface Span {
  start: number;
  /** Exclusive. */
  end: number;
}

/** How long passages may be. */
export interface PassageBounds {
  /** Maximum tokens of a passage; ≥ 1. */
  maxTokens: number;
  /** Maximum tokens at the end of a passage that the next one begins with; less than half of `maxTokens`. */
  overlapTokens: number;
  /** Maximum tokens of the whole text that are read. @default all */
  maxTextTokens?: number;
  /** Tokens of a text, counted as the model will read it; Infinity for more than it can count. */
  countTokens(text: string): number;
}

interface Unit extends Sentence {
  tokens: number;
}

const ranks: Readonly<Record<Ending, number>> = { open: 0, line: 1, sentence: 2, paragraph: 3 };
// A passage ends at the best place in its last third. An earlier place would leave too much of the model's room unused.
const minFill = 2 / 3;
// A sentence that is too long is divided into pieces of this share of a passage, so that passages of it can overlap, too.
const pieceShare = 1 / 8;
// Longer than the words of any language.
const maxWordLength = 64;

/**
 * The passages of a text, in order: together they hold everything in it but white space at their edges. A text that fits is one passage, the whole
 * text; so is one of white space alone.
 *
 * A passage ends at the end of a paragraph, else of a sentence, else of a line. A sentence that is longer than a passage is divided by tokens, at
 * white space or between characters. The last passage of several begins so early that it is at least about half full.
 *
 * It reads on only as the next passage is asked for. A passage may have more than `maxTokens` only if a single character has.
 */
export function* passagesOf(text: string, bounds: PassageBounds): Generator<Span> {
  const { maxTokens, overlapTokens, maxTextTokens = Number.POSITIVE_INFINITY, countTokens } = bounds;
  if (countTokens(text) <= Math.min(maxTokens, maxTextTokens) || !/\S/.test(text)) {
    yield { start: 0, end: text.length };
    return;
  }
  // Units from the last passage on. `first` is where the next passage begins, `fresh` the first unit that no passage has.
  let units: Unit[] = [];
  let first = 0;
  let fresh = 0;
  for (const unit of unitsOf(text, bounds)) {
    while (fresh < units.length && tokensOf(units, first) + unit.tokens > maxTokens) {
      const end = passageEnd(text, units, first, fresh, bounds);
      yield* visibleSpan(text, units, first, fresh, end);
      units = units.slice(first);
      fresh = end - first;
      first = fresh;
      while (first > 1 && tokensOf(units, first - 1, fresh) <= overlapTokens) first -= 1;
    }
    // What overlaps must not keep the new part out.
    while (first < fresh && tokensOf(units, first) + unit.tokens > maxTokens) first += 1;
    units.push(unit);
  }
  while (first > 1 && tokensOf(units, first - 1) <= maxTokens / 2) first -= 1;
  for (; fresh < units.length; first = fresh) {
    const end = fittingEnd(text, units, first, fresh, bounds);
    yield* visibleSpan(text, units, first, fresh, end);
    fresh = end;
  }
}

/** Where a passage ends best: the index behind its last unit, after `fresh`. */
function passageEnd(text: string, units: readonly Unit[], first: number, fresh: number, bounds: PassageBounds): number {
  let end = units.length;
  let tokens = tokensOf(units, first);
  for (let index = units.length; index > fresh; index -= 1) {
    if (index < units.length && tokens < minFill * bounds.maxTokens) break;
    if (ranks[units[index - 1]!.ending] > ranks[units[end - 1]!.ending]) end = index;
    tokens -= units[index - 1]!.tokens;
  }
  return fittingEnd(text, units.slice(0, end), first, fresh, bounds);
}

/** How many units fit together: tokens at their edges may differ from those of each alone. At least one after `fresh`. */
function fittingEnd(text: string, units: readonly Unit[], first: number, fresh: number, { maxTokens, countTokens }: PassageBounds): number {
  let end = units.length;
  while (end - 1 > fresh && countTokens(text.slice(units[first]!.start, units[end - 1]!.end)) > maxTokens) end -= 1;
  return end;
}

/** Sentences with their tokens. Those that are too long, in pieces. */
function* unitsOf(text: string, { maxTokens, maxTextTokens = Number.POSITIVE_INFINITY, countTokens }: PassageBounds): Generator<Unit> {
  let left = maxTextTokens;
  for (const sentence of sentencesOf(text)) {
    const tokens = countTokens(text.slice(sentence.start, sentence.end));
    const pieceTokens = Math.min(left, Math.max(1, Math.floor(maxTokens * pieceShare)));
    const isWhole = tokens <= (sentence.ending === "open" ? pieceTokens : Math.min(maxTokens, left));
    const pieces = isWhole ? [{ ...sentence, tokens }] : piecesOf(text, sentence, pieceTokens, countTokens);
    for (const piece of pieces) {
      if (piece.tokens > left && left < maxTextTokens) return;
      yield piece;
      left -= piece.tokens;
      if (left <= 0) return;
    }
  }
}

/** A sentence in pieces of at most `maxTokens`: of whole words, else of characters. */
function* piecesOf(
  text: string,
  { start, end, ending }: Sentence,
  maxTokens: number,
  countTokens: PassageBounds["countTokens"],
): Generator<Unit> {
  let charactersPerToken = 4;
  for (let from = start; from < end; ) {
    let to = Math.min(end, wordEnd(text, from, from + Math.max(1, Math.ceil(maxTokens * charactersPerToken))));
    let tokens = countTokens(text.slice(from, to));
    while (tokens > maxTokens) {
      const share = tokens === Number.POSITIVE_INFINITY ? 0.5 : Math.min(0.8, maxTokens / tokens);
      const shorter = lastBorder(text, from, from + Math.max(1, Math.floor((to - from) * share)));
      if (shorter >= to) break; // a single character
      to = shorter;
      tokens = countTokens(text.slice(from, to));
    }
    yield { start: from, end: to, ending: to === end ? ending : "open", tokens };
    if (tokens > 0) charactersPerToken = Math.min(64, (to - from) / tokens);
    from = to;
  }
}

/** The end of the word at an index, with the white space behind it; a border between characters, if no word ends near. */
function wordEnd(text: string, from: number, index: number): number {
  const last = Math.min(text.length, index + maxWordLength);
  for (let end = index; end < last; end += 1) if (isWordBorder(text, end)) return end;
  return last === text.length ? last : characterBorder(text, from, index);
}

/** The last border between words that is not after an index; between characters, if all is one word. */
function lastBorder(text: string, from: number, index: number): number {
  for (let border = index; border > from; border -= 1) if (isWordBorder(text, border)) return border;
  return characterBorder(text, from, index);
}

function isWordBorder(text: string, index: number): boolean {
  return /\s/.test(text[index - 1]!) && /[^\s\p{M}]/u.test(text[index] ?? "a");
}

function tokensOf(units: readonly Unit[], from: number, to: number = units.length): number {
  let sum = 0;
  for (let index = from; index < to; index += 1) sum += units[index]!.tokens;
  return sum;
}

/** Units as a passage, without the white space at its edges; none if nothing but white space is new in it. */
function* visibleSpan(text: string, units: readonly Unit[], first: number, fresh: number, last: number): Generator<Span> {
  const [start, freshStart, end] = [units[first]!.start, units[fresh]!.start, units[last - 1]!.end];
  const visibleEnd = start + text.slice(start, end).trimEnd().length;
  if (visibleEnd > freshStart) yield { start: end - text.slice(start, end).trimStart().length, end: visibleEnd };
}
