/**
 * Where to cut a text by characters before it is tokenised, so that a huge text costs no more than a long one.
 *
 * The cut lies before white space in the second half of the window where there is any, because no tokenizer builds a token across
 * it: the tokens of the kept part are then the first tokens of the whole text. Without white space the cut may fall inside a word, but never
 * inside a surrogate pair.
 *
 * @param maxCharacters UTF-16 units; ≥ 2
 * @returns how many UTF-16 units to keep, and whether the cut leaves the tokens before it as they are
 */
export function textWindow(text: string, maxCharacters: number): { end: number; isClean: boolean } {
  if (text.length <= maxCharacters) return { end: text.length, isClean: true };
  const lowest = maxCharacters >> 1;
  let end = maxCharacters;
  while (end > lowest && !isWhiteSpace(text.charCodeAt(end))) end -= 1;
  // To the start of a run of white space: byte-level tokenizers treat the run's last space differently.
  while (end > lowest && isWhiteSpace(text.charCodeAt(end - 1))) end -= 1;
  if (end > lowest) return { end, isClean: true };
  const isInsidePair = isHighSurrogate(text.charCodeAt(maxCharacters - 1)) && isLowSurrogate(text.charCodeAt(maxCharacters));
  return { end: isInsidePair ? maxCharacters - 1 : maxCharacters, isClean: false };
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
