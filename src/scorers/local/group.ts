/** Documents that go to a thread together, and the scores that it returns. */
import { RerankError } from "../../errors.ts";
import type { ScoreCall } from "../../scorer.ts";
import type { EncodedPair } from "../../tokenization/pair-encoder.ts";
import type { Reading } from "./reading.ts";

/** Documents that are scored together. */
export interface Group extends Pick<ScoreCall, "query" | "texts" | "truncation" | "truncationSide" | "specialTokens" | "batchSize"> {
  reading: Reading;
  /** Maximum tokens of a pair. */
  maxLength: number;
  /** Fills `{instruction}` in the template; "" for none. */
  instruction: string;
  /** Time that the call has left, milliseconds; Infinity for no limit. Only tokenizing ends by it; passes end by their checkpoint. */
  maxDurationMs: number;
  /** Index of each text in the caller's list, for messages. */
  indices: readonly number[];
}

/** Scores and token counts of a {@link Group}, in its order. */
export interface GroupScores {
  /** Logits, or sums of cosines for late interaction; shape [texts]. */
  scores: Float64Array;
  /** Tokens read, shape [texts]. */
  tokens: Uint32Array;
  /** Tokens of the whole pair if it was cut, otherwise 0; shape [texts]. */
  fullTokens: Uint32Array;
  /** 1 if `fullTokens` is a lower bound, otherwise 0; shape [texts]. */
  lowerBounds: Uint8Array;
  /** Number of forward passes. */
  passes: number;
  /** Tokens of all passes, padding included. */
  paddedTokens: number;
  /** Time for tokenizing, milliseconds. */
  tokenizationMs: number;
}

/**
 * Scores a group; blocks the current thread. A group without texts only checks that the model can be used with this reading.
 *
 * @param checkpoint called before each pass; if it throws, the group ends
 * @throws RerankError `tokenization`, `inference`, or `invalid-input` for a text too long under `truncation: "error"`
 */
export type GroupRunner = (group: Group, checkpoint: () => void) => GroupScores;

/** Each text of a group as ids. @throws RerankError naming the document that could not be encoded */
export function encodeAll<T>(model: string, group: Group, encode: (text: string) => T): T[] {
  return group.texts.map((text, row) => {
    try {
      return encode(text);
    } catch (error) {
      const known = RerankError.from(error, "tokenization", model);
      if (known.code === "timeout") throw known;
      throw new RerankError(known.code, `documents[${group.indices[row]}]: ${known.message}`, { cause: known.cause });
    }
  });
}

/** The result of texts that are tokenized but not scored yet. @param startedMs when tokenizing began */
export function emptyScores(texts: readonly EncodedPair[], startedMs: number): GroupScores {
  return {
    scores: new Float64Array(texts.length),
    tokens: Uint32Array.from(texts, ({ ids }) => ids.length),
    fullTokens: Uint32Array.from(texts, ({ fullTokens }) => fullTokens),
    lowerBounds: Uint8Array.from(texts, ({ isLowerBound }) => (isLowerBound === true ? 1 : 0)),
    passes: 0,
    paddedTokens: 0,
    tokenizationMs: performance.now() - startedMs,
  };
}
