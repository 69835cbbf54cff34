/**
 * What each provider is asked for three documents and what it answers, as its documentation writes it: the sources are named in the
 * codecs (`src/dialects/`) and in the providers (`src/scorers/hosted/providers/`).
 */

/** One request with its answer. */
export interface Exchange {
  /** First segment of the model string. */
  prefix: string;
  /** The rest of it. */
  model: string;
  /** The environment. */
  variables: Readonly<Record<string, string>>;
  /** URL of the request without a `baseUrl`; undefined for engines that people run themselves. */
  defaultUrl: string | undefined;
  /** Path at a `baseUrl` of `http://127.0.0.1:…/v1`. */
  path: string;
  /** Headers that must be there, beside JSON's. */
  headers: Readonly<Record<string, string>>;
  body: unknown;
  /** Best first, as all of them answer. */
  reply: Reply;
  /** Key of the score in each result. */
  scoreKey: string;
  /** In input order. */
  scores: readonly number[];
  usage: { tokens?: number; requests: number; billedUnits?: number };
}

/** An object with a list of results in it, or the bare list. */
export type Reply = Readonly<Record<string, unknown>> | readonly Readonly<Record<string, unknown>>[];

export const query = "What is the capital of the United States?";
export const documents: readonly string[] = ["Carson City", "Saipan", "Washington, D.C."];

/** No part of any message, in any form. */
export const secret = "sk-3cR3t/0123456789+abcdefghij==";
export const sessionToken = "FwoGZXIvYXdzE0123456789//////////wEaDCrossrank==";

const bearer = { authorization: `Bearer ${secret}` };
const scores = [0.125, 0.25, 0.875];
const usage = { prompt_tokens: 40, total_tokens: 40 };

/** Results, best first, with the score under `scoreKey` and more. */
function results(
  scoreKey: string,
  values: readonly number[] = scores,
  more: (index: number) => object = () => ({}),
): Record<string, unknown>[] {
  return [2, 1, 0].map((index) => ({ index, [scoreKey]: values[index], ...more(index) }));
}

const relevance = results("relevance_score");
const withTexts = results("relevance_score", scores, (index) => ({ document: { text: documents[index] } }));
const logits = [-4.5, -2.25, 3.5];

const jina = {
  variables: { JINA_API_KEY: secret },
  defaultUrl: "https://api.jina.ai/v1/rerank",
  path: "/v1/rerank",
  headers: bearer,
  body: { model: "jina-reranker-v2-base-multilingual", query, documents, top_n: 3, return_documents: false },
  reply: { model: "jina-reranker-v2-base-multilingual", object: "list", usage: { total_tokens: 40 }, results: relevance },
  scoreKey: "relevance_score",
  scores,
  usage: { tokens: 40, requests: 1 },
};

const vllm = {
  model: "BAAI/bge-reranker-v2-m3",
  variables: { HOSTED_VLLM_API_KEY: secret },
  defaultUrl: undefined,
  path: "/v1/rerank",
  headers: bearer,
  body: { model: "BAAI/bge-reranker-v2-m3", query, documents, top_n: 3, truncate_prompt_tokens: -1 },
  reply: { id: "rerank-1", model: "BAAI/bge-reranker-v2-m3", usage, results: withTexts },
  scoreKey: "relevance_score",
  scores,
  usage: { tokens: 40, requests: 1 },
};

const tei = {
  defaultUrl: undefined,
  path: "/v1/rerank",
  body: { query, texts: documents, truncate: true },
  reply: results("score"),
  scoreKey: "score",
  scores,
  usage: { requests: 1 },
};

