import { Model } from "./library.ts";
import { MergeTable } from "./merge-table.ts";
import { NumberHeap } from "./number-heap.ts";
import { shownValue, unsupported } from "./unsupported.ts";

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

/** Above every position: a word has at most four bytes for each of the 2^20 characters that are read of a text. */
const positions = 2 ** 24;

/**
 * BPE as the Rust crate has it: of all neighbors that may merge, those of the lowest rank do, the leftmost first.
 *
 * In place of the library's own, which looks every pair up by its JSON text: 100,000 underscores take it several seconds. This one works
 * on ids in flat arrays, in time n log n of the word's length.
 *
 * @see https://github.com/huggingface/tokenizers/blob/v0.22.0/tokenizers/src/models/bpe/model.rs `merge_word`, and word.rs `merge_all`
 */
export class BpeModel extends Model {
  readonly #ids: Map<string, number>;
  readonly #pieces: Map<number, string>;
  readonly #merges: MergeTable;
  /** By rank: the id of what a pair becomes. */
  readonly #merged: Int32Array;
  readonly #config: BpeConfig;

  /** @throws RerankError `unsupported-model` for a merge whose pieces are not in the vocabulary */
  constructor(config: BpeConfig) {
    super({ type: "BPE" });
    this.#config = config;
    this.#ids = new Map(Object.entries(config.vocab));
    this.#pieces = new Map(Array.from(this.#ids, ([piece, id]) => [id, piece]));
    // Apart from the look-ups above: the library adds the added tokens here, which the Rust crate's model does not know.
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
      throw unsupported(`model.merges[${rank}] of tokenizer.json needs ${shownValue(piece)}, which is not in model.vocab`);
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

  /** The ids of a word's characters; a character without one is its bytes, the unknown token, or nothing. */
  #symbols(word: string): number[] {
    const { continuing_subword_prefix: prefix, end_of_word_suffix: suffix, fuse_unk: joinsUnknown, byte_fallback: hasBytes } = this.#config;
    const unknown = this.unk_token_id;
    const symbols: number[] = [];
    // The Rust crate keeps an unknown character back until it knows whether the next one is unknown too.
    let isUnknownWaiting = false;
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
        if (isUnknownWaiting) symbols.push(unknown!);
        isUnknownWaiting = false;
        symbols.push(id);
      } else if (unknown !== undefined) {
        if (isUnknownWaiting && joinsUnknown !== true) symbols.push(unknown);
        isUnknownWaiting = true;
      }
    }
    if (isUnknownWaiting) symbols.push(unknown!);
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
   * Merges in place until nothing merges any more.
   *
   * @param symbols ids; those that were merged into the one before them keep a value without meaning
   * @returns for each symbol that is left, the index of the next one; the last one's is the length
   */
  #mergeAll(symbols: Int32Array): Int32Array {
    const { length } = symbols;
    const nexts = Int32Array.from({ length }, (_, index) => index + 1);
    const previous = Int32Array.from({ length }, (_, index) => index - 1);
    const isGone = new Uint8Array(length);
    // Rank and position in one number, so that the smallest is the lowest rank and then the leftmost.
    const queue = new NumberHeap(length);
    const enqueue = (index: number): void => {
      const rank = this.#merges.rank(symbols[index]!, symbols[nexts[index]!]!);
      if (rank !== -1) queue.push(rank * positions + index);
    };
    for (let index = 0; index + 1 < length; index += 1) enqueue(index);
    for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
      const index = top % positions;
      const next = nexts[index]!;
      if (isGone[index] === 1 || next === length) continue;
      const merged = this.#merged[(top - index) / positions]!;
      // The neighbors may have changed since; another rank that gives the same piece is as good.
      const rank = this.#merges.rank(symbols[index]!, symbols[next]!);
      if (rank === -1 || this.#merged[rank] !== merged) continue;
      symbols[index] = merged;
      isGone[next] = 1;
      const after = nexts[next]!;
      nexts[index] = after;
      if (after < length) previous[after] = index;
      if (previous[index]! >= 0) enqueue(previous[index]!);
      if (after < length) enqueue(index);
    }
    return nexts;
  }
}
