import { PieceTrie } from "./piece-trie.ts";
import type { AddedTokenEntry } from "./tokenizer-file.ts";

/** A part of a text: one added token, or the text between two of them. */
export type Section = { text: string } | { id: number };

const endsInWord = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const beginsWithWord = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const space = /\p{White_Space}/u;

/**
 * Finds the added tokens of a tokenizer in a text. The leftmost match wins; of several at one position, the longest.
 *
 * @see https://github.com/huggingface/tokenizers/blob/v0.22.0/tokenizers/src/tokenizer/added_vocabulary.rs `find_matches`
 */
export class AddedTokens {
  readonly #tokens: readonly AddedTokenEntry[];
  readonly #trie: PieceTrie;

  /** @param contents how each token is written in the text */
  constructor(tokens: readonly AddedTokenEntry[], contents: readonly string[]) {
    this.#tokens = tokens;
    this.#trie = new PieceTrie(contents);
  }

  split(text: string): Section[] {
    const sections: Section[] = [];
    let end = 0;
    let position = 0;
    while (position < text.length) {
      const found = this.#longestAt(text, position);
      if (found === undefined || !isAllowedMatch(text, found)) {
        position = found?.end ?? position + 1;
        continue;
      }
      const start = found.token.lstrip === true ? beforeSpaces(text, found.start, end) : found.start;
      if (start > end) sections.push({ text: text.slice(end, start) });
      sections.push({ id: found.token.id });
      end = found.token.rstrip === true ? afterSpaces(text, found.end) : found.end;
      position = end;
    }
    if (end < text.length) sections.push({ text: text.slice(end) });
    return sections;
  }

  #longestAt(text: string, start: number): Found | undefined {
    let found: Found | undefined;
    let node = 0;
    for (let index = start; index < text.length; index += 1) {
      node = this.#trie.child(node, text.charCodeAt(index));
      if (node === -1) break;
      const piece = this.#trie.pieceId(node);
      if (piece !== -1) found = { token: this.#tokens[piece]!, start, end: index + 1 };
    }
    return found;
  }
}

interface Found {
  token: AddedTokenEntry;
  start: number;
  end: number;
}

/** Whether a match may count: a `single_word` token must not touch another word character. */
function isAllowedMatch(text: string, { token, start, end }: Found): boolean {
  // Two UTF-16 units are enough to hold the neighboring character on each side.
  return (
    token.single_word !== true ||
    !(endsInWord.test(text.slice(Math.max(0, start - 2), start)) || beginsWithWord.test(text.slice(end, end + 2)))
  );
}

function beforeSpaces(text: string, start: number, min: number): number {
  let first = start;
  while (first > min && space.test(text[first - 1]!)) first -= 1;
  return first;
}

function afterSpaces(text: string, end: number): number {
  let last = end;
  while (last < text.length && space.test(text[last]!)) last += 1;
  return last;
}
