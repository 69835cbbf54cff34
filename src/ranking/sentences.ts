/** Divides a text where sentences, lines and paragraphs end. */

/** How a sentence ends, from the worst place to divide a text to the best. `open`: inside a sentence that does not end for a long stretch. */
export type Ending = "open" | "line" | "sentence" | "paragraph";

/** A sentence, or a line of code or of a table, in UTF-16 units. White space behind it belongs to it. */
export interface Sentence {
  start: number;
  /** Exclusive. */
  end: number;
  ending: Ending;
}

// One fixed language, so that the same text is divided alike on every machine. The rules are Unicode's, for all scripts.
const sentenceSegmenter: Intl.Segmenter = new Intl.Segmenter("en", { granularity: "sentence" });
const graphemeSegmenter: Intl.Segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

// In Node, each segment costs a pass over the whole string, so the segmenter gets one window of the text at a time.
const windowLength = 1024;
// A sentence that does not end within so many characters is divided at white space.
const maxWindowLength = 4096;
// Lines from this length on may have been wrapped. Shorter ones end where their author ended them.
const minWrappedLength = 40;
const maxHeadingLength = 80;
// Longer than any character that people write, marks included.
const maxCharacterLength = 64;

const isTerminated = /[\p{Sentence_Terminal}\u2026:][\p{Pe}\p{Pf}\p{Quotation_Mark}*_]*\s*$/u;
const isOpenLine = /[\p{L}\p{M}\p{N},;\-\u2010-\u2014'"\u2019)]\s*$/u;
const beginsSmall = /^\p{Ll}/u;

/**
 * The sentences of a text, one after another. They cover every character, in order. The empty text has none.
 *
 * The end of a line ends a sentence, as in code, tables and lists. But where a long line has no sentence end and the next one begins with a small
 * letter, the text was wrapped, and the sentence goes on. A heading ends like a line, so that it stays with what follows.
 */
export function* sentencesOf(text: string): Generator<Sentence> {
  // Not complete: blank lines may follow, or the sentence may go on.
  let held: Sentence | undefined;
  for (const part of partsOf(text)) {
    if (held === undefined) held = part;
    else if (part.ending === "paragraph") held = { start: held.start, end: part.end, ending: isHeading(text, held) ? "line" : "paragraph" };
    else if (isBlank(text, held.start, held.end) || goesOn(text, held, part)) held = { ...part, start: held.start };
    else {
      yield held;
      held = part;
    }
  }
  if (held !== undefined) yield { ...held, ending: "paragraph" };
}

/**
 * The last border between two characters, as readers see them, that is not after an index: not inside a surrogate pair, a letter with its marks,
 * an emoji or a CRLF. If only one character is before the index, the border behind it. A character of more than 64 units is divided between two
 * of its code points.
 *
 * @param start a border before `index`; the result is after it
 */
export function characterBorder(text: string, start: number, index: number): number {
  if (index >= text.length) return text.length;
  const from = Math.max(start, index - maxCharacterLength);
  const character = graphemeSegmenter.segment(text.slice(from, index + maxCharacterLength)).containing(index - from)!;
  if (character.index > 0) return from + character.index;
  if (from === start && character.segment.length <= maxCharacterLength) return from + character.segment.length;
  const isInsidePair = text.codePointAt(index - 1)! > 0xffff;
  return isInsidePair ? index + 1 : index;
}

/** Sentences within lines, and blank lines, which end as `paragraph`. */
function* partsOf(text: string): Generator<Sentence> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline + 1;
    if (isBlank(text, start, end)) yield { start, end, ending: "paragraph" };
    else yield* sentencesOfLine(text, start, end);
    start = end;
  }
}

function* sentencesOfLine(text: string, lineStart: number, lineEnd: number): Generator<Sentence> {
  let start = lineStart;
  let length = windowLength;
  while (start < lineEnd) {
    const part = text.slice(start, Math.min(lineEnd, start + length));
    const isLast = start + part.length === lineEnd;
    let last = 0;
    for (const { index } of sentenceSegmenter.segment(part)) {
      if (index > last) yield { start: start + last, end: start + index, ending: "sentence" };
      last = index;
    }
    if (isLast) {
      yield { start: start + last, end: lineEnd, ending: isTerminated.test(part.slice(-maxHeadingLength)) ? "sentence" : "line" };
      return;
    }
    // The last sentence may continue after the window.
    start += last;
    if (last > 0) length = windowLength;
    else if (length < maxWindowLength) length *= 2;
    else {
      const end = wordBorder(text, start, start + length);
      yield { start, end, ending: "open" };
      start = end;
    }
  }
}

/** A border after white space in the second half of a stretch; without any, a border of characters at its end. */
function wordBorder(text: string, start: number, end: number): number {
  const middle = (start + end) >> 1;
  for (let index = end; index > middle; index -= 1) if (/\s/.test(text[index - 1]!)) return characterBorder(text, start, index);
  return characterBorder(text, start, end);
}

function isHeading(text: string, { start, end, ending }: Sentence): boolean {
  if (ending !== "line" || end - start > maxHeadingLength) return false;
  return !text.slice(start, end).trim().includes("\n");
}

/** Whether a sentence goes on in the next line. */
function goesOn(text: string, before: Sentence, { start, end }: Sentence): boolean {
  if (before.ending !== "line" || text[before.end - 1] !== "\n") return false;
  const line = text.slice(Math.max(before.start, before.end - maxWindowLength), before.end);
  const lastLine = line.slice(line.trimEnd().lastIndexOf("\n") + 1);
  return lastLine.length >= minWrappedLength && isOpenLine.test(lastLine) && beginsSmall.test(text.slice(start, Math.min(end, start + 2)));
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) if (/\S/.test(text[index]!)) return false;
  return true;
}
