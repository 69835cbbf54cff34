/** The types of a configuration. Written by the test beside it, from `schema.ts`: change that, and run `UPDATE_DOCS=1 npm test -- config/types`. */
import type { RerankWarning } from "../warnings.ts";

/** Names of presets: see `listPresets()`. */
export type PresetName =
  | "mini"
  | "fast"
  | "balanced"
  | "quality"
  | "multilingual"
  | "ms-marco-tinybert-l2"
  | "ms-marco-tinybert-l4"
  | "ms-marco-minilm-l2"
  | "ms-marco-minilm-l4"
  | "ms-marco-minilm-l12"
  | "mmarco-minilm-l12"
  | "mxbai-rerank-xsmall-v1"
  | "mxbai-rerank-base-v1"
  | "mxbai-rerank-large-v1"
  | "gte-reranker-modernbert-base"
  | "ettin-reranker-150m"
  | "jina-reranker-v1-tiny-en"
  | "jina-reranker-v1-turbo-en"
  | "jina-reranker-v2-base-multilingual"
  | "gte-multilingual-reranker-base"
  | "bge-reranker-base-int8"
  | "bge-reranker-v2-m3-int8"
  | "ms-marco-tinybert-l2-int8"
  | "ms-marco-minilm-l2-int8"
  | "ms-marco-minilm-l6-int8"
  | "ms-marco-minilm-l12-int8"
  | "qwen3-reranker-0.6b"
  | "qwen3-reranker-0.6b-int8"
  | "answerai-colbert-small-v1";

/** First segments of hosted models' names: see `listProviders()`. */
export type ProviderPrefix =
  | "cohere"
  | "jina"
  | "jina_ai"
  | "voyage"
  | "mixedbread"
  | "together_ai"
  | "pinecone"
  | "nvidia_nim"
  | "bedrock"
  | "vertex_ai"
  | "azure_ai"
  | "openrouter"
  | "zeroentropy"
  | "dashscope"
  | "siliconflow"
  | "fireworks_ai"
  | "deepinfra"
  | "huggingface"
  | "tei"
  | "vllm"
  | "hosted_vllm"
  | "infinity"
  | "llamacpp"
  | "localai"
  | "xinference"
  | "crossrank";

/** A preset of the catalogue: see `listPresets()`. */
export interface PresetModel {
  /** Makes it a PresetModel. */
  type: "preset";
  /** Name in the catalogue: see `listPresets()`. */
  name: PresetName | (string & {});
  /** Maximum tokens of a query–document pair, special tokens included; ≥ 8. @default the model's own limit */
  maxLength?: number;
  /** Maximum tokens of a query–document pair, special tokens included; ≥ 8. @default the model's own limit */
  max_length?: number;
  /** Another ONNX file of the same repository. `"auto"` takes the one that this processor runs fastest: see docs/models.md. @default the preset's */
  modelFile?: string;
  /** Another ONNX file of the same repository. `"auto"` takes the one that this processor runs fastest: see docs/models.md. @default the preset's */
  model_file?: string;
  /** Replaces `{instruction}` in the preset's template. @default the preset's */
  instruction?: string;
}

/** {@link PresetModel} after the check: its keys in camelCase. */
export interface CheckedPresetModel {
  /** Makes it a PresetModel. */
  type: "preset";
  /** Name in the catalogue: see `listPresets()`. */
  name: string;
  /** Maximum tokens of a query–document pair, special tokens included; ≥ 8. @default the model's own limit */
  maxLength?: number;
  /** Another ONNX file of the same repository. `"auto"` takes the one that this processor runs fastest: see docs/models.md. @default the preset's */
  modelFile?: string;
  /** Replaces `{instruction}` in the preset's template. @default the preset's */
  instruction?: string;
}

/** One logit for each class, from a classification head. */
export type ClassificationHead = {
  /** Makes it a ClassificationHead. */
  type?: "classification";
} & (
  | {
      /** Which class means “relevant”: its index, or its label in config.json's `id2label`. */
      relevantClass: number | string;
      /** Which class means “relevant”: its index, or its label in config.json's `id2label`. */
      relevant_class?: never;
    }
  | {
      /** Which class means “relevant”: its index, or its label in config.json's `id2label`. */
      relevant_class: number | string;
      /** Which class means “relevant”: its index, or its label in config.json's `id2label`. */
      relevantClass?: never;
    }
);

/** {@link ClassificationHead} after the check: its keys in camelCase. */
export interface CheckedClassificationHead {
  /** Makes it a ClassificationHead. */
  type: "classification";
  /** Which class means “relevant”: its index, or its label in config.json's `id2label`. */
  relevantClass: number | string;
}

/**
 * Next-token logits of a causal language model, read at the end of the prompt: the logit of one token minus the logit of another.
 *
 * @see sentence-transformers 6.2 `cross_encoder/modules/logit_score.py`, which computes the same score
 */
export type TokenHead = {
  /** Makes it a TokenHead. */
  type: "token";
  /** The token that answers "not relevant". Without it, the score is the logit of `trueToken` alone. @default none */
  falseToken?: number | string;
  /** The token that answers "not relevant". Without it, the score is the logit of `trueToken` alone. @default none */
  false_token?: number | string;
} & (
  | {
      /** The token that answers "relevant": its id, or a string that is one token. */
      trueToken: number | string;
      /** The token that answers "relevant": its id, or a string that is one token. */
      true_token?: never;
    }
  | {
      /** The token that answers "relevant": its id, or a string that is one token. */
      true_token: number | string;
      /** The token that answers "relevant": its id, or a string that is one token. */
      trueToken?: never;
    }
);

/** {@link TokenHead} after the check: its keys in camelCase. */
export interface CheckedTokenHead {
  /** Makes it a TokenHead. */
  type: "token";
  /** The token that answers "relevant": its id, or a string that is one token. */
  trueToken: number | string;
  /** The token that answers "not relevant". Without it, the score is the logit of `trueToken` alone. @default none */
  falseToken?: number | string;
}

