import type { HeadConfig, ModelInput, PromptTemplate, WithSnakeCase } from "./model-types.ts";

export type * from "./model-types.ts";

/** A document: a string, or an object of the caller's whose text is found by `fields`, `text` or its usual keys. */
export type RerankDocument = string | object;

/** One document of a ranking. */
export interface RerankedDocument<D extends RerankDocument = RerankDocument> {
  /** Place in the caller's list, from 0. */
  index: number;
  /**
   * Relevance: in [0, 1] for local models (sigmoid of the logit), but the sum of largest cosines, at most the query's length in tokens, for
   * late interaction; as it came for plugins and hosted models.
   */
  score: number;
  /** What the caller passed: same type, same reference. */
  document: D;
  /** Raw logit, unbounded, comparable only within one query. Only with `return: ["logit"]`, only for local models without late interaction. */
  logit?: number;
  /** Tokens the model read for this pair, special tokens included. Only with `return: ["tokens"]`, only for local models. */
  tokens?: number;
  /** Whether the pair was cut to fit the model. Only with `return: ["truncated"]`, only for local models. */
  truncated?: boolean;
}

/** Names of the extra fields a result can carry. */
export type ResultField = "logit" | "tokens" | "truncated";

/** Execution providers of ONNX Runtime. */
export type Provider = "auto" | "cpu" | "cuda" | "coreml" | "directml" | "webgpu";

/** On what a local model runs, and how widely. */
export interface Acceleration {
  /** @default "auto" */
  provider?: Provider;
  /** Which device, for providers that have several; ≥ 0. @default 0 */
  deviceId?: number;
  /** Threads of one session; ≥ 1. @default planned from cores and model size */
  threads?: number;
  /** Sessions, each in a thread of its own; ≥ 1. @default planned from cores, memory and model size */
  workers?: number;
  /** Ends the threads after so many seconds without a call, to free their memory; the next call starts them again. @default never */
  idleSecs?: number;
  /** Most documents that may wait for a thread, over all calls; a call that finds more waiting fails with `overloaded`. @default 100000 */
  maxQueued?: number;
}

/** Makes a Reranker: whatever changes a resource it holds. */
export interface RerankerSettings {
  /** A model, or one string that names it: `"fast"`, `"cohere/rerank-v3.5"`, `"org/name"`, `"hf:org/name"`, `"./folder"`. @default preset `mini` */
  model?: ModelInput;
  /** A progress bar on stderr while a model downloads. @default false */
  showDownloadProgress?: boolean;
  /** Whether a model that is not on this machine may be fetched; HF_HUB_OFFLINE=1 forbids it too. @default true */
  allowDownload?: boolean;
  /** Folder of downloaded models. @default $CROSSRANK_CACHE, else $XDG_CACHE_HOME/crossrank/rerankers, else ~/.cache/crossrank/rerankers */
  cacheDir?: string;
  acceleration?: WithSnakeCase<Acceleration>;
  /** Memory for scores of pairs that were scored before, in bytes; 0 keeps none. Only for local models. @default 0 */
  scoreCacheBytes?: number;
  /**
   * A file of `crossrank eval calibrate`, fitted for this very model: scores are its probabilities, not the sigmoid of the logit. Only for
   * local models; read when the model is loaded.
   *
   * @default none
   */
  calibration?: string;
}

/** Platt's scaling: a sigmoid with a slope and an intercept of its own. */
export interface PlattCalibration {
  method: "platt";
  /** > 0, so that the order stays. */
  slope: number;
  intercept: number;
}

/** A monotone curve through points, straight between them and level outside. */
export interface IsotonicCalibration {
  method: "isotonic";
  /** Ascending, each once; at least one. */
  logits: readonly number[];
  /** Of the same length, in [0, 1], never falling. */
  probabilities: readonly number[];
}

/** Maps a model's logit to the probability that the document is relevant; never against the order of the logits. */
export type Calibration = PlattCalibration | IsotonicCalibration;

/** What to do with a pair that is longer than the model reads. */
export type Truncation = "longest_first" | "only_second" | "error";

