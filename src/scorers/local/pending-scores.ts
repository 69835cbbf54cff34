import type { ScoreCall, ScoreResult } from "../../scorer.ts";
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
  readonly #result: ScoreResult & Required<Pick<ScoreResult, "tokens" | "fullTokens" | "lowerBounds" | "queueMs" | "tokenizationMs">>;
  /** Further indices of a text, by its first index. */
  readonly #repeats: Map<number, number[]> = new Map();

  /** @param warnings about the model itself */
  constructor(call: ScoreCall, memory: PairCache | undefined, warnings: readonly RerankWarning[] = []) {
    this.#call = call;
    this.#memory = memory;
    const count = call.texts.length;
    this.#result = {
      scores: new Float64Array(count),
      tokens: new Uint32Array(count),
      fullTokens: new Uint32Array(count),
      lowerBounds: new Uint8Array(count),
      warnings: [...warnings],
      queueMs: 0,
      tokenizationMs: 0,
    };
    const firstIndices = new Map<string, number>();
    call.texts.forEach((text, index) => {
      const first = firstIndices.get(text);
      if (first === undefined) {
        firstIndices.set(text, index);
        return;
      }
      const repeats = this.#repeats.get(first);
      if (repeats === undefined) this.#repeats.set(first, [index]);
      else repeats.push(index);
    });
    this.missing = [...firstIndices].filter(([text, index]) => !this.#recall(text, index)).map(([, index]) => index);
  }

  /** Sets how long the call waited before its first pass. */
  set queueMs(milliseconds: number) {
    this.#result.queueMs = milliseconds;
  }

  /** Adds the scores of a group. @param indices of its texts in the call's list, in the group's order */
  fill(indices: readonly number[], group: GroupScores): void {
    this.#result.tokenizationMs += group.tokenizationMs;
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
    for (const index of [first, ...(this.#repeats.get(first) ?? [])]) {
      this.#result.scores[index] = score;
      this.#result.tokens[index] = tokens;
      this.#result.fullTokens[index] = fullTokens;
      this.#result.lowerBounds[index] = isLowerBound;
    }
  }
}