/**
 * Token vectors of query and document, each encoded separately (ColBERT). The score is the sum, over the query's tokens, of the largest cosine with any token of the document (MaxSim). The defaults are those of ColBERT's checkpoints.
 *
 * @see https://arxiv.org/abs/2004.12832 §3.3, and stanford-futuredata/ColBERT `colbert/infra/config/settings.py`
 */
export interface LateInteractionHead {
  /** Makes it a LateInteractionHead. */
  type: "late-interaction";
  /** Tokens of every query, special ones included; ≥ 8. A longer query is cut; a shorter one is filled up with the mask token. @default 32 */
  queryLength?: number;
  /** Tokens of every query, special ones included; ≥ 8. A longer query is cut; a shorter one is filled up with the mask token. @default 32 */
  query_length?: number;
  /** Maximum tokens of a document, special ones included; ≥ 8. @default 300 */
  documentLength?: number;
  /** Maximum tokens of a document, special ones included; ≥ 8. @default 300 */
  document_length?: number;
  /** The token that marks a query, after the first token. @default [unused0] */
  queryToken?: string;
  /** The token that marks a query, after the first token. @default [unused0] */
  query_token?: string;
  /** The token that marks a document. @default [unused1] */
  documentToken?: string;
  /** The token that marks a document. @default [unused1] */
  document_token?: string;
  /** Whether the comparison leaves out a document's ASCII punctuation. @default true */
  skipPunctuation?: boolean;
  /** Whether the comparison leaves out a document's ASCII punctuation. @default true */
  skip_punctuation?: boolean;
}

/** {@link LateInteractionHead} after the check: its keys in camelCase. */
export interface CheckedLateInteractionHead {
  /** Makes it a LateInteractionHead. */
  type: "late-interaction";
  /** Tokens of every query, special ones included; ≥ 8. A longer query is cut; a shorter one is filled up with the mask token. @default 32 */
  queryLength?: number;
  /** Maximum tokens of a document, special ones included; ≥ 8. @default 300 */
  documentLength?: number;
  /** The token that marks a query, after the first token. @default [unused0] */
  queryToken?: string;
  /** The token that marks a document. @default [unused1] */
  documentToken?: string;
  /** Whether the comparison leaves out a document's ASCII punctuation. @default true */
  skipPunctuation?: boolean;
}

/** How the outputs of a model become one score. */
export type HeadConfig = ClassificationHead | TokenHead | LateInteractionHead;

/** {@link HeadConfig} after the check: its keys in camelCase. */
export type CheckedHeadConfig = CheckedClassificationHead | CheckedTokenHead | CheckedLateInteractionHead;

/**
 * A prompt with `{query}` and, after it, `{document}`, once each, and optionally `{instruction}` on a line of its own.
 *
 * Special tokens written in it are special. The line with `{instruction}` is left out where there is no instruction. A list is tokenized part by part and then joined, as the code of some publishers does it.
 */
export type PromptTemplate = string | readonly string[];

/** Any ONNX cross-encoder, on the hub or in a local folder. */
export type CustomModel = {
  /** Makes it a CustomModel. */
  type: "custom";
  /** Path inside the repository. `"auto"` takes the file that this processor runs fastest: see docs/models.md. @default onnx/model.onnx */
  modelFile?: string;
  /** Path inside the repository. `"auto"` takes the file that this processor runs fastest: see docs/models.md. @default onnx/model.onnx */
  model_file?: string;
  /** More files to download beside the model. External data that the graph names is found without them. @default [] */
  additionalFiles?: readonly string[];
  /** More files to download beside the model. External data that the graph names is found without them. @default [] */
  additional_files?: readonly string[];
  /** Maximum tokens of a query–document pair, special tokens included; ≥ 8. @default the smaller of the tokenizer's limit and 512 */
  maxLength?: number;
  /** Maximum tokens of a query–document pair, special tokens included; ≥ 8. @default the smaller of the tokenizer's limit and 512 */
  max_length?: number;
  /** Branch, tag or commit. @default main */
  revision?: string;
  /** What the outputs mean. @default classification; the relevant class is the only one, or the second of two */
  head?: HeadConfig;
  /** The prompt that holds a pair, for models that read a prompt. @default the tokenizer's own way to join a pair */
  template?: PromptTemplate;
  /** Replaces `{instruction}` in the template where a call has no `instruction` of its own. @default none: the line is left out */
  instruction?: string;
} & (
  | {
      /** Hub id (`org/name`), or a folder: `./…`, `../…`, `/…`, `~…` or `file:…`. */
      modelId: string;
      /** Hub id (`org/name`), or a folder: `./…`, `../…`, `/…`, `~…` or `file:…`. */
      model_id?: never;
    }
  | {
      /** Hub id (`org/name`), or a folder: `./…`, `../…`, `/…`, `~…` or `file:…`. */
      model_id: string;
      /** Hub id (`org/name`), or a folder: `./…`, `../…`, `/…`, `~…` or `file:…`. */
      modelId?: never;
    }
);

/** {@link CustomModel} after the check: its keys in camelCase. */
export interface CheckedCustomModel {
  /** Makes it a CustomModel. */
  type: "custom";
  /** Hub id (`org/name`), or a folder: `./…`, `../…`, `/…`, `~…` or `file:…`. */
  modelId: string;
  /** Path inside the repository. `"auto"` takes the file that this processor runs fastest: see docs/models.md. @default onnx/model.onnx */
  modelFile?: string;
  /** More files to download beside the model. External data that the graph names is found without them. @default [] */
  additionalFiles?: readonly string[];
  /** Maximum tokens of a query–document pair, special tokens included; ≥ 8. @default the smaller of the tokenizer's limit and 512 */
  maxLength?: number;
  /** Branch, tag or commit. @default main */
  revision?: string;
  /** What the outputs mean. @default classification; the relevant class is the only one, or the second of two */
  head?: CheckedHeadConfig;
  /** The prompt that holds a pair, for models that read a prompt. @default the tokenizer's own way to join a pair */
  template?: PromptTemplate;
  /** Replaces `{instruction}` in the template where a call has no `instruction` of its own. @default none: the line is left out */
  instruction?: string;
}

