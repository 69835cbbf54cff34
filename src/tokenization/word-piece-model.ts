import { Model } from "./library.ts";

/** The `model` block of a tokenizer.json that holds WordPiece. */
export interface WordPieceConfig {
  vocab: Record<string, number>;
  unk_token: string;
  continuing_subword_prefix?: string;
  max_input_chars_per_word?: number;
}

/**
 * WordPiece, equal to that of the Rust crate: it takes the longest piece that matches, again and again. A word that it cannot split
 * completely is one unknown token.
 *
 * It replaces the library's own model, which tries every length at every index and needs thousands of look-ups for an unusual word of 99 letters.
 * Here no look-up is longer than the longest piece.
 *
 * @see https://github.com/huggingface/tokenizers/blob/v0.22.0/tokenizers/src/models/wordpiece/mod.rs
 */
export class WordPieceModel extends Model {
  readonly #prefix: string;
  readonly #maxCharacters: number;
  readonly #unknown: string;
  readonly #maxPieceLength: number;

  constructor(config: WordPieceConfig) {
    super({ type: "WordPiece" });
    this.tokens_to_ids = new Map(Object.entries(config.vocab));
    this.unk_token = config.unk_token;
    this.unk_token_id = this.tokens_to_ids.get(config.unk_token);
    this.#prefix = config.continuing_subword_prefix ?? "##";
    this.#maxCharacters = config.max_input_chars_per_word ?? 100;
    this.#unknown = config.unk_token;
    let maxLength = 0;
    for (const piece of this.tokens_to_ids.keys()) maxLength = Math.max(maxLength, piece.length);
    this.#maxPieceLength = maxLength;
  }

  override encode(words: string[]): string[] {
    const pieces: string[] = [];
    for (const word of words) {
      const before = pieces.length;
      if (this.#isTooLong(word) || !this.#split(word, pieces)) {
        pieces.length = before;
        pieces.push(this.#unknown);
      }
    }
    return pieces;
  }

  /** The limit counts code points. A word has at most as many of them as UTF-16 units, and at least half as many. */
  #isTooLong(word: string): boolean {
    if (word.length <= this.#maxCharacters) return false;
    return word.length > 2 * this.#maxCharacters || [...word].length > this.#maxCharacters;
  }

  /** Appends the pieces of a word. @returns false if the vocabulary cannot cover the word */
  #split(word: string, pieces: string[]): boolean {
    let start = 0;
    while (start < word.length) {
      const prefix = start === 0 ? "" : this.#prefix;
      let end = Math.min(word.length, start + this.#maxPieceLength - prefix.length);
      while (end > start && !this.tokens_to_ids.has(prefix + word.slice(start, end))) end -= 1;
      if (end <= start) return false;
      pieces.push(prefix + word.slice(start, end));
      start = end;
    }
    return true;
  }
}