/** The side from which a text that is too long loses tokens: at `right` its end, at `left` its beginning. */
export type TruncationSide = "left" | "right";

/** What belongs to one call. */
export interface RankOptions {
  /** How many results to return, after scoring all; ≥ 0. @default all */
  topK?: number;
  /** Leave out results scored below it. @default none */
  threshold?: number;
  /**
   * `longest_first` cuts the longer of query and document, `only_second` the document, `error` refuses. In a prompt `longest_first` cuts the
   * document, and the query beyond three quarters of the room. @default "longest_first"
   */
  truncation?: Truncation;
  /** Where a text that is cut loses tokens. @default "right" */
  truncationSide?: TruncationSide;
  /**
   * Most tokens of a pair in this call, special tokens included; of a document where query and document are encoded apart; ≥ 1. What is more
   * than the model reads means what the model reads. @default what the model reads
   */
  maxLength?: number;
  /** Special tokens typed inside texts: `neutralise` them, or `interpret` them as tokenizers do. @default "neutralise" */
  specialTokens?: "neutralise" | "interpret";
  /** What counts as relevant, for models whose prompt has a place for it. @default the model's */
  instruction?: string;
  /** Most pairs in one forward pass; ≥ 1. Changes no score. @default 32 */
  batchSize?: number;
  /** Whether documents that a hosted model could not score are left out, with a `partial` warning, or fail the call. @default "fail" */
  onError?: "fail" | "partial";
  /** Extra fields of each result. @default [] */
  return?: readonly ResultField[];
  /**
   * Fields of an object document that make its text, in order: of one the value alone, of several a line `name: value` each. A dot leads
   * into an object (`metadata.title`); a key that holds the dot itself comes first. A field that no document has gives a warning.
   */
  fields?: readonly string[];
  /** Makes the text of a document; excludes `fields`. */
  // biome-ignore lint/suspicious/noExplicitAny: a bivariant parameter, so that a function on the caller's own document type fits
  text?: (document: any, index: number) => string;
  /** Ceiling of one call, seconds; downloading and loading never count. @default 60 for plugins and hosted models, none for local ones */
  maxRerankDurationSecs?: number;
  /** Ends the call with `aborted`, between two forward passes. */
  signal?: AbortSignal;
  /** Receives each warning as it arises. */
  onWarning?: (warning: RerankWarning) => void;
  /** Told how many documents are scored, of how many, as it goes on. Only by local models, and not by `rerankSync`. */
  onProgress?: (scored: number, total: number) => void;
}

/** Everything `rerank` takes: {@link RerankerSettings} and {@link RankOptions}, each key in camelCase or snake_case. */
export type RerankerConfig = WithSnakeCase<RerankerSettings> & WithSnakeCase<RankOptions>;

/** Options of `Reranker.rank`, each key in camelCase or snake_case. */
export type RankOptionsInput = WithSnakeCase<RankOptions>;

/** Something was done differently from what the caller may expect; the results are still right in every other way. */
export type RerankWarning =
  | {
      /** A pair was longer than the model reads, and was cut. */
      type: "truncated";
      message: string;
      /** Place of the document in the caller's list. */
      index: number;
      /** Tokens of the whole pair; a lower bound for texts so long that they were cut by characters first. */
      tokens: number;
      /** Whether `tokens` is a lower bound. */
      isLowerBound?: true;
      /** Tokens the model read. */
      maxTokens: number;
    }
  | {
      /** The model's licence forbids commercial use; once, by the first call that the model was loaded for. */
      type: "licence";
      message: string;
      /** Its name in the catalogue. */
      model: string;
      /** SPDX identifier. */
      licence: string;
    }
  | {
      /** An option has no meaning for this model and was not used. */
      type: "ignored-option";
      message: string;
      option: string;
    }
  | {
      /** The labels of a head with two classes do not tell which one means relevant: class 1 is taken. */
      type: "unread-labels";
      message: string;
      /** Of class 0 and class 1. */
      labels: readonly string[];
    }
  | {
      /** No document has a field of `fields`. */
      type: "missing-field";
      message: string;
      field: string;
    }
  | {
      /** The surroundings forced another way: CPU where a device was not available, or the next model of a `fallback`. */
      type: "fallback";
      message: string;
    }
  | {
      /** Documents without a visible character were not sent to a hosted model, and come last. */
      type: "blank";
      message: string;
      /** Their places in the caller's list. */
      indices: readonly number[];
    }
  | {
      /** Documents could not be scored, and are left out of the results; only with `onError: "partial"`. */
      type: "partial";
      message: string;
      /** Their places in the caller's list. */
      indices: readonly number[];
    };

