import { LRUCache } from "lru-cache";
import type { TextTokenizer, TokenizedText } from "./text-tokenizer.ts";

// A worker serves a few requests at a time, each with one query.
const rememberedQueries = 8;

/** The ids of the last queries. */
export class QueryMemory {
  readonly #tokenizer: TextTokenizer;
  readonly #needed: number;
  readonly #known: LRUCache<string, TokenizedText> = new LRUCache({ max: rememberedQueries });

  /** @param needed tokens that are read of a query; see {@link TextTokenizer.tokenize} */
  constructor(tokenizer: TextTokenizer, needed: number) {
    this.#tokenizer = tokenizer;
    this.#needed = needed;
  }

  /** @throws RerankError `tokenization` when the library fails on the query */
  tokenize(query: string, specialTokens: "neutralize" | "interpret"): TokenizedText {
    const key = specialTokens + query;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const tokenized = this.#tokenizer.tokenize(query, this.#needed, specialTokens);
    this.#known.set(key, tokenized);
    return tokenized;
  }
}
