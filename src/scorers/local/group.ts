/** Documents that travel to a thread together, and the numbers that come back. */
import { RerankError } from "../../errors.ts";
import type { ScoreCall } from "../../scorer.ts";
import type { EncodedPair } from "../../tokenization/pair-encoder.ts";
import type { Reading } from "./reading.ts";

/** Documents that are scored together. */
export interface Group extends Pick<ScoreCall, "query" | "texts" | "truncation" | "truncationSide" | "specialTokens" | "batchSize"> {
  reading: Reading;
  /** Most tokens of a pair. */
  maxLength: number;
  /** Stands in the template; "" for none. */
  instruction: string;
  /** Place of each text in the caller's list, for messages. */
  indices: readonly number[];
}

/** Numbers of a {@link Group}, in its order. */
export interface GroupScores {
  /** Logits, or sums of cosines for late interaction; shape [texts]. */
  scores: Float64Array;
  /** Tokens read, shape [texts]. */
  tokens: Uint32Array;
  /** Tokens of the whole pair where it was cut, else 0; shape [texts]. */
  fullTokens: Uint32Array;
  /** 1 where `fullTokens` is a lower bound, else 0; shape [texts]. */
  lowerBounds: Uint8Array;
  /** Forward passes that were run. */
  passes: number;
  /** Tokens that were computed, padding included. */
  paddedTokens: number;
  /** Work of tokenizing, milliseconds. */
  tokenizationMs: number;
}

/**
 * Scores a group on this thread; blocks it. A group without texts only finds out whether the others of its kind can be scored.
 *
 * @param checkpoint called before each pass; what it throws ends the group
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
      throw new RerankError(known.code, `documents[${group.indices[row]}]: ${known.message}`, { cause: known.cause });
    }
  });
}

/** Numbers of texts that are not scored yet, which took so long to encode. */
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
