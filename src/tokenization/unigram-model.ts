import { Model } from "./library.ts";
import { PieceTrie } from "./piece-trie.ts";

/** The `model` block of a tokenizer.json that holds a Unigram model. */
export interface UnigramConfig {
  vocab: [piece: string, score: number][];
  unk_id?: number | null;
  byte_fallback?: boolean;
}

/** `K_UNK_PENALTY` of the Rust crate: an unknown character costs this much more than the worst piece. */
const unknownPenalty = 10;

/**
 * Unigram, equal to that of the Rust crate: it splits a word into the pieces with the highest sum of scores. Of equal sums, the first found wins.
 *
 * It replaces the library's own model, which fails with "Maximum call stack size exceeded" for more than about 120,000 characters without a space,
 * takes quadratic time to join unknown characters, and is slow to build its tree of Maps.
 *
 * @see https://github.com/huggingface/tokenizers/blob/v0.22.0/tokenizers/src/models/unigram/model.rs `encode_optimized`
 */
export class UnigramModel extends Model {
  /** Whether it may find pieces inside a text that are special tokens. */
  acceptsSpecial: boolean = true;
  readonly #trie: PieceTrie;
  readonly #scores: Float64Array;
  readonly #isSpecial: Uint8Array;
  readonly #unknownScore: number;
  readonly #unknownId: number;
  readonly #hasByteFallback: boolean;

  /** @param specialIds ids of special tokens that are also pieces, as `</s>` usually is */
  constructor(config: UnigramConfig, specialIds: ReadonlySet<number>) {
    super({ type: "Unigram", vocab: [], unk_id: config.unk_id ?? 0 });
    const pieces = config.vocab.map(([piece]) => piece);
    this.tokens_to_ids = new Map(pieces.map((piece, id) => [piece, id]));
    this.#unknownId = config.unk_id ?? -1;
    if (this.#unknownId >= 0) {
      this.unk_token_id = this.#unknownId;
      this.unk_token = pieces[this.#unknownId]!;
    }
    this.#trie = new PieceTrie(pieces);
    this.#scores = Float64Array.from(config.vocab, ([, score]) => asRustReads(score));
    this.#isSpecial = Uint8Array.from(pieces, (_, id) => (specialIds.has(id) ? 1 : 0));
    let lowest = Number.POSITIVE_INFINITY;
    for (const score of this.#scores) lowest = Math.min(lowest, score);
    this.#unknownScore = lowest - unknownPenalty;
    this.#hasByteFallback = config.byte_fallback ?? false;
  }

  override encode(words: string[]): string[] {
    const pieces: string[] = [];
    for (const word of words) this.#split(word, pieces);
    return pieces;
  }

  /** Appends the pieces of one word. A run of unknown characters becomes one piece that is not in the vocabulary. */
  #split(word: string, pieces: string[]): void {
    const starts = new Int32Array(word.length + 1).fill(-1);
    const isUnknown = new Uint8Array(word.length + 1);
    this.#bestPath(word, starts, isUnknown);
    const ends: number[] = [];
    for (let end = word.length; end > 0; end = starts[end]!) ends.push(end);
    let start = 0;
    for (let index = ends.length - 1; index >= 0; index -= 1) {
      let end = ends[index]!;
      const isRun = isUnknown[end] === 1;
      while (isRun && index > 0 && isUnknown[ends[index - 1]!] === 1) {
        index -= 1;
        end = ends[index]!;
      }
      const piece = word.slice(start, end);
      if (isRun && this.#hasByteFallback) this.#pushBytes(piece, pieces);
      else pieces.push(piece);
      start = end;
    }
  }

  /** For each index at which a piece of the best path can end: sets the piece's start, and whether it is an unknown character. */
  #bestPath(word: string, starts: Int32Array, isUnknown: Uint8Array): void {
    const best = new Float64Array(word.length + 1);
    let position = 0;
    while (position < word.length) {
      const score = best[position]!;
      const width = word.codePointAt(position)! > 0xffff ? 2 : 1;
      let hasSingle = false;
      let node = this.#trie.child(0, word.charCodeAt(position));
      for (let end = position + 1; node !== -1; end += 1) {
        const id = this.#trie.pieceId(node);
        if (id !== -1 && (this.acceptsSpecial || this.#isSpecial[id] === 0)) {
          const candidate = score + this.#scores[id]!;
          if (starts[end] === -1 || candidate > best[end]!) {
            best[end] = candidate;
            starts[end] = position;
            isUnknown[end] = id === this.#unknownId ? 1 : 0;
          }
          if (end - position === width) hasSingle = true;
        }
        node = end < word.length ? this.#trie.child(node, word.charCodeAt(end)) : -1;
      }
      if (!hasSingle) {
        const end = position + width;
        const candidate = score + this.#unknownScore;
        if (starts[end] === -1 || candidate > best[end]!) {
          best[end] = candidate;
          starts[end] = position;
          isUnknown[end] = 1;
        }
      }
      position += width;
    }
  }

  #pushBytes(piece: string, pieces: string[]): void {
    const names = Array.from(new TextEncoder().encode(piece), (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
    if (!names.every((name) => this.tokens_to_ids.has(name))) pieces.push(piece);
    else for (const name of names) pieces.push(name);
  }
}

/**
 * A score as the Rust crate's JSON reader computes it: all digits as one integer, divided by a power of ten. This rounds twice. The last bit
 * matters: it decides between splits of equal cost, for example of a line of dashes.
 *
 * @see https://github.com/serde-rs/json/blob/v1.0.140/src/de.rs `f64_from_parts`, the reader without the feature `float_roundtrip`
 */
function asRustReads(score: number): number {
  const digits = /^(-?)(\d+)\.(\d+)$/.exec(String(score));
  if (digits === null) return score;
  const [, sign = "", whole = "", fraction = ""] = digits;
  return (Number(whole + fraction) / 10 ** fraction.length) * (sign === "-" ? -1 : 1);
}