/** A hosted reranker, by its provider and name. */
export interface HostedModel {
  /** Makes it a HostedModel. */
  type: "hosted";
  /** `provider/model`, for example `cohere/rerank-v3.5`. */
  model: HostedModelName;
  /** Key of the provider. crossrank sends it only to the provider's own host, or to `baseUrl`. @default the provider's usual environment variable */
  apiKey?: string;
  /** Key of the provider. crossrank sends it only to the provider's own host, or to `baseUrl`. @default the provider's usual environment variable */
  api_key?: string;
  /** Replaces everything before the last segment of the provider's URL. @default the provider's own */
  baseUrl?: string;
  /** Replaces everything before the last segment of the provider's URL. @default the provider's own */
  base_url?: string;
  /** Maximum duration of one HTTP request, seconds; > 0. @default 60 */
  timeoutSecs?: number;
  /** Maximum duration of one HTTP request, seconds; > 0. @default 60 */
  timeout_secs?: number;
  /** Maximum retries of a request that failed for a passing reason; ≥ 0. @default 3 */
  maxRetries?: number;
  /** Maximum retries of a request that failed for a passing reason; ≥ 0. @default 3 */
  max_retries?: number;
  /** Headers to send with every request. @default none */
  headers?: Readonly<Record<string, string>>;
  /** `"liter-llm"` sends requests by `@kreuzberg/liter-llm`, if it is installed and right for the provider. @default crossrank */
  client?: "crossrank" | "liter-llm";
  /** Region of Amazon Bedrock. @default $AWS_REGION */
  region?: string;
}

/** {@link HostedModel} after the check: its keys in camelCase. */
export interface CheckedHostedModel {
  /** Makes it a HostedModel. */
  type: "hosted";
  /** `provider/model`, for example `cohere/rerank-v3.5`. */
  model: string;
  /** Key of the provider. crossrank sends it only to the provider's own host, or to `baseUrl`. @default the provider's usual environment variable */
  apiKey?: string;
  /** Replaces everything before the last segment of the provider's URL. @default the provider's own */
  baseUrl?: string;
  /** Maximum duration of one HTTP request, seconds; > 0. @default 60 */
  timeoutSecs?: number;
  /** Maximum retries of a request that failed for a passing reason; ≥ 0. @default 3 */
  maxRetries?: number;
  /** Headers to send with every request. @default none */
  headers?: Readonly<Record<string, string>>;
  /** `"liter-llm"` sends requests by `@kreuzberg/liter-llm`, if it is installed and right for the provider. @default crossrank */
  client?: "crossrank" | "liter-llm";
  /** Region of Amazon Bedrock. @default $AWS_REGION */
  region?: string;
}

/** Access to a hosted model. */
export interface LlmConfig {
  /** `provider/model`, for example `cohere/rerank-v3.5`. */
  model: string;
  /** Key of the provider. crossrank sends it only to the provider's own host, or to `baseUrl`. @default the provider's usual environment variable */
  apiKey?: string;
  /** Key of the provider. crossrank sends it only to the provider's own host, or to `baseUrl`. @default the provider's usual environment variable */
  api_key?: string;
  /** Replaces everything before the last segment of the provider's URL. @default the provider's own */
  baseUrl?: string;
  /** Replaces everything before the last segment of the provider's URL. @default the provider's own */
  base_url?: string;
  /** Maximum duration of one HTTP request, seconds; > 0. @default 60 */
  timeoutSecs?: number;
  /** Maximum duration of one HTTP request, seconds; > 0. @default 60 */
  timeout_secs?: number;
  /** Maximum retries of a request that failed for a passing reason; ≥ 0. @default 3 */
  maxRetries?: number;
  /** Maximum retries of a request that failed for a passing reason; ≥ 0. @default 3 */
  max_retries?: number;
  /** Headers to send with every request. @default none */
  headers?: Readonly<Record<string, string>>;
  /** `"liter-llm"` sends requests by `@kreuzberg/liter-llm`, if it is installed and right for the provider. @default crossrank */
  client?: "crossrank" | "liter-llm";
  /** Region of Amazon Bedrock. @default $AWS_REGION */
  region?: string;
}

/** {@link LlmConfig} after the check: its keys in camelCase. */
export interface CheckedLlmConfig {
  /** `provider/model`, for example `cohere/rerank-v3.5`. */
  model: string;
  /** Key of the provider. crossrank sends it only to the provider's own host, or to `baseUrl`. @default the provider's usual environment variable */
  apiKey?: string;
  /** Replaces everything before the last segment of the provider's URL. @default the provider's own */
  baseUrl?: string;
  /** Maximum duration of one HTTP request, seconds; > 0. @default 60 */
  timeoutSecs?: number;
  /** Maximum retries of a request that failed for a passing reason; ≥ 0. @default 3 */
  maxRetries?: number;
  /** Headers to send with every request. @default none */
  headers?: Readonly<Record<string, string>>;
  /** `"liter-llm"` sends requests by `@kreuzberg/liter-llm`, if it is installed and right for the provider. @default crossrank */
  client?: "crossrank" | "liter-llm";
  /** Region of Amazon Bedrock. @default $AWS_REGION */
  region?: string;
}

/** A hosted reranker. {@link HostedModel} is the same without the inner object. */
export interface LlmModel {
  /** Makes it a LlmModel. */
  type: "llm";
  /** The model and the access to it. */
  llm: LlmConfig;
}

/** {@link LlmModel} after the check: its keys in camelCase. */
export interface CheckedLlmModel {
  /** Makes it a LlmModel. */
  type: "llm";
  /** The model and the access to it. */
  llm: CheckedLlmConfig;
}

/** Price of a million tokens, in any currency. */
export interface TokenPrice {
  /** Price of a million tokens read; ≥ 0. */
  input: number;
  /** Price of a million tokens written; ≥ 0. */
  output: number;
}

