/** Where scores can come from: the `model` of a configuration. */

/** A preset of the catalogue: see `listPresets()`. */
export interface PresetModel {
  type: "preset";
  /** Name in the catalogue. */
  name: string;
  /** Most tokens of a query–document pair, special tokens included; ≥ 8. @default the model's own limit */
  maxLength?: number;
  /** Another ONNX file of the same repository; `"auto"`: what this processor runs fastest, see docs/models.md. @default the preset's */
  modelFile?: string;
  /** What stands for `{instruction}` in the preset's template. @default the preset's */
  instruction?: string;
}

/** Any ONNX cross-encoder, on the hub or in a local folder. */
export interface CustomModel {
  type: "custom";
  /** Hub id (`org/name`), or a folder: `./…`, `../…`, `/…`, `~…` or `file:…`. */
  modelId: string;
  /** Path inside the repository; `"auto"`: what this processor runs fastest, see docs/models.md. @default "onnx/model.onnx" */
  modelFile?: string;
  /** More files to fetch beside the model; external data that the graph names is found without them. @default [] */
  additionalFiles?: readonly string[];
  /** Most tokens of a query–document pair, special tokens included; ≥ 8. @default the smaller of the tokenizer's limit and 512 */
  maxLength?: number;
  /** Branch, tag or commit. @default "main" */
  revision?: string;
  /** What the outputs mean. @default classification, the relevant class being the only one, or the second of two */
  head?: HeadConfig;
  /** The prompt in which a pair stands, for models that read one. @default the tokenizer's own way to put a pair together */
  template?: PromptTemplate;
  /** What stands for `{instruction}` in the template, where a call has no `instruction` of its own. @default none: its line is left out */
  instruction?: string;
}

/** How a graph's outputs become one score. */
export type HeadConfig = ClassificationHead | TokenHead | LateInteractionHead;

/** One logit per class, from a classification head. */
export interface ClassificationHead {
  type: "classification";
  /** Which class means "relevant": its index, or its label in config.json's `id2label`. */
  relevantClass: number | string;
}

/**
 * Next-token logits of a causal language model, read at the end of the prompt: that of one token, minus that of another one.
 *
 * @see sentence-transformers 6.2 `cross_encoder/modules/logit_score.py`, whose score this is
 */
export interface TokenHead {
  type: "token";
  /** Answers "relevant": an id, or a string that is one token. */
  trueToken: number | string;
  /** Answers "not relevant". @default none: the score is the logit of `trueToken` alone */
  falseToken?: number | string;
}

/**
 * Token vectors of query and document, each encoded apart (ColBERT): the sum, over the query's tokens, of the largest cosine with any of the
 * document's (MaxSim). The defaults are those of ColBERT's checkpoints.
 *
 * @see https://arxiv.org/abs/2004.12832 §3.3, and stanford-futuredata/ColBERT `colbert/infra/config/settings.py`
 */
export interface LateInteractionHead {
  type: "late-interaction";
  /** Tokens of every query, special ones included: a longer one is cut, a shorter one filled up with the mask token; ≥ 8. @default 32 */
  queryLength?: number;
  /** Most tokens of a document, special ones included; ≥ 8. @default 300 */
  documentLength?: number;
  /** The token that marks a query, after the first one. @default "[unused0]" */
  queryToken?: string;
  /** The token that marks a document. @default "[unused1]" */
  documentToken?: string;
  /** Whether a document's ASCII punctuation is left out of the comparison. @default true */
  skipPunctuation?: boolean;
}

/**
 * A prompt with `{query}` and, after it, `{document}`, once each, and perhaps `{instruction}` on a line of its own.
 *
 * Special tokens written in it are special; the line with `{instruction}` is left out where there is no instruction. A list is tokenised
 * part by part and put together, as the code of some publishers does it.
 */
export type PromptTemplate = string | readonly string[];

