/**
 * The contract between a call and whatever gives it scores.
 *
 * A scorer only scores. Ordering, cutting and echoing exist once, in `ranking/`, so that two scorers
 * cannot disagree about ties, thresholds or `topK`.
 */
import type { Calibration, RerankDocument, RerankTimings, RerankUsage, RerankWarning, Truncation, TruncationSide } from "./types.ts";

/**
 * What a score is, which decides what `ranking/` may do to it.
 *
 * - `logit`: unbounded; becomes a score by the sigmoid, or by a calibration. Every local head is reduced to one logit
 *   (two labels: l1 − l0; class c of several: l_c − logsumexp of the others), for which the sigmoid is the softmax.
 * - `similarity`: a local model's sum of cosines (late interaction); shown as it is.
 * - `provider`: whatever a plugin or a hosted model returned; never touched.
 */
export type ScoreKind = "logit" | "similarity" | "provider";

/** What a scorer can do; documented defaults are what a caller may assume where a field is absent. */
export interface Capabilities {
  scoreKind: ScoreKind;
  /** Most documents of one call. @default unlimited */
  maxDocuments?: number;
  /** Most tokens of a pair. @default unknown */
  maxTokens?: number;
  /** Ceiling of a call where the caller gave none, seconds. @default none */
  defaultDurationSecs?: number;
  /** Options of {@link ScoreCall} that have a meaning here; the others give an `ignored-option` warning when set. */
  options: ReadonlySet<ScorerOption>;
}

/** An option of a call that not every scorer can heed. */
export type ScorerOption = "truncation" | "truncationSide" | "maxLength" | "specialTokens" | "instruction";

/** Every {@link ScorerOption}, in the order in which warnings name them. */
export const scorerOptions: readonly ScorerOption[] = ["truncation", "truncationSide", "maxLength", "specialTokens", "instruction"];

/** One call: one query, its documents as texts. */
export interface ScoreCall {
  query: string;
  /** One text per document, in input order; may be empty strings, may hold lone surrogates. */
  texts: readonly string[];
  /** The same documents as the caller passed them, for scores that they bring with them. */
  documents?: readonly RerankDocument[];
  truncation: Truncation;
  /** @default "right" */
  truncationSide?: TruncationSide;
  /** Most tokens of a pair, special tokens included, ≥ 1; above the model's own limit it changes nothing. @default the model's */
  maxLength?: number;
  specialTokens: "neutralize" | "interpret";
  /** Most pairs of a forward pass, ≥ 1; changes no score. */
  batchSize: number;
  instruction?: string;
  /** Whether documents that could not be scored may be left out, named in `failures`. @default "fail" */
  onError?: "fail" | "partial";
  /** Aborted when the caller gives up or the time is over; its `reason` is the RerankError to reject with. */
  signal?: AbortSignal;
  /** Told how many texts are scored, of how many; never throws anything but a RerankError. */
  onProgress?: (scored: number, total: number) => void;
  /** The same moment on the clock of `performance.now()`, for scorers that cannot be interrupted by a signal. */
  deadlineMs?: number;
}

/** The answer to a {@link ScoreCall}. */
export interface ScoreResult {
  /** One number per text, in INPUT order. */
  scores: Float64Array;
  /** Absent if the model does not report the tokens of each pair. */
  pairTokens?: PairTokens;
  /** In the order in which they arose. Truncations are not among them: `ranking/` makes those from `pairTokens`. */
  warnings: RerankWarning[];
  /** The kind of the scores, if only the answer shows it. @default the scorer's `capabilities.scoreKind` */
  scoreKind?: ScoreKind;
  /** The model that answered, if it is not the scorer's own. */
  model?: string;
  /** Groups of documents. A lower group always comes before a higher one. */
  tiers?: ScoreTiers;
  /** Documents without a score: `scores` has NaN at their indices. Only with `onError: "partial"`. */
  failures?: readonly ScoreFailure[];
  /** What the call used. `tokens` is set only if the model reports a sum: it is added to those of `pairTokens`. */
  usage?: Partial<Omit<RerankUsage, "documents">>;
  /** Times that only the scorer knows. @default 0 for each */
  timings?: Partial<Pick<RerankTimings, "queueMs" | "tokenizationMs">>;
}

/** Token counts of the pairs of a call, in input order. */
export interface PairTokens {
  /** Tokens that the model read. */
  read: Uint32Array;
  /** Tokens of the whole pair if it was cut, otherwise 0. @default none was cut */
  full?: Uint32Array;
  /** 1 if the entry of `full` is a lower bound, otherwise 0. @default none is */
  lowerBounds?: Uint8Array;
}

/** Groups of documents. A lower group always comes before a higher one. */
export interface ScoreTiers {
  /** Group of each text, from 0. */
  of: ArrayLike<number>;
  /** The kind of the scores of each group. */
  kinds: readonly ScoreKind[];
}

/** Documents that could not be scored, and why. */
export interface ScoreFailure {
  /** Indices in the call's list. */
  indices: readonly number[];
  /** One sentence, without secrets. */
  message: string;
}

/** What every source of scores implements inside crossrank. */
export interface Scorer {
  /** Short name for errors, logs and metrics, for example "onnx-node". */
  readonly name: string;
  /** Identity with revision, for results and cache keys. Before the model is known (not loaded yet), the best name at hand. */
  readonly model: string;
  readonly capabilities: Capabilities;
  /** Maps logits to scores instead of the sigmoid. Undefined until the model is loaded, or if the settings name no calibration. */
  readonly calibration?: Calibration | undefined;
  /**
   * One score per text, in input order; never sorts, cuts or copies. The caller never gives an empty list.
   *
   * @throws RerankError of a fitting code; `timeout` or `aborted` between two passes, after which the scorer stays usable
   */
  score(call: ScoreCall): Promise<ScoreResult>;
  /** The same numbers, with the calling thread waiting; absent where they can only be awaited. */
  scoreSync?(call: ScoreCall): ScoreResult;
  /** Downloads and loads, so that the first call does not. Calling it again is free. */
  warmUp?(): Promise<void>;
  warmUpSync?(): void;
  /** Lets running passes end, then releases everything. Calling it again is free. */
  close?(): Promise<void>;
  /** Numbers for `Reranker.stats()`. */
  stats?(): Record<string, number | string>;
}
