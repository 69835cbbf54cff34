import type { ScoreCall, ScoreResult } from "../../scorer.ts";
import type { RerankWarning } from "../../types.ts";
import type { GroupScores } from "./group.ts";

/** Numbers of one pair. */
export interface PairScore {
  /** Logit. */
  score: number;
  /** Tokens read. */
  tokens: number;
  /** Tokens of the whole pair where it was cut, else 0. */
  fullTokens: number;
  /** 1 where `fullTokens` is a lower bound, else 0. */
  isLowerBound: number;
}

/** Remembers pairs that were scored before. */
export interface PairCache {
  get(call: ScoreCall, text: string): PairScore | undefined;
  set(call: ScoreCall, text: string, score: PairScore): void;
}

/**
 * The result of one call as it fills up: equal texts are scored once, and remembered ones not at all.
 *
 * A pointwise model gives equal pairs equal scores, so nothing changes but the work.
 */
export class PendingScores {
  /** Places, in the call's list, of the texts that have to be scored. */
  readonly missing: readonly number[];
  readonly #call: ScoreCall;
  readonly #memory: PairCache | undefined;
  readonly #result: ScoreResult & Required<Pick<ScoreResult, "tokens" | "fullTokens" | "lowerBounds" | "queueMs" | "tokenizationMs">>;
  /** Later places of a text, by its first one. */
  readonly #repeats: Map<number, number[]> = new Map();

  /** @param warnings that hold for the model as a whole */
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

  /** Notes that the first pass can start, so long after the call. */
  set queueMs(milliseconds: number) {
    this.#result.queueMs = milliseconds;
  }

  /** Takes in the numbers of a group. @param places where its texts stand in the call's list, in the group's order */
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

  /** One number per text, in input order; complete once all of `missing` were filled in. */
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