/** A hosted reranker, by liter-llm model id. */
export interface LlmModel {
  type: "llm";
  llm: LlmConfig;
}

/** Access to a hosted model. */
export interface LlmConfig {
  /** `provider/model`, for example `cohere/rerank-v3.5`. */
  model: string;
  /** Sent to the provider's own host, or to `baseUrl`, only. @default the provider's usual environment variable */
  apiKey?: string;
  /** Replaces everything before the last segment of the provider's URL. */
  baseUrl?: string;
  /** Ceiling of one HTTP request, seconds; > 0. @default 60 */
  timeoutSecs?: number;
  /** Retries of a request that failed in a way that may pass; ≥ 0. @default 3 */
  maxRetries?: number;
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>;
  /** `"liter-llm"`: by `@kreuzberg/liter-llm`, if it is installed and right for the provider. @default crossrank's own */
  client?: "crossrank" | "liter-llm";
  /** Region of Amazon Bedrock. @default $AWS_REGION */
  region?: string;
}

/** A chat model that judges relevance, behind any OpenAI-compatible endpoint. */
export interface ChatModel {
  type: "chat";
  /** `pointwise` asks about one document at a time and reads the odds of yes; `listwise` has windows of documents put in order. */
  method: "pointwise" | "listwise";
  /** `model` is the endpoint's own name, without a provider; `baseUrl` ends before `/chat/completions`. @default baseUrl https://api.openai.com/v1 */
  llm: LlmConfig;
  /** Documents of one window, `listwise` only; ≥ 2. @default 20 */
  windowSize?: number;
  /** How far a window moves towards the front, `listwise` only; ≥ 1, below `windowSize`. @default 10 */
  step?: number;
  /** What a million tokens cost, in any currency; gives `usage.cost`. */
  price?: TokenPrice;
}

/** Price of a million tokens. */
export interface TokenPrice {
  input: number;
  output: number;
}

/** Names of the dialects that a remote engine may speak. */
export type RemoteDialect = "crossrank" | "tei" | "vllm" | "infinity" | "llamacpp" | "cohere" | "jina" | "xinference" | "localai";

/** Engines of one's own, several copies of one model: the least busy one answers, another one where it fails. */
export interface RemoteModel {
  type: "remote";
  /** Base URLs of engines that give equal scores. */
  urls: readonly string[];
  /** @default found by asking each engine for `/info` and `/v1/models` */
  dialect?: RemoteDialect;
  /** The engine's name of the model, where it serves several. */
  model?: string;
  apiKey?: string;
  headers?: Readonly<Record<string, string>>;
  /** Ceiling of one HTTP request, seconds; > 0. @default 60 */
  timeoutSecs?: number;
}

/** The first of several models that answers. */
export interface FallbackModel {
  type: "fallback";
  /** In the order in which they are tried; at least one. `{ type: "none" }` at the end never fails. */
  models: readonly ModelReference[];
}

/** A cheap model on all documents, a strong one on the best of them. */
export interface CascadeModel {
  type: "cascade";
  /** Scores all. */
  first: ModelReference;
  /** Scores the best again; these come first, whatever the other scores are. */
  second: ModelReference;
  /** How many go on to the second model; ≥ 1. */
  keep: number;
}

/** One order out of several. */
export interface FuseModel {
  type: "fuse";
  /** At least one; `{ type: "field" }` stands for scores that the documents bring. */
  models: readonly ModelReference[];
  /** Reciprocal ranks, or a weighted sum of scores scaled to [0, 1] within the call. @default "reciprocal_rank" */
  method?: "reciprocal_rank" | "weighted";
  /** One for each model; ≥ 0. @default 1 each */
  weights?: readonly number[];
  /** The constant of reciprocal ranks; ≥ 0. @default 60 */
  k?: number;
}

/** Scores that object documents bring with them, for example a search engine's. */
export interface FieldModel {
  type: "field";
  /** Key of a number in each document. */
  name: string;
}

