import { Model } from "./library.ts";
import { MergeTable } from "./merge-table.ts";
import { NumberHeap } from "./number-heap.ts";
import { formatValue, unsupportedError } from "./unsupported.ts";

/** The `model` block of a tokenizer.json that holds BPE. */
export interface BpeConfig {
  vocab: Record<string, number>;
  /** Two pieces, or both in one string with a space between. */
  merges: (string | [left: string, right: string])[];
  unk_token?: string | null;
  continuing_subword_prefix?: string | null;
  end_of_word_suffix?: string | null;
  fuse_unk?: boolean;
  byte_fallback?: boolean;
  ignore_merges?: boolean;
}

/** Larger than every index: the tokenizer reads at most 2^20 characters of a text, and a word has at most four bytes for each. */
const maxPositions = 2 ** 24;

/**
 * Byte pair encoding, equal to that of the Rust crate: it merges the pair of neighbors with the lowest rank, the leftmost first.
 *
 * It replaces the library's own model, which looks up every pair by its JSON text and takes several seconds for 100,000 underscores. This
 * one works on ids in flat arrays. Its time is n log n in the length of a word.
 *
 * @see https://github.com/huggingface/tokenizers/blob/v0.22.0/tokenizers/src/models/bpe/model.rs `merge_word`, and word.rs `merge_all`
 */
export class BpeModel extends Model {
  readonly #ids: Map<string, number>;
  readonly #pieces: Map<number, string>;
  readonly #merges: MergeTable;
  /** The id of the merged piece, by rank. */
  readonly #merged: Int32Array;
  readonly #config: BpeConfig;

  /** @throws RerankError `unsupported-model` for a merge whose pieces are not in the vocabulary */
  constructor(config: BpeConfig) {
    super({ type: "BPE" });
    this.#config = config;
    this.#ids = new Map(Object.entries(config.vocab));
    this.#pieces = new Map(Array.from(this.#ids, ([piece, id]) => [id, piece]));
    // A copy: the library puts the added tokens into this map, and the Rust crate's model must not see them.
    this.tokens_to_ids = new Map(this.#ids);
    if (typeof config.unk_token === "string") {
      this.unk_token = config.unk_token;
      this.unk_token_id = this.#ids.get(config.unk_token);
    }
    const merged = new Int32Array(config.merges.length);
    const prefixLength = config.continuing_subword_prefix?.length ?? 0;
    const pairs = config.merges.map((merge, rank): [number, number] => {
      const [left, right] = typeof merge === "string" ? merge.split(" ") : merge;
      merged[rank] = this.#idOf(left! + right!.slice(prefixLength), rank);
      return [this.#idOf(left!, rank), this.#idOf(right!, rank)];
    });
    this.#merges = new MergeTable(pairs);
    this.#merged = merged;
  }

  override encode(words: string[]): string[] {
    const pieces: string[] = [];
    for (const word of words) this.#split(word, pieces);
    return pieces;
  }

  #idOf(piece: string, rank: number): number {
    const id = this.#ids.get(piece);
    if (id === undefined)
      throw unsupportedError(`model.merges[${rank}] of tokenizer.json needs ${formatValue(piece)}, which is not in model.vocab`);
    return id;
  }

  /** Appends the pieces of one word. */
  #split(word: string, pieces: string[]): void {
    if (this.#config.ignore_merges === true && this.#ids.has(word)) {
      pieces.push(word);
      return;
    }
    const symbols = Int32Array.from(this.#symbols(word));
    const nexts = this.#mergeAll(symbols);
    for (let index = 0; index < symbols.length; index = nexts[index]!) pieces.push(this.#pieces.get(symbols[index]!)!);
  }

  /** The ids of a word's characters. A character without an id becomes the ids of its bytes, the unknown token, or nothing. */
  #symbols(word: string): number[] {
    const { continuing_subword_prefix: prefix, end_of_word_suffix: suffix, fuse_unk: joinsUnknown, byte_fallback: hasBytes } = this.#config;
    const unknown = this.unk_token_id;
    const symbols: number[] = [];
    // The Rust crate waits with an unknown character until it knows whether the next one is unknown too.
    let isUnknownPending = false;
    let position = 0;
    for (const character of word) {
      let piece = position > 0 && prefix ? prefix + character : character;
      position += character.length;
      if (position === word.length && suffix) piece += suffix;
      const id = this.#ids.get(piece);
      const bytes = id === undefined && hasBytes === true ? this.#bytesOf(piece) : undefined;
      if (bytes !== undefined) {
        symbols.push(...bytes);
      } else if (id !== undefined) {
        if (isUnknownPending) symbols.push(unknown!);
        isUnknownPending = false;
        symbols.push(id);
      } else if (unknown !== undefined) {
        if (isUnknownPending && joinsUnknown !== true) symbols.push(unknown);
        isUnknownPending = true;
      }
    }
    if (isUnknownPending) symbols.push(unknown!);
    return symbols;
  }

  #bytesOf(piece: string): number[] | undefined {
    const ids: number[] = [];
    for (const byte of new TextEncoder().encode(piece)) {
      const id = this.#ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
      if (id === undefined) return undefined;
      ids.push(id);
    }
    return ids;
  }

  /**
   * Merges pairs in the array itself until no pair can merge.
   *
   * @param symbols ids; an entry that was merged into the one before it keeps a value that means nothing
   * @returns for each remaining symbol, the index of the next one; for the last one, the length
   */
  #mergeAll(symbols: Int32Array): Int32Array {
    const { length } = symbols;
    const nexts = Int32Array.from({ length }, (_, index) => index + 1);
    const previous = Int32Array.from({ length }, (_, index) => index - 1);
    const isMerged = new Uint8Array(length);
    // Rank and index in one number: the smallest number has the lowest rank, and among equal ranks the lowest index.
    const queue = new NumberHeap(length);
    const enqueue = (index: number): void => {
      const rank = this.#merges.rank(symbols[index]!, symbols[nexts[index]!]!);
      if (rank !== -1) queue.push(rank * maxPositions + index);
    };
    for (let index = 0; index + 1 < length; index += 1) enqueue(index);
    for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
      const index = top % maxPositions;
      const next = nexts[index]!;
      if (isMerged[index] === 1 || next === length) continue;
      const merged = this.#merged[(top - index) / maxPositions]!;
      // The neighbors may have changed since this was queued. Another rank that gives the same piece is equally good.
      const rank = this.#merges.rank(symbols[index]!, symbols[next]!);
      if (rank === -1 || this.#merged[rank] !== merged) continue;
      symbols[index] = merged;
      isMerged[next] = 1;
      const after = nexts[next]!;
      nexts[index] = after;
      if (after < length) previous[after] = index;
      if (previous[index]! >= 0) enqueue(previous[index]!);
      if (after < length) enqueue(index);
    }
    return nexts;
  }
}
