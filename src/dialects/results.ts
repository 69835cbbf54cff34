/** Parts of reply bodies that several dialects spell alike. */
import type { WireDocument, WireResult } from "./codec.ts";

/** A result with its score under `relevance_score`; `Echo` is what its document looks like, never where the dialect echoes none. */
export interface RelevanceResult<Echo> {
  index: number;
  relevance_score: number;
  document?: Echo;
}

/** Results with `relevance_score`; those that have a document carry it as `echo` writes it, or not at all without `echo`. */
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

/** Tokens of a call in OpenAI's words; a reranker reads only prompts. */
export interface TokenUsage {
  prompt_tokens: number;
  total_tokens: number;
}

/** The usage of so many tokens, where they are known. */
export function tokenUsage(tokens: number | undefined): TokenUsage | undefined {
  return tokens === undefined ? undefined : { prompt_tokens: tokens, total_tokens: tokens };
}
