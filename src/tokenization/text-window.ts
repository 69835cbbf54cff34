import type { TruncationSide } from "../types.ts";

/** A part of a text, in UTF-16 units. */
export interface TextWindow {
  start: number;
  end: number;
  /** Whether all tokens of the part, also those next to the cut, are tokens of the whole text. */
  isClean: boolean;
}

/**
 * Where to cut a text by characters before it is tokenized, so that a huge text costs no more than a long one.
 *
 * It cuts before white space, if the half of the window next to the cut has any. No token reaches across white space, so the tokens of a kept
 * beginning are the first tokens of the whole text. Without white space, the cut may be inside a word, but never inside a surrogate pair. A kept
 * end is never clean, because tokenizers mark the beginning of a text.
 *
 * @param maxCharacters UTF-16 units; ≥ 2
 * @param side where characters are removed
 */
export function textWindow(text: string, maxCharacters: number, side: TruncationSide = "right"): TextWindow {
  if (text.length <= maxCharacters) return { start: 0, end: text.length, isClean: true };
  return side === "left" ? endOf(text, maxCharacters) : beginningOf(text, maxCharacters);
}

function beginningOf(text: string, maxCharacters: number): TextWindow {
  const lowest = maxCharacters >> 1;
  let end = maxCharacters;
  while (end > lowest && !isWhiteSpace(text.charCodeAt(end))) end -= 1;
  // Go to the start of a run of white space: byte-level tokenizers treat the last space of a run differently.
  while (end > lowest && isWhiteSpace(text.charCodeAt(end - 1))) end -= 1;
  if (end > lowest) return { start: 0, end, isClean: true };
  return { start: 0, end: isInsidePair(text, maxCharacters) ? maxCharacters - 1 : maxCharacters, isClean: false };
}

function endOf(text: string, maxCharacters: number): TextWindow {
  const first = text.length - maxCharacters;
  const highest = first + (maxCharacters >> 1);
  let start = first;
  while (start < highest && !(isWhiteSpace(text.charCodeAt(start)) && !isWhiteSpace(text.charCodeAt(start - 1)))) start += 1;
  if (start === highest) start = isInsidePair(text, first) ? first + 1 : first;
  return { start, end: text.length, isClean: false };
}

/** Whether a cut before this unit would divide a surrogate pair. */
function isInsidePair(text: string, index: number): boolean {
  return isHighSurrogate(text.charCodeAt(index - 1)) && isLowSurrogate(text.charCodeAt(index));
}

function isWhiteSpace(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || unit === 0x3000;
}

function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

function isLowSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}
