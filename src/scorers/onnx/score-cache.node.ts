import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { ScoreCall } from "../../scorer.ts";
import type { PairMemory, PairScore } from "./pending-scores.ts";

// A 44-character key, a record of three numbers and the cache's own lists; measured at 230 to 260 bytes an entry.
const entryBytes = 256;

/**
 * Scores of pairs that one model gave before; the least recently used are forgotten.
 *
 * The key is a digest, so that long texts cost no more than short ones.
 */
export class ScoreCache implements PairMemory {
  readonly #identity: string;
  readonly #scores: LRUCache<string, PairScore>;
  hits = 0;
  misses = 0;

  /** @param identity all that changes a score beside the pair: model, revision, file, head, template, token limit */
  constructor(identity: string, maxBytes: number) {
    this.#identity = identity;
    this.#scores = new LRUCache({ max: Math.max(1, Math.floor(maxBytes / entryBytes)) });
  }

  get(call: ScoreCall, text: string): PairScore | undefined {
    const found = this.#scores.get(this.#keyOf(call, text));
    if (found === undefined) this.misses += 1;
    else this.hits += 1;
    return found;
  }

  set(call: ScoreCall, text: string, score: PairScore): void {
    this.#scores.set(this.#keyOf(call, text), score);
  }

  #keyOf({ query, truncation, truncationSide, maxLength, specialTokens, instruction }: ScoreCall, text: string): string {
    // As JSON, so that no two lists of parts give the same bytes; lone surrogates are escaped there, not merged.
    const options = [truncation, truncationSide ?? "right", maxLength ?? null, specialTokens, instruction ?? null];
    const parts = JSON.stringify([this.#identity, ...options, query, text]);
    return createHash("sha256").update(parts).digest("base64");
  }
}