/** A chat model that judges relevance, behind any OpenAI-compatible endpoint. */
export interface ChatModel {
  /** Makes it a ChatModel. */
  type: "chat";
  /** `pointwise` asks about one document at a time and reads the odds of yes; `listwise` has windows of documents put in order. */
  method: "pointwise" | "listwise";
  /** `model` is the endpoint's own name, without a provider. `baseUrl` ends before `/chat/completions`; its default is https://api.openai.com/v1. */
  llm: LlmConfig;
  /** Documents of one window, `listwise` only; ≥ 2. @default 20 */
  windowSize?: number;
  /** Documents of one window, `listwise` only; ≥ 2. @default 20 */
  window_size?: number;
  /** How far a window moves toward the front, `listwise` only; ≥ 1, below `windowSize`. @default 10 */
  step?: number;
  /** What a million tokens cost, in any currency; gives `usage.cost`. @default none */
  price?: TokenPrice;
}

/** {@link ChatModel} after the check: its keys in camelCase. */
export interface CheckedChatModel {
  /** Makes it a ChatModel. */
  type: "chat";
  /** `pointwise` asks about one document at a time and reads the odds of yes; `listwise` has windows of documents put in order. */
  method: "pointwise" | "listwise";
  /** `model` is the endpoint's own name, without a provider. `baseUrl` ends before `/chat/completions`; its default is https://api.openai.com/v1. */
  llm: CheckedLlmConfig;
  /** Documents of one window, `listwise` only; ≥ 2. @default 20 */
  windowSize?: number;
  /** How far a window moves toward the front, `listwise` only; ≥ 1, below `windowSize`. @default 10 */
  step?: number;
  /** What a million tokens cost, in any currency; gives `usage.cost`. @default none */
  price?: TokenPrice;
}

/** Names of the dialects that a remote engine may speak. */
export type RemoteDialect = "crossrank" | "tei" | "vllm" | "infinity" | "llamacpp" | "cohere" | "jina" | "xinference" | "localai";

/** Engines that you run, several copies of one model. The least busy one answers, and another one where it fails. */
export interface RemoteModel {
  /** Makes it a RemoteModel. */
  type: "remote";
  /** Base URLs of engines that give equal scores; at least one. */
  urls: readonly string[];
  /** The HTTP format that the engines speak. @default what each engine's `/info` and `/v1/models` say */
  dialect?: RemoteDialect;
  /** The engine's name of the model, where it serves several. @default its first */
  model?: string;
  /** Key of the engines. @default none */
  apiKey?: string;
  /** Key of the engines. @default none */
  api_key?: string;
  /** Headers to send with every request. @default none */
  headers?: Readonly<Record<string, string>>;
  /** Maximum duration of one HTTP request, seconds; > 0. @default 60 */
  timeoutSecs?: number;
  /** Maximum duration of one HTTP request, seconds; > 0. @default 60 */
  timeout_secs?: number;
}

/** {@link RemoteModel} after the check: its keys in camelCase. */
export interface CheckedRemoteModel {
  /** Makes it a RemoteModel. */
  type: "remote";
  /** Base URLs of engines that give equal scores; at least one. */
  urls: readonly string[];
  /** The HTTP format that the engines speak. @default what each engine's `/info` and `/v1/models` say */
  dialect?: RemoteDialect;
  /** The engine's name of the model, where it serves several. @default its first */
  model?: string;
  /** Key of the engines. @default none */
  apiKey?: string;
  /** Headers to send with every request. @default none */
  headers?: Readonly<Record<string, string>>;
  /** Maximum duration of one HTTP request, seconds; > 0. @default 60 */
  timeoutSecs?: number;
}

/** Scores that object documents bring with them, for example those of a search engine. */
export interface FieldModel {
  /** Makes it a FieldModel. */
  type: "field";
  /** Key of a number in each document. */
  name: string;
}

/** No model: keeps the input order; all scores are 0. */
export interface NoneModel {
  /** Makes it a NoneModel. */
  type: "none";
}

/** A backend registered with `registerRerankerBackend`. */
export interface PluginModel {
  /** Makes it a PluginModel. */
  type: "plugin";
  /** The backend's name. */
  name: string;
}

/** The first of several models that answers. */
export interface FallbackModel {
  /** Makes it a FallbackModel. */
  type: "fallback";
  /** The models, in the order in which they are tried; at least one. `{ type: "none" }` at the end never fails. */
  models: readonly ModelInput[];
}

/** {@link FallbackModel} after the check: its keys in camelCase. */
export interface CheckedFallbackModel {
  /** Makes it a FallbackModel. */
  type: "fallback";
  /** The models, in the order in which they are tried; at least one. `{ type: "none" }` at the end never fails. */
  models: readonly ModelReference[];
}

/** A cheap model on all documents, a strong one on the best of them. */
export interface CascadeModel {
  /** Makes it a CascadeModel. */
  type: "cascade";
  /** Scores all documents. */
  first: ModelInput;
  /** Scores the best documents again. They come first, whatever the other scores are. */
  second: ModelInput;
  /** How many documents go on to the second model; ≥ 1. */
  keep: number;
}

/** {@link CascadeModel} after the check: its keys in camelCase. */
export interface CheckedCascadeModel {
  /** Makes it a CascadeModel. */
  type: "cascade";
  /** Scores all documents. */
  first: ModelReference;
  /** Scores the best documents again. They come first, whatever the other scores are. */
  second: ModelReference;
  /** How many documents go on to the second model; ≥ 1. */
  keep: number;
}

/** One order out of several. */
export interface FuseModel {
  /** Makes it a FuseModel. */
  type: "fuse";
  /** The models; at least one. `{ type: "field" }` stands for scores that the documents bring. */
  models: readonly ModelInput[];
  /** Sum of reciprocal ranks, or weighted sum of scores that are scaled to [0, 1] within the call. @default reciprocal_rank */
  method?: "reciprocal_rank" | "weighted";
  /** One weight for each model; ≥ 0. @default 1 each */
  weights?: readonly number[];
  /** The constant of reciprocal ranks; ≥ 0. @default 60 */
  k?: number;
}