/** What one call used. */
export interface RerankUsage {
  /** Documents scored. */
  documents: number;
  /** Tokens read, special tokens included, padding not; 0 where the source of scores does not tell. */
  tokens: number;
  /** Tokens written; chat models only. */
  outputTokens?: number;
  /** HTTP requests that were answered; hosted models only. */
  requests?: number;
  /** What the provider charges for, where it tells: Cohere's search units, Pinecone's rerank units. */
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
  /** Of `scoreMs`, waiting until the first forward pass could start; 0 where the source of scores does not tell. */
  queueMs: number;
  /** Work of tokenising, summed over threads, so that it may exceed `scoreMs`; 0 where the source of scores does not tell. */
  tokenizationMs: number;
}

/** The answer of `Reranker.rank`. */
export interface RerankResult<D extends RerankDocument = RerankDocument> {
  /** Best first; equal scores keep input order. */
  results: RerankedDocument<D>[];
  /** Identity of the model with its revision, for example `BAAI/bge-reranker-base@2cfc…`. */
  model: string;
  usage: RerankUsage;
  timings: RerankTimings;
  warnings: RerankWarning[];
}

/** Raw scores a backend may return: one finite number per document, in input order. */
export type BackendScores = readonly number[] | Float32Array | Float64Array;

/** What a backend is told beside the texts. */
export interface BackendContext {
  /** Aborted when the caller gives up or the time is over. */
  signal: AbortSignal;
}

/**
 * A user's plugin: a source of scores registered under a name.
 *
 * Scores are returned to the caller as they are, sorted and cut by crossrank; higher is better.
 */
export interface RerankerBackend {
  /** The name under which configurations find it. */
  name: string | (() => string);
  version?: string | (() => string);
  /** Once, before the first call; concurrent first calls wait for the same run. A failure is tried again by the next call. */
  initialize?(): void | Promise<void>;
  /** On unregistering, if it was initialised. */
  shutdown?(): void | Promise<void>;
  /**
   * Scores every document, in input order, duplicates included.
   *
   * @returns one finite number per document; the wrong count or a non-number fails the call with `plugin`
   */
  rerank(query: string, documents: readonly string[], context: BackendContext): BackendScores | Promise<BackendScores>;
  /** Used by `rerankSync` where `rerank` returns a promise. */
  rerankSync?(query: string, documents: readonly string[]): BackendScores;
}

/** A registered backend, as `listRerankerBackends` tells it. */
export interface BackendInfo {
  name: string;
  version: string | undefined;
  /** "object" as registered in-process, "module" by URL. */
  kind: "object" | "module";
  initialised: boolean;
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
  measuredBy: "publisher" | "third party";
  /** Address of the publication. */
  source: string;
}

/** A catalogue record: one model that crossrank knows by name. Presets never change meaning. */
export interface Preset {
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
  /** Most tokens of a pair, special tokens included; of a document where query and document are encoded apart. */
  maxLength: number;
  /** What the outputs mean. @default classification */
  head?: HeadConfig;
  /** The prompt in which a pair stands. @default none */
  template?: PromptTemplate;
  /** What stands for `{instruction}` in the template, where neither the model's configuration nor the call has one. @default none */
  instruction?: string;
  /** SPDX identifier. @see https://spdx.org/licenses/ */
  licence: string;
  /** Whether the licence allows commercial use; where it does not, loading the model gives a `licence` warning. */
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
