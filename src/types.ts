import type { CheckedHeadConfig, PromptTemplate } from "./config/types.ts";
import type { RerankWarning } from "./warnings.ts";

export type * from "./config/types.ts";
export type { RerankWarning } from "./warnings.ts";

/** A document: a string, or an object of yours. `fields`, `text` or its usual keys determine its text. */
export type RerankDocument = string | object;

/** One document of a ranking. */
export interface RerankedDocument<D extends RerankDocument = RerankDocument> {
  /** Index in the caller's list, from 0. */
  index: number;
  /**
   * Relevance: in [0, 1] for local models (sigmoid of the logit), but the sum of largest cosines, at most the query's length in tokens, for
   * late interaction; the returned number for plugins and hosted models.
   */
  score: number;
  /** The document that the caller passed: the same reference. */
  document: D;
  /** Raw logit, unbounded, comparable only within one query. Only with `return: ["logit"]`, only for local models without late interaction. */
  logit?: number;
  /** Tokens the model read for this pair, special tokens included. Only with `return: ["tokens"]`, only for local models. */
  tokens?: number;
  /** Whether the pair was cut to fit the model. Only with `return: ["truncated"]`, only for local models. */
  truncated?: boolean;
  /** The best passage; of equal ones, the first. Only with `longDocuments: "passages"` and `return: ["passage"]`. */
  passage?: RerankedPassage;
  /** Every passage that was scored, in the order of the text. Only with `longDocuments: "passages"` and `return: ["passages"]`. */
  passages?: RerankedPassage[];
  /**
   * The sentences of the best passage, in the order of the text, each scored by the same model. Only with `longDocuments: "passages"` and
   * `return: ["highlights"]`, and only of the first `topK` results, of the first 10 without `topK`.
   */
  highlights?: RerankedPassage[];
}

/** A part of a document. Offsets are UTF-16 units of the document's text: the string itself, or what `fields` or `text` make of an object. */
export interface RerankedPassage {
  /** `documentText.slice(start, end)`. */
  text: string;
  /** Index of its first unit, from 0. */
  start: number;
  /** Exclusive. */
  end: number;
  /** As the score of a document. */
  score: number;
}

/** Platt scaling: a sigmoid with a slope and an intercept. */
export interface PlattCalibration {
  /** Makes it a {@link PlattCalibration}. */
  method: "platt";
  /** > 0, so that the order stays. */
  slope: number;
  /** Added to the product of slope and logit. */
  intercept: number;
}

/** A monotone curve through points, straight between them and level outside. */
export interface IsotonicCalibration {
  /** Makes it an {@link IsotonicCalibration}. */
  method: "isotonic";
  /** Ascending, each once; at least one. */
  logits: readonly number[];
  /** Of the same length, in [0, 1], never falling. */
  probabilities: readonly number[];
}

/** Maps a model's logit to the probability that the document is relevant. A higher logit never gets a lower probability. */
export type Calibration = PlattCalibration | IsotonicCalibration;

/** What one call used. */
export interface RerankUsage {
  /** Documents scored. */
  documents: number;
  /** Tokens that the model read, special tokens included, padding excluded; 0 if the model does not report them. */
  tokens: number;
  /** Passages scored, over all documents; a document that fits is one. Only with `longDocuments: "passages"`. */
  passages?: number;
  /** Tokens written; chat models only. */
  outputTokens?: number;
  /** HTTP requests that were answered; hosted models only. */
  requests?: number;
  /** Units that the provider charges for, if it reports them: Cohere's search units, Pinecone's rerank units. */
  billedUnits?: number;
  /** In the currency of the model's `price`. */
  cost?: number;
}

/** Where the time of one call went, in milliseconds of wall clock. */
export interface RerankTimings {
  /** From the call to its result. */
  totalMs: number;
  /** Downloading and loading the model; 0 once it is warm. */
  loadMs: number;
  /** Scoring, waiting in the queue included. */
  scoreMs: number;
  /** The part of `scoreMs` before the first forward pass could start; 0 if it is unknown. */
  queueMs: number;
  /** Time for tokenizing, summed over threads, so that it can exceed `scoreMs`; 0 if it is unknown. */
  tokenizationMs: number;
}

/** The result of `Reranker.rank`. */
export interface RerankResult<D extends RerankDocument = RerankDocument> {
  /** Best first; equal scores keep input order. */
  results: RerankedDocument<D>[];
  /** Identity of the model with its revision, for example `BAAI/bge-reranker-base@2cfc…`. */
  model: string;
  /** What the call used: documents, tokens, requests, money. */
  usage: RerankUsage;
  /** Where its time went. */
  timings: RerankTimings;
  /** What was done differently from what you may expect; empty if nothing was. */
  warnings: RerankWarning[];
}

