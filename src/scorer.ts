/**
 * The contract between a call and a source of scores.
 *
 * A scorer only scores. Ordering, cutting and echoing exist once, in `ranking/`, so that two scorers cannot treat ties, thresholds or `topK`
 * differently.
 */
import type { Calibration, RerankDocument, RerankTimings, RerankUsage, RerankWarning, Truncation, TruncationSide } from "./types.ts";

/**
 * What a score means. It decides what `ranking/` does with it.
 *
 * - `logit`: unbounded; becomes a score by the sigmoid, or by a calibration. Every local head is reduced to one logit
 *   (two labels: l1 − l0; class c of several: l_c − logsumexp of the others), for which the sigmoid is the softmax.
 * - `similarity`: a local model's sum of cosines (late interaction); does not change.
 * - `provider`: the number that a plugin or a hosted model returned; does not change.
 */
export type ScoreKind = "logit" | "similarity" | "provider";

/** What a scorer can do. */
export interface Capabilities {
  scoreKind: ScoreKind;
  /** Maximum documents of one call. @default unlimited */
  maxDocuments?: number;
  /** Maximum tokens of a pair. @default unknown */
  maxTokens?: number;
  /** Time limit of a call for which the caller sets none, seconds. @default none */
  defaultDurationSecs?: number;
  /** Options of {@link ScoreCall} that this scorer uses. The others give an `ignored-option` warning if they are set. */
  options: ReadonlySet<ScorerOption>;
}

/** An option of a call that not every scorer can use. */
export type ScorerOption = "truncation" | "truncationSide" | "maxLength" | "specialTokens" | "instruction";

/** Every {@link ScorerOption}, in the order in which warnings name them. */
export const scorerOptions: readonly ScorerOption[] = ["truncation", "truncationSide", "maxLength", "specialTokens", "instruction"];

/** One call: one query, and its documents as texts. */
export interface ScoreCall {
  query: string;
  /** One text per document, in input order; may be empty strings, may hold lone surrogates. */
  texts: readonly string[];
  /** The same documents as the caller passed them, for scorers that read a score from them. */
  documents?: readonly RerankDocument[];
  truncation: Truncation;
  /** @default "right" */
  truncationSide?: TruncationSide;
  /** Maximum tokens of a pair, special tokens included, ≥ 1. A value above the model's own limit changes nothing. @default the model's */
  maxLength?: number;
  specialTokens: "neutralize" | "interpret";
  /** Maximum pairs of a forward pass, ≥ 1. Changes no score. */
  batchSize: number;
  instruction?: string;
  /** `partial`: leave out documents that could not be scored, and name them in `failures`. @default "fail" */
  onError?: "fail" | "partial";
  /** Aborted by the caller or by the time limit. Its `reason` is the RerankError to reject with. */
  signal?: AbortSignal;
  /** The scorer calls it with the number of scored texts. It throws nothing but a RerankError. */
  onProgress?: (scored: number, total: number) => void;
  /** When the time limit ends, on the clock of `performance.now()`, for scorers that a signal cannot interrupt. */
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

/** A source of scores. */
export interface Scorer {
  /** Short name for errors, logs and metrics, for example "onnx-node". */
  readonly name: string;
  /** Identity with revision, for results. Before the model is loaded, a name from the configuration. */
  readonly model: string;
  readonly capabilities: Capabilities;
  /** About the model itself, such as its license: reported once, after it is loaded. @default none */
  readonly modelWarnings?: readonly RerankWarning[];
  /** Maps logits to scores instead of the sigmoid. Undefined until the model is loaded, or if the settings name no calibration. */
  readonly calibration?: Calibration | undefined;
  /**
   * One score for each text, in input order. Does not sort or cut. The list of texts is never empty.
   *
   * @throws RerankError of a fitting code; `timeout` or `aborted` between two passes. The scorer stays usable
   */
  score(call: ScoreCall): Promise<ScoreResult>;
  /** The same scores, blocking the calling thread. Absent if the scorer has only asynchronous scores. */
  scoreSync?(call: ScoreCall): ScoreResult;
  /** Downloads and loads the model before the first call. Calling it again does nothing. */
  warmUp?(): Promise<void>;
  warmUpSync?(): void;
  /** Waits until running passes end, then releases everything. Calling it again does nothing. */
  close?(): Promise<void>;
  /** Numbers for `Reranker.stats()`. */
  stats?(): Record<string, number | string>;
}
