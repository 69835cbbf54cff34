import { type DistinctTexts, distinctTexts } from "../../ranking/distinct-texts.ts";
import type { PairTokens, ScoreCall, ScoreResult } from "../../scorer.ts";
import type { RerankWarning } from "../../types.ts";
import type { GroupScores } from "./group.ts";

/** Score and token counts of one pair. */
export interface PairScore {
  /** Logit. */
  score: number;
  /** Tokens read. */
  tokens: number;
  /** Tokens of the whole pair if it was cut, otherwise 0. */
  fullTokens: number;
  /** 1 if `fullTokens` is a lower bound, otherwise 0. */
  isLowerBound: number;
}

/** Caches scores of pairs. */
export interface PairCache {
  get(call: ScoreCall, text: string): PairScore | undefined;
  set(call: ScoreCall, text: string, score: PairScore): void;
}

/**
 * The result of one call while its scores arrive. It needs only one score for equal texts, and none for cached texts.
 *
 * This changes no score: a pointwise model gives equal scores to equal pairs.
 */
export class PendingScores {
  /** Indices, in the call's list, of the texts to score. */
  readonly missing: readonly number[];
  readonly #call: ScoreCall;
  readonly #memory: PairCache | undefined;
  readonly #result: ScoreResult & { pairTokens: Required<PairTokens>; timings: Required<NonNullable<ScoreResult["timings"]>> };
  readonly #distinct: DistinctTexts;

  /** @param warnings about the model itself */
  constructor(call: ScoreCall, memory: PairCache | undefined, warnings: readonly RerankWarning[] = []) {
    this.#call = call;
    this.#memory = memory;
    const count = call.texts.length;
    this.#result = {
      scores: new Float64Array(count),
      pairTokens: { read: new Uint32Array(count), full: new Uint32Array(count), lowerBounds: new Uint8Array(count) },
      warnings: [...warnings],
      timings: { queueMs: 0, tokenizationMs: 0 },
    };
    this.#distinct = distinctTexts(call.texts);
    const { texts, indices } = this.#distinct;
    this.missing = indices.filter(([first], text) => !this.#recall(texts[text]!, first!)).map(([first]) => first!);
  }

  /** Sets how long the call waited before its first pass. */
  set queueMs(milliseconds: number) {
    this.#result.timings.queueMs = milliseconds;
  }

  /** Adds the scores of a group. @param indices of its texts in the call's list, in the group's order */
  fill(indices: readonly number[], group: GroupScores): void {
    this.#result.timings.tokenizationMs += group.tokenizationMs;
    indices.forEach((index, row) => {
      const score: PairScore = {
        score: group.scores[row]!,
        tokens: group.tokens[row]!,
        fullTokens: group.fullTokens[row]!,
        isLowerBound: group.lowerBounds[row]!,
      };
      this.#put(index, score);
      this.#memory?.set(this.#call, this.#call.texts[index]!, score);
    });
  }

  /** One score for each text, in input order. Complete once all of `missing` are filled. */
  result(): ScoreResult {
    return this.#result;
  }

  #recall(text: string, index: number): boolean {
    const known = this.#memory?.get(this.#call, text);
    if (known !== undefined) this.#put(index, known);
    return known !== undefined;
  }

  #put(first: number, { score, tokens, fullTokens, isLowerBound }: PairScore): void {
    const { scores, pairTokens } = this.#result;
    for (const index of this.#distinct.indices[this.#distinct.of[first]!]!) {
      scores[index] = score;
      pairTokens.read[index] = tokens;
      pairTokens.full[index] = fullTokens;
      pairTokens.lowerBounds[index] = isLowerBound;
    }
  }
}