/** Raw scores a backend may return: one finite number per document, in input order. */
export type BackendScores = readonly number[] | Float32Array | Float64Array;

/** What a backend receives in addition to the texts. */
export interface BackendContext {
  /** Aborted by the caller or by the time limit. */
  signal: AbortSignal;
}

/**
 * A user's plugin: a source of scores registered under a name.
 *
 * crossrank sorts and cuts its scores, and does not change them; higher is better.
 */
export interface RerankerBackend {
  /** The name that configurations use. */
  name: string | (() => string);
  /** Its version, which results name: `name@version`. @default none */
  version?: string | (() => string);
  /** Called once, before the first call. Concurrent first calls wait for the same run. After a failure, the next call tries again. */
  initialize?(): void | Promise<void>;
  /** Called when the backend is unregistered, if it was initialized. */
  shutdown?(): void | Promise<void>;
  /**
   * Scores every document, in input order, duplicates included.
   *
   * @returns one finite number per document; the wrong count or a non-number fails the call with `plugin`
   */
  rerank(query: string, documents: readonly string[], context: BackendContext): BackendScores | Promise<BackendScores>;
  /** Used by `rerankSync` if `rerank` returns a promise. */
  rerankSync?(query: string, documents: readonly string[]): BackendScores;
}

/** A registered backend, as `listRerankerBackends` returns it. */
export interface BackendInfo {
  /** The name under which configurations find it. */
  name: string;
  /** What its `version` says; undefined if it has none. */
  version: string | undefined;
  /** `object`: registered as an object. `module`: registered by URL. */
  kind: "object" | "module";
  /** Whether `initialize` has run, which the first call does. */
  initialized: boolean;
}

/** One file of a catalogue record. */
export interface PresetFile {
  /** Path in the repository. */
  path: string;
  /** Lower-case hex; undefined where it could not be verified, then the hub's own hash is checked at download. */
  sha256?: string;
  /** Undefined where it could not be verified. */
  sizeBytes?: number;
}

/** One published measurement of how well a model ranks. Only figures of one source compare with each other. */
export interface QualityFigure {
  /** For example `"MTEB(eng, v2) Retrieval"`. */
  benchmark: string;
  /** For example `"nDCG@10"`. */
  metric: string;
  /** In [0, 1]; higher is better. */
  value: number;
  /** Who measured it. */
  measuredBy: "publisher" | "third party";
  /** Address of the publication. */
  source: string;
}

/** A catalogue record: one model that crossrank knows by name. Presets never change meaning. */
export interface Preset {
  /** What configurations call it: `{ model: name }`. */
  name: string;
  /** Repository on the hub; undefined for the bundled model. */
  repository: string | undefined;
  /** Commit, or a branch where `verified` is false; undefined for the bundled model. */
  revision: string | undefined;
  /** Folder of config.json and the tokenizer, inside the repository; "" for its root. */
  folder: string;
  /** The ONNX file that is loaded, as a path in the repository. */
  modelFile: string;
  /** All files that are fetched, as paths in the repository. */
  files: readonly PresetFile[];
  /** Sum over the files, bytes; an approximation from the repository's listing where sizes are unverified. */
  sizeBytes: number;
  /** Number of weights. */
  parameters: number;
  /** BCP 47 tags; "multi" for seventy and more. */
  languages: readonly string[];
  /** Maximum tokens of a pair, special tokens included; of a document if query and document are encoded separately. */
  maxLength: number;
  /** What the outputs mean. @default classification */
  head?: CheckedHeadConfig;
  /** The prompt that contains the pair. @default none */
  template?: PromptTemplate;
  /** Fills `{instruction}` in the template if neither the model's configuration nor the call has one. @default none */
  instruction?: string;
  /** SPDX identifier. @see https://spdx.org/licenses/ */
  license: string;
  /** Whether the license allows commercial use. If not, loading the model gives a `license` warning. */
  commercialUse: boolean;
  /** What was published about these weights; empty where nothing was. None for the models in 8 bits: their scores differ. */
  quality: readonly QualityFigure[];
  /** True of `balanced` alone, as it always was. Which preset is the best measured for which need is another question: docs/models.md. */
  recommended: boolean;
  /** Whether revision and hashes were read from a trusted source; if not, the hub's own hash is checked at download. */
  verified: boolean;
  /** One sentence for a list. */
  description: string;
}