/** {@link FuseModel} after the check: its keys in camelCase. */
export interface CheckedFuseModel {
  /** Makes it a FuseModel. */
  type: "fuse";
  /** The models; at least one. `{ type: "field" }` stands for scores that the documents bring. */
  models: readonly ModelReference[];
  /** Sum of reciprocal ranks, or weighted sum of scores that are scaled to [0, 1] within the call. @default reciprocal_rank */
  method?: "reciprocal_rank" | "weighted";
  /** One weight for each model; ≥ 0. @default 1 each */
  weights?: readonly number[];
  /** The constant of reciprocal ranks; ≥ 0. @default 60 */
  k?: number;
}

/** A function or an AI SDK model, as the caller passed it. */
export interface ExternalModel {
  /** Makes it a ExternalModel. */
  type: "external";
  /** The function or the model. */
  source: RerankFunction | AiSdkRerankingModel;
}

/** Execution providers of ONNX Runtime. */
export type Provider = "auto" | "cpu" | "cuda" | "coreml" | "directml" | "webgpu";

/** What a local model runs on, and how widely. */
export interface Acceleration {
  /** What runs the model. A named provider that is not available gives `missing-dependency`. `"auto"` is CUDA where its files were installed with the runtime, with a `fallback` warning and the CPU if CUDA cannot be opened; elsewhere the CPU. @default auto */
  provider?: Provider;
  /** Which device, for providers that have several; ≥ 0. @default 0 */
  deviceId?: number;
  /** Which device, for providers that have several; ≥ 0. @default 0 */
  device_id?: number;
  /** Threads of one session; ≥ 1. @default planned from cores and model size */
  threads?: number;
  /** Sessions, each in a thread of its own; ≥ 1. @default planned from cores, memory and model size */
  workers?: number;
  /** Ends the threads after this many seconds without a call, to free their memory; > 0. The next call starts them again. @default never */
  idleSecs?: number;
  /** Ends the threads after this many seconds without a call, to free their memory; > 0. The next call starts them again. @default never */
  idle_secs?: number;
  /** Maximum documents that may wait for a thread, over all calls; ≥ 1. A call that finds as many waiting fails with `overloaded`. @default 100000 */
  maxQueued?: number;
  /** Maximum documents that may wait for a thread, over all calls; ≥ 1. A call that finds as many waiting fails with `overloaded`. @default 100000 */
  max_queued?: number;
}

/** {@link Acceleration} after the check: its keys in camelCase. */
export interface CheckedAcceleration {
  /** What runs the model. A named provider that is not available gives `missing-dependency`. `"auto"` is CUDA where its files were installed with the runtime, with a `fallback` warning and the CPU if CUDA cannot be opened; elsewhere the CPU. @default auto */
  provider?: Provider;
  /** Which device, for providers that have several; ≥ 0. @default 0 */
  deviceId?: number;
  /** Threads of one session; ≥ 1. @default planned from cores and model size */
  threads?: number;
  /** Sessions, each in a thread of its own; ≥ 1. @default planned from cores, memory and model size */
  workers?: number;
  /** Ends the threads after this many seconds without a call, to free their memory; > 0. The next call starts them again. @default never */
  idleSecs?: number;
  /** Maximum documents that may wait for a thread, over all calls; ≥ 1. A call that finds as many waiting fails with `overloaded`. @default 100000 */
  maxQueued?: number;
}

/** What makes a Reranker: whatever changes a resource that it holds. */
export interface RerankerSettings {
  /** A model, or one string that names it: `"fast"`, `"cohere/rerank-v3.5"`, `"org/name"`, `"hf:org/name"`, `"./folder"`. @default mini */
  model?: ModelInput;
  /** Shows a bar on stderr while a model downloads. @default false */
  showDownloadProgress?: boolean;
  /** Shows a bar on stderr while a model downloads. @default false */
  show_download_progress?: boolean;
  /** Whether crossrank may download a model that is not on this machine. False gives `download`, as `HF_HUB_OFFLINE=1` does. @default true */
  allowDownload?: boolean;
  /** Whether crossrank may download a model that is not on this machine. False gives `download`, as `HF_HUB_OFFLINE=1` does. @default true */
  allow_download?: boolean;
  /** Folder of downloaded models. @default `$CROSSRANK_CACHE`, else `$XDG_CACHE_HOME/crossrank/rerankers`, else `~/.cache/crossrank/rerankers` */
  cacheDir?: string;
  /** Folder of downloaded models. @default `$CROSSRANK_CACHE`, else `$XDG_CACHE_HOME/crossrank/rerankers`, else `~/.cache/crossrank/rerankers` */
  cache_dir?: string;
  /** What a local model runs on, and how widely. @default planned */
  acceleration?: Acceleration;
  /** Memory for scores of pairs that were scored before, in bytes; ≥ 0, and 0 keeps none. Only for local models. `stats().scorer` has `cacheHits` and `cacheMisses`. @default 0 */
  scoreCacheBytes?: number;
  /** Memory for scores of pairs that were scored before, in bytes; ≥ 0, and 0 keeps none. Only for local models. `stats().scorer` has `cacheHits` and `cacheMisses`. @default 0 */
  score_cache_bytes?: number;
  /** Path of a file that `crossrank eval calibrate` wrote for this very model: scores are its probabilities, not the sigmoid of the logit. The order stays that of the logits. Only for local models; read when the model is loaded. A missing file, or one fitted for another model, gives `invalid-input`. @default none */
  calibration?: string;
}