export const exchanges: readonly Exchange[] = [
  {
    prefix: "cohere",
    model: "rerank-english-v3.0",
    variables: { COHERE_API_KEY: secret },
    defaultUrl: "https://api.cohere.com/v2/rerank",
    path: "/v1/rerank",
    headers: bearer,
    body: { model: "rerank-english-v3.0", query, documents, top_n: 3 },
    reply: {
      results: relevance,
      id: "07734bd2-2473-4f07-94e1-0d9f0e6843cf",
      meta: { api_version: { version: "2", is_experimental: false }, billed_units: { search_units: 1 } },
    },
    scoreKey: "relevance_score",
    scores,
    usage: { requests: 1, billedUnits: 1 },
  },
  { prefix: "jina", model: "jina-reranker-v2-base-multilingual", ...jina },
  { prefix: "jina_ai", model: "jina-reranker-v2-base-multilingual", ...jina },
  {
    prefix: "voyage",
    model: "rerank-2.5",
    variables: { VOYAGE_API_KEY: secret },
    defaultUrl: "https://api.voyageai.com/v1/rerank",
    path: "/v1/rerank",
    headers: bearer,
    body: { model: "rerank-2.5", query, documents, top_k: 3 },
    reply: { object: "list", data: relevance, model: "rerank-2.5", usage: { total_tokens: 40 } },
    scoreKey: "relevance_score",
    scores,
    usage: { tokens: 40, requests: 1 },
  },
  {
    prefix: "mixedbread",
    model: "mixedbread-ai/mxbai-rerank-large-v2",
    variables: { MXBAI_API_KEY: secret },
    defaultUrl: "https://api.mixedbread.com/v1/reranking",
    path: "/v1/reranking",
    headers: bearer,
    body: { model: "mixedbread-ai/mxbai-rerank-large-v2", query, input: documents, top_k: 3 },
    reply: {
      usage,
      model: "mixedbread-ai/mxbai-rerank-large-v2",
      data: results("score", scores, () => ({ object: "rank_result" })),
      object: "list",
      top_k: 3,
      return_input: false,
    },
    scoreKey: "score",
    scores,
    usage: { tokens: 40, requests: 1 },
  },
  {
    prefix: "together_ai",
    model: "Salesforce/Llama-Rank-V1",
    variables: { TOGETHER_API_KEY: secret },
    defaultUrl: "https://api.together.ai/v1/rerank",
    path: "/v1/rerank",
    headers: bearer,
    body: { model: "Salesforce/Llama-Rank-V1", query, documents, top_n: 3 },
    reply: {
      object: "rerank",
      id: "9dfa1a09-5ebc-4a40-970f-586cb8f4ae47",
      model: "Salesforce/Llama-Rank-V1",
      results: results("relevance_score", scores, () => ({ document: { text: null } })),
      usage: { ...usage, completion_tokens: 0 },
    },
    scoreKey: "relevance_score",
    scores,
    usage: { tokens: 40, requests: 1 },
  },
  {
    prefix: "pinecone",
    model: "bge-reranker-v2-m3",
    variables: { PINECONE_API_KEY: secret },
    defaultUrl: "https://api.pinecone.io/rerank",
    path: "/v1/rerank",
    headers: { "api-key": secret, "x-pinecone-api-version": "2026-04" },
    body: {
      model: "bge-reranker-v2-m3",
      query,
      documents: documents.map((text) => ({ text })),
      top_n: 3,
      return_documents: false,
      parameters: { truncate: "END" },
    },
    reply: { model: "bge-reranker-v2-m3", data: results("score"), usage: { rerank_units: 1 } },
    scoreKey: "score",
    scores,
    usage: { requests: 1, billedUnits: 1 },
  },
  {
    prefix: "nvidia_nim",
    model: "nvidia/llama-3.2-nv-rerankqa-1b-v2",
    variables: { NVIDIA_NIM_API_KEY: secret },
    defaultUrl: "https://ai.api.nvidia.com/v1/retrieval/nvidia/llama-3_2-nv-rerankqa-1b-v2/reranking",
    path: "/v1/ranking",
    headers: bearer,
    body: {
      model: "nvidia/llama-3.2-nv-rerankqa-1b-v2",
      query: { text: query },
      passages: documents.map((text) => ({ text })),
      truncate: "END",
    },
    reply: { rankings: results("logit", logits) },
    scoreKey: "logit",
    scores: logits,
    usage: { requests: 1 },
  },
  {
    prefix: "bedrock",
    model: "cohere.rerank-v3-5:0",
    variables: {
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE000000000",
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_REGION: "us-west-2",
    },
    defaultUrl: "https://bedrock-agent-runtime.us-west-2.amazonaws.com/rerank",
    path: "/v1/rerank",
    headers: { "x-amz-security-token": sessionToken },
    body: {
      queries: [{ type: "TEXT", textQuery: { text: query } }],
      sources: documents.map((text) => ({ type: "INLINE", inlineDocumentSource: { type: "TEXT", textDocument: { text } } })),
      rerankingConfiguration: {
        type: "BEDROCK_RERANKING_MODEL",
        bedrockRerankingConfiguration: {
          modelConfiguration: { modelArn: "arn:aws:bedrock:us-west-2::foundation-model/cohere.rerank-v3-5:0" },
          numberOfResults: 3,
        },
      },
    },
    reply: { results: results("relevanceScore") },
    scoreKey: "relevanceScore",
    scores,
    usage: { requests: 1 },
  },
  {
    prefix: "vertex_ai",
    model: "semantic-ranker-default@latest",
    variables: { CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: "/run/secrets/token", GOOGLE_CLOUD_PROJECT: "a-project" },
    defaultUrl: "https://discoveryengine.googleapis.com/v1/projects/a-project/locations/global/rankingConfigs/default_ranking_config:rank",
    path: "/v1/default_ranking_config:rank",
    headers: bearer,
    body: {
      model: "semantic-ranker-default@latest",
      query,
      topN: 3,
      records: documents.map((content, index) => ({ id: String(index), content })),
    },
    reply: { records: [2, 1, 0].map((index) => ({ id: String(index), score: scores[index], content: documents[index] })) },
    scoreKey: "score",
    scores,
    usage: { requests: 1 },
  },
  {
    prefix: "azure_ai",
    model: "cohere-rerank-v4.0-pro",
    variables: { AZURE_AI_API_KEY: secret },
    defaultUrl: undefined,
    path: "/v1/rerank",
    headers: bearer,
    body: { model: "cohere-rerank-v4.0-pro", query, documents, top_n: 3 },
    reply: { id: "1", results: relevance, meta: { api_version: { version: "2" }, billed_units: { search_units: 1 } } },
    scoreKey: "relevance_score",
    scores,
    usage: { requests: 1, billedUnits: 1 },
  },
  {
    prefix: "openrouter",
    model: "cohere/rerank-v3.5",
    variables: { OPENROUTER_API_KEY: secret },
    defaultUrl: "https://openrouter.ai/api/v1/rerank",
    path: "/v1/rerank",
    headers: bearer,
    body: { model: "cohere/rerank-v3.5", query, documents, top_n: 3 },
    reply: {
      id: "gen-rerank-1",
      model: "cohere/rerank-v3.5",
      provider: "Cohere",
      results: withTexts,
      usage: { search_units: 1, total_tokens: 40, cost: 0.002 },
    },
    scoreKey: "relevance_score",
    scores,
    usage: { tokens: 40, requests: 1, billedUnits: 1 },
  },
  {
    prefix: "zeroentropy",
    model: "zerank-2",
    variables: { ZEROENTROPY_API_KEY: secret },
    defaultUrl: "https://api.zeroentropy.dev/v1/models/rerank",
    path: "/v1/rerank",
    headers: bearer,
    body: { model: "zerank-2", query, documents, top_n: 3 },
    reply: {
      results: relevance,
      total_bytes: 600,
      total_tokens: 40,
      actual_latency_mode: "fast",
      e2e_latency: 0.1,
      inference_latency: 0.05,
    },
    scoreKey: "relevance_score",
    scores,
    usage: { tokens: 40, requests: 1 },
  },
  {
    prefix: "dashscope",
    model: "gte-rerank-v2",
    variables: { DASHSCOPE_API_KEY: secret },
    defaultUrl: "https://dashscope.aliyuncs.com/api/v1/services/rerank/text-rerank/text-rerank",
    path: "/v1/text-rerank",
    headers: bearer,
    body: { model: "gte-rerank-v2", input: { query, documents }, parameters: { top_n: 3 } },
    reply: { output: { results: relevance }, usage: { total_tokens: 40 }, request_id: "1" },
    scoreKey: "relevance_score",
    scores,
    usage: { tokens: 40, requests: 1 },
  },
  {
    prefix: "siliconflow",
    model: "BAAI/bge-reranker-v2-m3",
    variables: { SILICONFLOW_API_KEY: secret },
    defaultUrl: "https://api.siliconflow.cn/v1/rerank",
    path: "/v1/rerank",
    headers: bearer,
    body: { model: "BAAI/bge-reranker-v2-m3", query, documents, top_n: 3 },
    reply: { id: "1", results: relevance, tokens: { input_tokens: 40, output_tokens: 0 } },
    scoreKey: "relevance_score",
    scores,
    usage: { tokens: 40, requests: 1 },
  },
  {
    prefix: "fireworks_ai",
    model: "accounts/fireworks/models/qwen3-reranker-8b",
    variables: { FIREWORKS_API_KEY: secret },
    defaultUrl: "https://api.fireworks.ai/inference/v1/rerank",
    path: "/v1/rerank",
    headers: bearer,
    body: { model: "accounts/fireworks/models/qwen3-reranker-8b", query, documents, top_n: 3, return_documents: false },
    reply: { object: "list", model: "accounts/fireworks/models/qwen3-reranker-8b", data: relevance, usage },
    scoreKey: "relevance_score",
    scores,
    usage: { tokens: 40, requests: 1 },
  },
  {
    prefix: "deepinfra",
    model: "Qwen/Qwen3-Reranker-0.6B",
    variables: { DEEPINFRA_API_KEY: secret },
    defaultUrl: "https://api.deepinfra.com/v1/inference/Qwen/Qwen3-Reranker-0.6B",
    path: "/v1/inference/Qwen/Qwen3-Reranker-0.6B",
    headers: bearer,
    body: { queries: documents.map(() => query), documents },
    reply: {
      scores: [0.125, 0.25, 0.875],
      input_tokens: 40,
      request_id: null,
      inference_status: { status: "unknown", runtime_ms: 0, cost: 0, tokens_generated: 0, tokens_input: 0, output_length: 0 },
    },
    scoreKey: "score",
    scores,
    usage: { tokens: 40, requests: 1 },
  },
  { prefix: "huggingface", model: "BAAI/bge-reranker-large", variables: { HF_TOKEN: secret }, headers: bearer, ...tei },
  { prefix: "tei", model: "BAAI/bge-reranker-large", variables: {}, headers: {}, ...tei },
  { prefix: "vllm", ...vllm },
  { prefix: "hosted_vllm", ...vllm },
  {
    prefix: "infinity",
    model: "mixedbread-ai/mxbai-rerank-xsmall-v1",
    variables: { INFINITY_API_KEY: secret },
    defaultUrl: undefined,
    path: "/v1/rerank",
    headers: bearer,
    body: { model: "mixedbread-ai/mxbai-rerank-xsmall-v1", query, documents, top_n: 3 },
    reply: { object: "rerank", id: "infinity-1", model: "mixedbread-ai/mxbai-rerank-xsmall-v1", created: 1, results: relevance, usage },
    scoreKey: "relevance_score",
    scores,
    usage: { tokens: 40, requests: 1 },
  },
  {
    prefix: "llamacpp",
    model: "bge-reranker-v2-m3",
    variables: { LLAMA_API_KEY: secret },
    defaultUrl: undefined,
    path: "/v1/rerank",
    headers: bearer,
    body: { model: "bge-reranker-v2-m3", query, documents, top_n: 3 },
    reply: { model: "bge-reranker-v2-m3", object: "list", usage, results: results("relevance_score", logits) },
    scoreKey: "relevance_score",
    scores: logits,
    usage: { tokens: 40, requests: 1 },
  },
  {
    prefix: "localai",
    model: "jina-reranker-v1-base-en",
    variables: { LOCALAI_API_KEY: secret },
    defaultUrl: undefined,
    path: "/v1/rerank",
    headers: bearer,
    body: { model: "jina-reranker-v1-base-en", query, documents, top_n: 3 },
    reply: { model: "jina-reranker-v1-base-en", usage, results: withTexts },
    scoreKey: "relevance_score",
    scores,
    usage: { tokens: 40, requests: 1 },
  },
  {
    prefix: "xinference",
    model: "bge-reranker-base",
    variables: { XINFERENCE_API_KEY: secret },
    defaultUrl: undefined,
    path: "/v1/rerank",
    headers: bearer,
    body: { model: "bge-reranker-base", query, documents, top_n: 3 },
    reply: {
      id: "1",
      results: results("relevance_score", scores, () => ({ document: null })),
      meta: { api_version: null, billed_units: null, tokens: { input_tokens: 40, output_tokens: 0 }, warnings: null },
    },
    scoreKey: "relevance_score",
    scores,
    usage: { tokens: 40, requests: 1 },
  },
  {
    prefix: "crossrank",
    model: "mini",
    variables: { CROSSRANK_API_KEY: secret },
    defaultUrl: undefined,
    path: "/v1/rerank",
    headers: bearer,
    body: { model: "mini", query, documents, top_n: 3, return_documents: false },
    reply: {
      id: "1",
      object: "list",
      model: "mini",
      results: relevance,
      usage,
      meta: { api_version: { version: "1" }, billed_units: { search_units: 1 }, tokens: { input_tokens: 40, output_tokens: 0 } },
    },
    scoreKey: "relevance_score",
    scores,
    usage: { tokens: 40, requests: 1, billedUnits: 1 },
  },
];
