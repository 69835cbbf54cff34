import { LRUCache } from "lru-cache";
import type { TruncationSide } from "../types.ts";
import type { TextTokenizer, TokenizedText } from "./text-tokenizer.ts";

// A worker serves a few requests at a time, each with one query.
const maxCachedQueries = 8;

/** Caches the ids of the last queries. */
export class QueryCache {
  readonly #tokenizer: TextTokenizer;
  readonly #known: LRUCache<string, TokenizedText> = new LRUCache({ max: maxCachedQueries });

  constructor(tokenizer: TextTokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** {@link TextTokenizer.tokenize}, cached. */
  tokenize(query: string, needed: number, specialTokens: "neutralize" | "interpret", side?: TruncationSide): TokenizedText {
    const key = `${specialTokens}${side === "left" ? side : ""} ${needed} ${query}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const tokenized = this.#tokenizer.tokenize(query, needed, specialTokens, side);
    this.#known.set(key, tokenized);
    return tokenized;
  }
}