/** {@link RerankerSettings} after the check: its keys in camelCase. */
export interface CheckedRerankerSettings {
  /** A model, or one string that names it: `"fast"`, `"cohere/rerank-v3.5"`, `"org/name"`, `"hf:org/name"`, `"./folder"`. @default mini */
  model?: ModelReference;
  /** Shows a bar on stderr while a model downloads. @default false */
  showDownloadProgress?: boolean;
  /** Whether crossrank may download a model that is not on this machine. False gives `download`, as `HF_HUB_OFFLINE=1` does. @default true */
  allowDownload?: boolean;
  /** Folder of downloaded models. @default `$CROSSRANK_CACHE`, else `$XDG_CACHE_HOME/crossrank/rerankers`, else `~/.cache/crossrank/rerankers` */
  cacheDir?: string;
  /** What a local model runs on, and how widely. @default planned */
  acceleration?: CheckedAcceleration;
  /** Memory for scores of pairs that were scored before, in bytes; ≥ 0, and 0 keeps none. Only for local models. `stats().scorer` has `cacheHits` and `cacheMisses`. @default 0 */
  scoreCacheBytes?: number;
  /** Path of a file that `crossrank eval calibrate` wrote for this very model: scores are its probabilities, not the sigmoid of the logit. The order stays that of the logits. Only for local models; read when the model is loaded. A missing file, or one fitted for another model, gives `invalid-input`. @default none */
  calibration?: string;
}

/** What to do with a pair that is longer than the model reads. */
export type Truncation = "longest_first" | "only_second" | "error";

/** The side from which a text that is too long loses tokens: at `right` its end, at `left` its beginning. */
export type TruncationSide = "left" | "right";

/** Reads of a long document only as much as fits. */
export interface CutDocuments {
  /** Makes it a CutDocuments. */
  type: "cut";
}

/** How the scores of passages become the score of their document. */
export type Aggregate = "max" | "first" | "mean-top-3" | "decayed-sum";

/** Which passages are scored, if not all. */
export type PassageSelection = "first" | "common-words";

/** Reads a long document passage by passage. */
export interface PassageOptions {
  /** Makes it a PassageOptions. */
  type: "passages";
  /** Score of a document: that of its best passage (`max`) or of its `first`; `mean-top-3`, the mean of the three best; `decayed-sum`, where each further passage, the best first, counts half as much as the one before. @default max */
  aggregate?: Aggregate;
  /** Maximum passages of one document that are scored; ≥ 1. The others give an `unread-passages` warning. @default all */
  maxPassages?: number;
  /** Maximum passages of one document that are scored; ≥ 1. The others give an `unread-passages` warning. @default all */
  max_passages?: number;
  /** Which passages `maxPassages` keeps: the `first`, or those that have most words of the query (`common-words`). @default first */
  select?: PassageSelection;
  /** Maximum tokens of a passage; ≥ 1. @default what fits beside the query */
  passageTokens?: number;
  /** Maximum tokens of a passage; ≥ 1. @default what fits beside the query */
  passage_tokens?: number;
  /** Maximum tokens, in whole sentences, that a passage repeats from the end of the one before; ≥ 0, at most half a passage. @default 0 */
  overlapTokens?: number;
  /** Maximum tokens, in whole sentences, that a passage repeats from the end of the one before; ≥ 0, at most half a passage. @default 0 */
  overlap_tokens?: number;
  /** Maximum tokens of one document that are read; ≥ 1. The rest gives an `unread-passages` warning. @default all */
  maxDocumentTokens?: number;
  /** Maximum tokens of one document that are read; ≥ 1. The rest gives an `unread-passages` warning. @default all */
  max_document_tokens?: number;
  /** Fields of an object document, for example its title, whose text stands in front of each passage. They take at most a quarter of a passage's room. @default none */
  context?: readonly string[];
}

/** {@link PassageOptions} after the check: its keys in camelCase. */
export interface CheckedPassageOptions {
  /** Makes it a PassageOptions. */
  type: "passages";
  /** Score of a document: that of its best passage (`max`) or of its `first`; `mean-top-3`, the mean of the three best; `decayed-sum`, where each further passage, the best first, counts half as much as the one before. @default max */
  aggregate?: Aggregate;
  /** Maximum passages of one document that are scored; ≥ 1. The others give an `unread-passages` warning. @default all */
  maxPassages?: number;
  /** Which passages `maxPassages` keeps: the `first`, or those that have most words of the query (`common-words`). @default first */
  select?: PassageSelection;
  /** Maximum tokens of a passage; ≥ 1. @default what fits beside the query */
  passageTokens?: number;
  /** Maximum tokens, in whole sentences, that a passage repeats from the end of the one before; ≥ 0, at most half a passage. @default 0 */
  overlapTokens?: number;
  /** Maximum tokens of one document that are read; ≥ 1. The rest gives an `unread-passages` warning. @default all */
  maxDocumentTokens?: number;
  /** Fields of an object document, for example its title, whose text stands in front of each passage. They take at most a quarter of a passage's room. @default none */
  context?: readonly string[];
}

/** What becomes of a document that the model cannot read at once. */
export type LongDocuments = CutDocuments | PassageOptions;

/** {@link LongDocuments} after the check: its keys in camelCase. */
export type CheckedLongDocuments = CutDocuments | CheckedPassageOptions;

/** Names of the extra fields that a result can carry. */
export type ResultField = "logit" | "tokens" | "truncated" | "passage" | "passages" | "highlights";

