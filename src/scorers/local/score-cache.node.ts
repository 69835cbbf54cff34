import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { ScoreCall } from "../../scorer.ts";
import type { PairCache, PairScore } from "./pending-scores.ts";

// A 44-character key, a record of three numbers and the cache's own lists; measured at 230 to 260 bytes an entry.
const entryBytes = 256;

/** The cached pairs of one reading, with counts of hits and misses. */
export interface CachedPairs extends PairCache {
  readonly hits: number;
  readonly misses: number;
}

/**
 * Caches the scores of pairs of one model. It drops the least recently used ones.
 *
 * The key is a digest, so long texts take no more memory than short ones.
 */
export class ScoreCache {
  readonly #scores: LRUCache<string, PairScore>;

  constructor(maxBytes: number) {
    this.#scores = new LRUCache({ max: Math.max(1, Math.floor(maxBytes / entryBytes)) });
  }

  /** @param reading everything that changes a score, except the pair and the call: head, template, token limit, instruction */
  of(reading: string): CachedPairs {
    const counts = { hits: 0, misses: 0 };
    const keyOf = (call: ScoreCall, text: string): string => {
      const { query, truncation, truncationSide, maxLength, specialTokens, instruction } = call;
      const options = [truncation, truncationSide ?? "right", maxLength ?? null, specialTokens, instruction ?? null];
      // JSON, so that different lists of parts never give the same bytes. It escapes lone surrogates, so they stay different too.
      const parts = JSON.stringify([reading, ...options, query, text]);
      return createHash("sha256").update(parts).digest("base64");
    };
    return Object.assign(counts, {
      get: (call: ScoreCall, text: string) => {
        const found = this.#scores.get(keyOf(call, text));
        counts[found === undefined ? "misses" : "hits"] += 1;
        return found;
      },
      set: (call: ScoreCall, text: string, score: PairScore) => {
        this.#scores.set(keyOf(call, text), score);
      },
    });
  }
}
