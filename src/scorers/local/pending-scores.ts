import { RerankError, type RerankErrorCode } from "../../errors.ts";
import { type DistinctTexts, distinctTexts } from "../../ranking/distinct-texts.ts";
import type { PairTokens, ScoreCall, ScoredPassage, ScoreResult } from "../../scorer.ts";
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
  readonly #failures: { indices: readonly number[]; code: RerankErrorCode; message: string }[] = [];
  #passages: (readonly ScoredPassage[])[] | undefined;

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
    const failed = new Set(group.failures.map(({ row }) => row));
    for (const { row, code, message } of group.failures) this.#fail(indices[row]!, code, message);
    indices.forEach((index, row) => {
      if (failed.has(row)) return;
      const score: PairScore = {
        score: group.scores[row]!,
        tokens: group.tokens[row]!,
        fullTokens: group.fullTokens[row]!,
        isLowerBound: group.lowerBounds[row]!,
      };
      this.#put(index, score);
      this.#memory?.set(this.#call, this.#call.texts[index]!, score);
      const sentences = group.sentences?.[row];
      if (sentences !== undefined) this.#putSentences(index, score.score, sentences);
    });
  }

  /**
   * One score for each text, in input order. Complete once all of `missing` are filled.
   *
   * @throws RerankError with `onError: "partial"`, if every text failed: the first failure
   */
  result(): ScoreResult {
    if (this.#call.onError === "partial") this.#failInfinite();
    if (this.#failures.length > 0 && this.#result.scores.every(Number.isNaN))
      throw new RerankError(this.#failures[0]!.code, this.#failures[0]!.message);
    return {
      ...this.#result,
      ...(this.#passages === undefined ? {} : { passages: this.#passages }),
      ...(this.#failures.length === 0 ? {} : { failures: this.#failures.map(({ indices, message }) => ({ indices, message })) }),
    };
  }

  #fail(first: number, code: RerankErrorCode, message: string): void {
    const indices = this.#distinct.indices[this.#distinct.of[first]!]!;
    for (const index of indices) this.#result.scores[index] = Number.NaN;
    this.#failures.push({ indices, code, message });
  }

  /** Texts whose score cannot be ordered failed, too. */
  #failInfinite(): void {
    const failed = new Set(this.#failures.flatMap(({ indices }) => indices));
    for (const [first] of this.#distinct.indices) {
      const score = this.#result.scores[first!]!;
      if (!Number.isFinite(score) && !failed.has(first!))
        this.#fail(first!, "inference", `documents[${first}]: the model gave it the score ${score}`);
    }
  }

  #recall(text: string, index: number): boolean {
    const known = this.#memory?.get(this.#call, text);
    if (known !== undefined) this.#put(index, known);
    return known !== undefined;
  }

  /** The sentences of a text, which is one passage. */
  #putSentences(first: number, score: number, sentences: readonly ScoredPassage[]): void {
    this.#passages ??= this.#call.texts.map(() => []);
    for (const index of this.#distinct.indices[this.#distinct.of[first]!]!) {
      this.#passages[index] = [{ start: 0, end: this.#call.texts[index]!.length, score, sentences }];
    }
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
