// At least half of the slots stay free, so that a look-up rarely meets another pair.
const maxLoad = 0.5;

/** The merges of a BPE model: a hash table from pairs of token ids to ranks, in flat arrays. */
export class MergeTable {
  readonly #lefts: Int32Array;
  readonly #rights: Int32Array;
  readonly #ranks: Int32Array;

  /** @param pairs in order of rank; if a pair occurs twice, its last rank counts, as in the Rust crate */
  constructor(pairs: readonly (readonly [left: number, right: number])[]) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(16, pairs.length / maxLoad)));
    this.#lefts = new Int32Array(slots).fill(-1);
    this.#rights = new Int32Array(slots);
    this.#ranks = new Int32Array(slots);
    for (const [rank, [left, right]] of pairs.entries()) {
      const slot = this.#slot(left, right);
      this.#lefts[slot] = left;
      this.#rights[slot] = right;
      this.#ranks[slot] = rank;
    }
  }

  /** The rank of a pair, or -1 where the two never merge. */
  rank(left: number, right: number): number {
    const slot = this.#slot(left, right);
    return this.#lefts[slot] === -1 ? -1 : this.#ranks[slot]!;
  }

  /** The slot of the pair, or the free slot where it belongs. Open addressing with linear probing. */
  #slot(left: number, right: number): number {
    const mask = this.#lefts.length - 1;
    // Multiplicative hashing: the two constants are odd numbers near 2^32 divided by the golden ratio and by its square.
    const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x61c88647);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    while (this.#lefts[slot] !== -1 && (this.#lefts[slot] !== left || this.#rights[slot] !== right)) slot = (slot + 1) & mask;
    return slot;
  }
}