/** What belongs to one call. */
// biome-ignore lint/suspicious/noExplicitAny: the documents of a configuration may be of any type
export interface RankOptions<D = any> {
  /** How many results to return, after scoring all; ≥ 0. @default all */
  topK?: number;
  /** How many results to return, after scoring all; ≥ 0. @default all */
  top_k?: number;
  /** Leaves out results with a lower score. @default none */
  threshold?: number;
  /** For pairs that are too long: `longest_first` cuts the longer of query and document, `only_second` cuts the document, `error` refuses the pair. In a prompt, `longest_first` cuts the document, and the query beyond three quarters of the room. @default longest_first */
  truncation?: Truncation;
  /** Where a text that is cut loses tokens: `right` cuts its end, `left` its beginning. Special tokens and a prompt's own words stay. @default right */
  truncationSide?: TruncationSide;
  /** Where a text that is cut loses tokens: `right` cuts its end, `left` its beginning. Special tokens and a prompt's own words stay. @default right */
  truncation_side?: TruncationSide;
  /** Maximum tokens of a pair in this call, special tokens included (of a document for late interaction); ≥ 1. A number above what the model reads means what it reads. @default what the model reads */
  maxLength?: number;
  /** Maximum tokens of a pair in this call, special tokens included (of a document for late interaction); ≥ 1. A number above what the model reads means what it reads. @default what the model reads */
  max_length?: number;
  /** For documents that do not fit beside the query: `cut` reads their beginning, with a warning; `passages` scores them passage by passage, and so reads every word. An object of type `passages` says more. A document that fits has the same score either way. @default cut */
  longDocuments?: "cut" | "passages" | LongDocuments | Omit<PassageOptions, "type">;
  /** For documents that do not fit beside the query: `cut` reads their beginning, with a warning; `passages` scores them passage by passage, and so reads every word. An object of type `passages` says more. A document that fits has the same score either way. @default cut */
  long_documents?: "cut" | "passages" | LongDocuments | Omit<PassageOptions, "type">;
  /** Special tokens (`[SEP]`, `</s>` and the like) typed inside a text: `neutralize` reads them as plain characters, `interpret` as the tokens that they spell. @default neutralize */
  specialTokens?: "neutralize" | "interpret";
  /** Special tokens (`[SEP]`, `</s>` and the like) typed inside a text: `neutralize` reads them as plain characters, `interpret` as the tokens that they spell. @default neutralize */
  special_tokens?: "neutralize" | "interpret";
  /** What counts as relevant, for models whose prompt has a place for it. Other models give a warning. @default the model's */
  instruction?: string;
  /** Maximum pairs in one forward pass; ≥ 1. Changes no score: a dynamically quantized model always runs one pair a pass. @default 32 */
  batchSize?: number;
  /** Maximum pairs in one forward pass; ≥ 1. Changes no score: a dynamically quantized model always runs one pair a pass. @default 32 */
  batch_size?: number;
  /** Whether documents that could not be scored fail the call, or are left out with a `partial` warning: those of a request that a hosted model refused; for local models, a document that cannot be tokenized, or is too long under truncation `error`. @default fail */
  onError?: "fail" | "partial";
  /** Whether documents that could not be scored fail the call, or are left out with a `partial` warning: those of a request that a hosted model refused; for local models, a document that cannot be tokenized, or is too long under truncation `error`. @default fail */
  on_error?: "fail" | "partial";
  /** Extra fields of each result. For local models: `logit` (not for late interaction), `tokens`, `truncated`. With `longDocuments` `passages`: `passage`, `passages`, `highlights`. @default [] */
  return?: readonly ResultField[];
  /** Fields of an object document that make its text, in this order: of one the value alone, of several a line `name: value` each. A dot leads into an object (`metadata.title`); a key that holds the dot itself comes first. A field that no document has gives a warning. @default the first of `text`, `pageContent`, `content`, `body`, `document` */
  fields?: readonly FieldName<D>[];
  /** A function that makes the text of a document; excludes `fields`. @default none */
  text?: (document: D, index: number) => string;
  /** Maximum duration of one call, seconds; > 0. Downloading and loading never count. A model made of others takes the longest of its parts. @default 60 for plugins, functions, hosted and remote models; none for local ones */
  maxRerankDurationSecs?: number;
  /** Maximum duration of one call, seconds; > 0. Downloading and loading never count. A model made of others takes the longest of its parts. @default 60 for plugins, functions, hosted and remote models; none for local ones */
  max_rerank_duration_secs?: number;
  /** Ends the call with `aborted`, between two forward passes. The model stays usable. @default none */
  signal?: AbortSignal;
  /** Receives each warning as it arises. @default none */
  onWarning?: (warning: RerankWarning) => void;
  /** Receives each warning as it arises. @default none */
  on_warning?: (warning: RerankWarning) => void;
  /** Receives, as a call goes on, how many documents are scored, of how many. Only for local models, and not from `rerankSync`. @default none */
  onProgress?: (scored: number, total: number) => void;
  /** Receives, as a call goes on, how many documents are scored, of how many. Only for local models, and not from `rerankSync`. @default none */
  on_progress?: (scored: number, total: number) => void;
}

/** {@link RankOptions} after the check: its keys in camelCase. */
export interface CheckedRankOptions {
  /** How many results to return, after scoring all; ≥ 0. @default all */
  topK?: number;
  /** Leaves out results with a lower score. @default none */
  threshold?: number;
  /** For pairs that are too long: `longest_first` cuts the longer of query and document, `only_second` cuts the document, `error` refuses the pair. In a prompt, `longest_first` cuts the document, and the query beyond three quarters of the room. @default longest_first */
  truncation?: Truncation;
  /** Where a text that is cut loses tokens: `right` cuts its end, `left` its beginning. Special tokens and a prompt's own words stay. @default right */
  truncationSide?: TruncationSide;
  /** Maximum tokens of a pair in this call, special tokens included (of a document for late interaction); ≥ 1. A number above what the model reads means what it reads. @default what the model reads */
  maxLength?: number;
  /** For documents that do not fit beside the query: `cut` reads their beginning, with a warning; `passages` scores them passage by passage, and so reads every word. An object of type `passages` says more. A document that fits has the same score either way. @default cut */
  longDocuments?: CheckedLongDocuments;
  /** Special tokens (`[SEP]`, `</s>` and the like) typed inside a text: `neutralize` reads them as plain characters, `interpret` as the tokens that they spell. @default neutralize */
  specialTokens?: "neutralize" | "interpret";
  /** What counts as relevant, for models whose prompt has a place for it. Other models give a warning. @default the model's */
  instruction?: string;
  /** Maximum pairs in one forward pass; ≥ 1. Changes no score: a dynamically quantized model always runs one pair a pass. @default 32 */
  batchSize?: number;
  /** Whether documents that could not be scored fail the call, or are left out with a `partial` warning: those of a request that a hosted model refused; for local models, a document that cannot be tokenized, or is too long under truncation `error`. @default fail */
  onError?: "fail" | "partial";
  /** Extra fields of each result. For local models: `logit` (not for late interaction), `tokens`, `truncated`. With `longDocuments` `passages`: `passage`, `passages`, `highlights`. @default [] */
  return?: readonly ResultField[];
  /** Fields of an object document that make its text, in this order: of one the value alone, of several a line `name: value` each. A dot leads into an object (`metadata.title`); a key that holds the dot itself comes first. A field that no document has gives a warning. @default the first of `text`, `pageContent`, `content`, `body`, `document` */
  fields?: readonly string[];
  /** A function that makes the text of a document; excludes `fields`. @default none */
  // biome-ignore lint/suspicious/noExplicitAny: a function on the caller's own document type fits
  text?: (document: any, index: number) => string;
  /** Maximum duration of one call, seconds; > 0. Downloading and loading never count. A model made of others takes the longest of its parts. @default 60 for plugins, functions, hosted and remote models; none for local ones */
  maxRerankDurationSecs?: number;
  /** Ends the call with `aborted`, between two forward passes. The model stays usable. @default none */
  signal?: AbortSignal;
  /** Receives each warning as it arises. @default none */
  onWarning?: (warning: RerankWarning) => void;
  /** Receives, as a call goes on, how many documents are scored, of how many. Only for local models, and not from `rerankSync`. @default none */
  onProgress?: (scored: number, total: number) => void;
}

