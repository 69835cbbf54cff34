/** Parts of reply bodies that several dialects share. */
import type { WireDocument, WireResult } from "./codec.ts";

/** A result with its score under `relevance_score`. `Echo` is the type of its document; `never` if results contain no documents. */
export interface RelevanceResult<Echo> {
  index: number;
  relevance_score: number;
  document?: Echo;
}

/** Writes results with `relevance_score`. `echo` writes their documents; without it they are left out. */
export function relevanceResults<Echo = never>(
  results: readonly WireResult[],
  echo?: (document: WireDocument) => Echo,
): RelevanceResult<Echo>[] {
  return results.map(({ index, score, document }) => ({
    index,
    relevance_score: score,
    ...(document === undefined || echo === undefined ? {} : { document: echo(document) }),
  }));
}

/** OpenAI's format for the tokens of a call. A reranker only reads, so it has prompt tokens only. */
export interface TokenUsage {
  prompt_tokens: number;
  total_tokens: number;
}

/** Creates the usage for a number of tokens; undefined if the number is unknown. */
export function tokenUsage(tokens: number | undefined): TokenUsage | undefined {
  return tokens === undefined ? undefined : { prompt_tokens: tokens, total_tokens: tokens };
}