/** No model: keeps the input order, all scores 0. */
export interface NoneModel {
  type: "none";
}

/** A backend registered with `registerRerankerBackend`. */
export interface PluginModel {
  type: "plugin";
  /** The backend's name. */
  name: string;
}

/** Scores by a function of the caller's, in input order; higher is better. */
export type RerankFunction = (
  query: string,
  documents: readonly string[],
  context: { signal: AbortSignal },
) => ArrayLike<number> | Promise<ArrayLike<number>>;

/**
 * What crossrank needs of a reranking model of Vercel's AI SDK, in the versions 2, 3 and 4 of its interface.
 *
 * @see https://github.com/vercel/ai `packages/provider/src/reranking-model/` at ed857f5
 */
export interface AiSdkRerankingModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  doRerank(options: {
    documents: { type: "text"; values: string[] };
    query: string;
    topN?: number;
    abortSignal?: AbortSignal;
  }): PromiseLike<{ ranking: readonly { index: number; relevanceScore: number }[] }>;
}

/** A function or an AI SDK model, as the caller passed it. */
export interface ExternalModel {
  type: "external";
  source: RerankFunction | AiSdkRerankingModel;
}

/** Where the scores come from, keys in camelCase as crossrank keeps them. */
export type ModelReference =
  | PresetModel
  | CustomModel
  | LlmModel
  | ChatModel
  | RemoteModel
  | FallbackModel
  | CascadeModel
  | FuseModel
  | FieldModel
  | NoneModel
  | PluginModel
  | ExternalModel;

/** {@link CustomModel} in either spelling. */
export type CustomModelInput = WithSnakeCase<Omit<CustomModel, "modelId" | "head">> &
  ({ modelId: string; model_id?: never } | { model_id: string; modelId?: never }) & {
    head?: HeadInput;
  };

/** {@link HeadConfig} in either spelling; without a type it is a classification head. */
export type HeadInput =
  | { type?: "classification"; relevantClass: number | string }
  | { type?: "classification"; relevant_class: number | string }
  | { type: "token"; trueToken: number | string; falseToken?: number | string }
  | { type: "token"; true_token: number | string; false_token?: number | string }
  | WithSnakeCase<LateInteractionHead>;

/** {@link LlmModel} in either spelling. */
export interface LlmModelInput {
  type: "llm";
  llm: WithSnakeCase<LlmConfig>;
}

/** {@link ChatModel} in either spelling. */
export type ChatModelInput = WithSnakeCase<Omit<ChatModel, "llm">> & { llm: WithSnakeCase<LlmConfig> };

/** Where the scores come from, each key in camelCase or snake_case; models inside others are {@link ModelInput}. */
export type RerankerModelType =
  | WithSnakeCase<PresetModel>
  | CustomModelInput
  | LlmModelInput
  | ChatModelInput
  | WithSnakeCase<RemoteModel>
  | { type: "fallback"; models: readonly ModelInput[] }
  | { type: "cascade"; first: ModelInput; second: ModelInput; keep: number }
  | (Omit<FuseModel, "models"> & { models: readonly ModelInput[] })
  | FieldModel
  | NoneModel
  | PluginModel
  | ExternalModel;

/** Anything that names a model: an object, one string, a function of the caller's, or a reranking model of the AI SDK. */
export type ModelInput = RerankerModelType | string | RerankFunction | AiSdkRerankingModel;

/** `maxLength` → `max_length`. */
export type SnakeCase<S extends string> = S extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${SnakeCase<Tail>}`
  : S;

/** The same keys in camelCase or snake_case; giving both spellings of one key is an error at run time. */
export type WithSnakeCase<T> = {
  [K in keyof T]: T[K];
} & {
  [K in keyof T as K extends string ? (SnakeCase<K> extends K ? never : SnakeCase<K>) : never]?: T[K];
};
