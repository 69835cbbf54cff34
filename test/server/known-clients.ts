/**
 * What known clients send, where they can be pointed, and how they read the answer: as their own source does it, with what it lets pass. A
 * client that takes a missing list for an empty one, or a missing score for 0, does so here, too.
 */
import { vertex } from "../../src/dialects/vertex.ts";

const query = "How to train a dog";
export const documents: readonly string[] = [
  "Cats are independent animals.",
  "Dog training requires patience.",
  "Bird care includes proper cage setup.",
];

/** An answer of the server. */
export interface ClientAnswer {
  status: number;
  body: unknown;
}

/** One client. */
export interface KnownClient {
  name: string;
  /** What it appends to a base URL; absent: its whole URL can be set. */
  suffix?: string;
  /** It keeps only the host of its URL, so that the suffix is its whole path. */
  isFixed?: boolean;
  body: object;
  /** Its scores by place in the request. @throws where the client fails */
  read(answer: ClientAnswer): number[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Fails for what is no object, as all do that read keys of one. */
function objectOf(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("no object");
  return value as Fields;
}

function checkStatus({ status }: ClientAnswer): void {
  if (status !== 200) throw new Error(`status ${status}`);
}

/** A list of results that may be missing, each with an index and a score that may be missing. */
function lenient(list: unknown, scoreKey: string): number[] {
  if (list !== undefined && list !== null && !Array.isArray(list)) throw new Error("no list");
  const scores: number[] = new Array(documents.length).fill(0);
  for (const result of (list ?? []) as unknown[]) {
    const { index = 0, [scoreKey]: score = 0 } = objectOf(result);
    if (typeof score !== "number") throw new Error("no number");
    scores[index as number] = score;
  }
  return scores;
}

/** As {@link lenient}, but fails where the list or a score is missing. */
function strict(list: unknown, scoreKey: string): number[] {
  if (!Array.isArray(list)) throw new Error("no list");
  for (const result of list) if (typeof objectOf(result)[scoreKey] !== "number") throw new Error("no score");
  return lenient(list, scoreKey);
}

const under =
  (read: (list: unknown, scoreKey: string) => number[], listKey: string, scoreKey: string) =>
  (answer: ClientAnswer): number[] => {
    checkStatus(answer);
    return read(objectOf(answer.body)[listKey], scoreKey);
  };

const bare =
  (scoreKey: string) =>
  (answer: ClientAnswer): number[] => {
    checkStatus(answer);
    return strict(answer.body, scoreKey);
  };

function dashScope(answer: ClientAnswer): number[] {
  checkStatus(answer);
  return lenient(objectOf(objectOf(answer.body).output ?? {}).results, "relevance_score");
}

function scoresInOrder(answer: ClientAnswer, listKey: string, scoreOf: (entry: unknown) => unknown): number[] {
  checkStatus(answer);
  const list = objectOf(answer.body)[listKey] ?? [];
  if (!Array.isArray(list)) throw new Error("no list");
  return documents.map((_, index) => Number(scoreOf(list[index]) ?? 0));
}

const named = { model: "any-model", query, documents };
const sources = documents.map((text) => ({ type: "INLINE", inlineDocumentSource: { type: "TEXT", textDocument: { text } } }));
const bedrockConfiguration = {
  type: "BEDROCK_RERANKING_MODEL",
  bedrockRerankingConfiguration: { modelConfiguration: { modelArn: "arn:aws:bedrock:us-west-2::foundation-model/cohere.rerank-v3-5:0" } },
};
const lightRag = { ...named, model: "rerank-v3.5" };

export const knownClients: readonly KnownClient[] = [
  // milvus-io/milvus, internal/util/function/: models/*/*_client.go, and rerank/*_provider.go, which say what goes beside the documents
  // models/vllm/vllm_client.go @ 25ec72e
  { name: "Milvus vllm", suffix: "/rerank", isFixed: true, body: { query, documents }, read: under(lenient, "results", "relevance_score") },
  {
    name: "Milvus vllm, cutting",
    suffix: "/rerank",
    isFixed: true,
    body: { query, documents, truncate_prompt_tokens: 128 },
    read: under(lenient, "results", "relevance_score"),
  },
  // models/tei/tei.go @ 059bfd6
  { name: "Milvus tei", suffix: "/rerank", isFixed: true, body: { query, texts: documents, truncate: true }, read: bare("score") },
  // models/sglang/sglang_client.go @ b3f13f0
  { name: "Milvus sglang", suffix: "/v1/rerank", isFixed: true, body: named, read: bare("score") },
  // models/cohere/cohere_client.go @ 19f996e
  { name: "Milvus cohere", body: { ...named, max_tokens_per_doc: 4096 }, read: under(lenient, "results", "relevance_score") },
  // models/voyageai/voyageai_client.go @ 059bfd6
  { name: "Milvus voyageai", body: named, read: under(lenient, "data", "relevance_score") },
  { name: "Milvus voyageai, cutting", body: { ...named, truncation: true }, read: under(lenient, "data", "relevance_score") },
  // models/siliconflow/siliconflow_client.go @ 4181526
  {
    name: "Milvus siliconflow",
    body: { ...named, max_chunks_per_doc: 5, overlap_tokens: 50 },
    read: under(lenient, "results", "relevance_score"),
  },
  // models/ali/ali_dashscope_client.go @ 0866654
  { name: "Milvus ali", body: { model: "gte-rerank-v2", input: { query, documents } }, read: dashScope },
  // elastic/elasticsearch, x-pack/plugin/inference/…/services/huggingface/, the files that src/dialects/elasticsearch.ts names
  {
    name: "Elasticsearch hugging_face",
    body: { documents, query, return_documents: true },
    read(answer) {
      checkStatus(answer);
      const known = new Set(["index", "score", "relevance_score", "text", "document"]);
      if (!Array.isArray(answer.body)) throw new Error("no list");
      for (const result of answer.body) if (Object.keys(objectOf(result)).some((key) => !known.has(key))) throw new Error("unknown field");
      return lenient(answer.body, "score");
    },
  },
  // the service `custom` with json_parser $.results[*].index, .relevance_score and .document.text: fails where one of them is missing
  {
    name: "Elasticsearch custom",
    body: { query, documents },
    read(answer) {
      checkStatus(answer);
      const { results } = objectOf(answer.body);
      for (const result of results as unknown[])
        if (typeof objectOf(objectOf(result).document).text !== "string") throw new Error("no text");
      return strict(results, "relevance_score");
    },
  },
  // weaviate/weaviate @ 1e25081, modules/reranker-transformers/clients/ranker.go
  {
    name: "Weaviate reranker-transformers",
    suffix: "/rerank",
    body: { query, documents, property: "" },
    read(answer) {
      const { error } = objectOf(answer.body);
      if (error !== undefined && typeof error !== "string") throw new Error("unmarshal response body");
      return scoresInOrder(answer, "scores", (entry) => (entry as Fields | undefined)?.score);
    },
  },
  // n8n-io/n8n @ 8cfd496, RerankerOpenAI.node.ts: `relevance_score || 0`
  {
    name: "n8n OpenAI-compatible",
    suffix: "/v1/rerank",
    body: { ...named, top_n: documents.length },
    read: under(lenient, "results", "relevance_score"),
  },
  // n8n-io/n8n @ 978f19d, RerankerAzureCohere.node.ts: `relevanceScore ?? 0`, by Cohere's client
  {
    name: "n8n Azure Cohere",
    suffix: "/providers/cohere/v2/rerank",
    body: { ...named, top_n: documents.length },
    read(answer) {
      const { results } = objectOf(answer.body);
      checkStatus(answer);
      if (!Array.isArray(results)) throw new TypeError("response.results is not iterable");
      return lenient(results, "relevance_score");
    },
  },
  // HKUDS/LightRAG @ 08d65b3, lightrag/rerank.py, the next three
  { name: "LightRAG cohere", body: lightRag, read: under(lenient, "results", "relevance_score") },
  { name: "LightRAG jina", body: { ...lightRag, return_documents: false }, read: under(lenient, "results", "relevance_score") },
  {
    name: "LightRAG aliyun",
    body: { model: "gte-rerank-v2", input: { query, documents }, parameters: { return_documents: false } },
    read: dashScope,
  },
  // PyPI dashscope 2.0.2, dashscope/v2/resources/rerank.py: `output.get("results") or []`
  {
    name: "DashScope's client",
    suffix: "/services/rerank/text-rerank/text-rerank",
    body: { model: "gte-rerank-v2", input: { query, documents }, parameters: {} },
    read: dashScope,
  },
  {
    name: "DashScope, compatible",
    suffix: "/reranks",
    body: { ...named, model: "qwen3-rerank", instruct: "Find answers." },
    read: under(lenient, "results", "relevance_score"),
  },
  // BerriAI/litellm @ 0647d5b, litellm/llms/{deepinfra,fireworks_ai}/rerank/transformation.py: `.get("scores", [])`
  {
    name: "LiteLLM deepinfra",
    suffix: "/inference/any-model",
    body: { queries: documents.map(() => query), documents },
    read: (answer) => scoresInOrder(answer, "scores", (score) => score),
  },
  {
    name: "LiteLLM fireworks_ai",
    suffix: "/rerank",
    body: { ...named, return_documents: true },
    read: under(strict, "data", "relevance_score"),
  },
  // PyPI google-cloud-discoveryengine 0.20.5: protocol buffers, where what is missing is empty or 0
  {
    name: "Google's client",
    suffix: "/v1/projects/p/locations/global/rankingConfigs/default_ranking_config:rank",
    body: vertex.encodeRequest({ query, documents }),
    read(answer) {
      checkStatus(answer);
      const records = objectOf(answer.body).records as readonly Fields[] | undefined;
      return lenient(
        records?.map(({ id, score }) => ({ index: Number(id), score })),
        "score",
      );
    },
  },
  // PyPI boto3 1.44.8: a key that is missing is left out of the reply, and an application may take that for no results
  {
    name: "boto3",
    suffix: "/rerank",
    body: { queries: [{ type: "TEXT", textQuery: { text: query } }], sources, rerankingConfiguration: bedrockConfiguration },
    read: under(lenient, "results", "relevanceScore"),
  },
  // the vendors' own clients, at their most lenient
  { name: "Voyage", suffix: "/rerank", body: { ...named, top_k: documents.length }, read: under(lenient, "data", "relevance_score") },
  {
    name: "Pinecone",
    suffix: "/rerank",
    body: { ...named, documents: documents.map((text) => ({ text })), rank_fields: ["text"], return_documents: true },
    read: under(lenient, "data", "score"),
  },
  {
    name: "Mixedbread",
    suffix: "/v1/reranking",
    body: { model: "any-model", query, input: documents, top_k: documents.length },
    read: under(lenient, "data", "score"),
  },
  { name: "Together", suffix: "/rerank", body: named, read: under(lenient, "results", "relevance_score") },
  {
    name: "NVIDIA NIM",
    suffix: "/ranking",
    body: { model: "any-model", query: { text: query }, passages: documents.map((text) => ({ text })) },
    read: under(lenient, "rankings", "logit"),
  },
  { name: "Text Embeddings Inference", suffix: "/rerank", body: { query, texts: documents, return_text: false }, read: bare("score") },
  { name: "vLLM score", suffix: "/score", body: { text_1: query, text_2: documents }, read: under(lenient, "data", "score") },
  { name: "vLLM score by queries", suffix: "/score", body: { queries: query, documents }, read: under(lenient, "data", "score") },
  {
    name: "Cohere v1",
    suffix: "/v1/rerank",
    body: { ...named, return_documents: true },
    read: under(lenient, "results", "relevance_score"),
  },
  { name: "Cohere v2", suffix: "/v2/rerank", body: named, read: under(lenient, "results", "relevance_score") },
  {
    name: "Cohere v1 with objects",
    suffix: "/rerank",
    body: { ...named, documents: documents.map((text) => ({ text })) },
    read: under(lenient, "results", "relevance_score"),
  },
  { name: "Jina", body: { ...named, top_n: documents.length }, read: under(lenient, "results", "relevance_score") },
  { name: "Infinity", suffix: "/rerank", body: { ...named, raw_scores: false }, read: under(lenient, "results", "relevance_score") },
  { name: "llama.cpp", suffix: "/reranking", body: named, read: under(lenient, "results", "relevance_score") },
  { name: "Xinference", suffix: "/v1/rerank", body: { ...named, return_len: true }, read: under(lenient, "results", "relevance_score") },
  { name: "OpenVINO Model Server", suffix: "/v3/rerank", body: named, read: under(lenient, "results", "relevance_score") },
  {
    name: "ZeroEntropy",
    suffix: "/models/rerank",
    body: { ...named, latency: "fast" },
    read: under(lenient, "results", "relevance_score"),
  },
  // npm @openrouter/sdk 1.3.19: a result without its document is refused
  {
    name: "OpenRouter",
    suffix: "/rerank",
    body: named,
    read(answer) {
      checkStatus(answer);
      const { results } = objectOf(answer.body);
      for (const result of results as unknown[]) objectOf(objectOf(result).document);
      return strict(results, "relevance_score");
    },
  },
  {
    name: "crossrank",
    suffix: "/rerank",
    body: { query, documents, config: { return: ["logit"] } },
    read: under(lenient, "results", "score"),
  },
  { name: "crossrank without config", suffix: "/rerank", body: { query, documents }, read: under(lenient, "results", "score") },
];
