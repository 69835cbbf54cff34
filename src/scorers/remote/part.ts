/** Some documents of a call: the request to an engine, and its answer. */

import type { PairTokens, ScoreCall, ScoreKind, ScorerOption } from "../../scorer.ts";
import type { RerankWarning } from "../../types.ts";

/** Some documents of a call, for one engine. */
export interface PartRequest extends Pick<ScoreCall, "query" | "texts" | "batchSize" | EngineOption> {
  /** The engine's name for the model, if the request must contain it. */
  model: string | undefined;
}

/** An engine's answer for a part. */
export interface PartScores {
  /** One per document of the part, in its order. */
  scores: Float64Array;
  scoreKind: ScoreKind;
  /** Absent if the engine does not report the tokens of each pair. */
  pairTokens?: PairTokens;
  /** Tokens of the part as a whole. */
  totalTokens?: number;
  billedUnits?: number;
  /** Identity of the model, or the engine's name for it. */
  model?: string;
  /** Warnings of the engine, except truncations. */
  warnings?: readonly RerankWarning[];
}

/** An option of a call that some dialects can express. */
export type EngineOption = Exclude<ScorerOption, "specialTokens">;

/** Advice for a reply without exactly one score for each document of a part. */
export const wrongReplyAdvice: string = "An engine has to score each document once: check its version and dialect.";
