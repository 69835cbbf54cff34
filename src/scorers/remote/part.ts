/** Some documents of a call, on their way to an engine and back. */

import type { PairTokens, ScoreCall, ScoreKind, ScorerOption } from "../../scorer.ts";
import type { RerankWarning } from "../../types.ts";

/** Some documents of a call, for one engine. */
export interface PartRequest extends Pick<ScoreCall, "query" | "texts" | "batchSize" | EngineOption> {
  /** The engine's name of the model, where it is to be said. */
  model: string | undefined;
}

/** What an engine says about a part. */
export interface PartScores {
  /** One per document of the part, in its order. */
  scores: Float64Array;
  scoreKind: ScoreKind;
  /** Absent if the engine does not report the tokens of each pair. */
  pairTokens?: PairTokens;
  /** Tokens of the part as a whole. */
  totalTokens?: number;
  billedUnits?: number;
  /** Identity of the model, or whatever name the engine has for it. */
  model?: string;
  /** What the engine warns of, other than cut documents. */
  warnings?: readonly RerankWarning[];
}

/** An option of a call that some engines can be told. */
export type EngineOption = Exclude<ScorerOption, "specialTokens">;

/** What to do where a reply does not have one score for each document of a part. */
export const wrongReplyAdvice: string = "An engine has to score each document once: check its version and dialect.";