/** Where the scores come from. */
export type ModelReference =
  | CheckedPresetModel
  | CheckedCustomModel
  | CheckedHostedModel
  | CheckedLlmModel
  | CheckedChatModel
  | CheckedRemoteModel
  | FieldModel
  | NoneModel
  | PluginModel
  | CheckedFallbackModel
  | CheckedCascadeModel
  | CheckedFuseModel
  | ExternalModel;

/** An object that says where the scores come from, by its `type`. */
export type RerankerModelType =
  | PresetModel
  | CustomModel
  | HostedModel
  | LlmModel
  | ChatModel
  | RemoteModel
  | FieldModel
  | NoneModel
  | PluginModel
  | FallbackModel
  | CascadeModel
  | FuseModel
  | ExternalModel;

// Written by hand: what no schema describes.

/** Scores by a function of the caller's, in input order; higher is better. */
export type RerankFunction = (
  query: string,
  documents: readonly string[],
  context: {
    /** Aborted when the caller gives up or the time is over. */
    signal: AbortSignal;
  },
) => ArrayLike<number> | Promise<ArrayLike<number>>;

/**
 * What crossrank needs of a reranking model of Vercel's AI SDK, in the versions 2, 3 and 4 of its interface.
 *
 * @see https://github.com/vercel/ai `packages/provider/src/reranking-model/` at ed857f5
 */
export interface AiSdkRerankingModel {
  /** Version of the interface: `v2`, `v3` or `v4`. */
  readonly specificationVersion: string;
  /** Name of the provider, for example `cohere.reranking`. */
  readonly provider: string;
  /** The provider's name of the model. */
  readonly modelId: string;
  /** Scores documents. */
  doRerank(options: {
    /** The texts. */
    documents: {
      /** crossrank sends texts only. */
      type: "text";
      /** The texts, in input order. */
      values: string[];
    };
    /** The query. */
    query: string;
    /** How many results to return; crossrank asks for all. */
    topN?: number;
    /** Aborted when the caller gives up or the time is over. */
    abortSignal?: AbortSignal;
  }): PromiseLike<{
    /** The documents, best first. */
    ranking: readonly {
      /** Index in `values`. */
      index: number;
      /** Higher is better. */
      relevanceScore: number;
    }[];
  }>;
}

/** The name of a hosted model, `provider/model`. Editors complete the provider; see `listProviders()`. */
export type HostedModelName = `${ProviderPrefix}/` | (string & {});

/**
 * One string that names a model: a preset (`"fast"`), a hosted model (`"cohere/rerank-v3.5"`), a model on the hub (`"org/name"`,
 * `"hf:org/name@revision"`), a folder (`"./folder"`) or a backend (`"plugin:name"`). Editors complete presets, providers and prefixes.
 */
export type ModelName = PresetName | HostedModelName | "hf:" | "plugin:";

/** Anything that names a model: one string, an object with a `type`, a function of the caller's, or a reranking model of the AI SDK. */
export type ModelInput = ModelName | RerankerModelType | RerankFunction | AiSdkRerankingModel;

/**
 * Names of the fields of a document type: its keys, and paths into the objects under them (`metadata.title`). Beyond the second key, any path
 * is accepted; and any name at all for a type without known keys.
 */
// biome-ignore lint/suspicious/noExplicitAny: options for documents of any type are options for yours
export type FieldName<D> = 0 extends 1 & D ? any : [D] extends [string] ? string : FieldOf<Exclude<D, string>>;

type FieldOf<D> = D extends unknown
  ? [keyof D] extends [never]
    ? string
    : string extends keyof D
      ? string
      : { [K in KeyOf<D>]: K | PathFrom<K, NonNullable<D[K]>> }[KeyOf<D>]
  : never;

/** Keys with values that can be text: no methods. */
type KeyOf<T> = { [K in keyof T & string]: NonNullable<T[K]> extends (...values: never) => unknown ? never : K }[keyof T & string];

type PathFrom<K extends string, Value> = Value extends string | number | bigint | boolean | symbol
  ? never
  : Value extends readonly unknown[]
    ? `${K}.${number}` | `${K}.${number}.${string}`
    : string extends keyof Value
      ? `${K}.${string}`
      : {
          [Inner in KeyOf<Value>]: `${K}.${Inner}` | (NonNullable<Value[Inner]> extends object ? `${K}.${Inner}.${string}` : never);
        }[KeyOf<Value>];
