/** Requests as applications write them that have a reranker's address to fill in; what each reads of the answer is read here. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { documents, type KeyedServer, type Place, query, rankedByLibrary, startServer } from "./server.node.ts";

let server: KeyedServer;
let expected: Place[];
beforeAll(async () => {
  server = await startServer({ strictModel: false }); // they come with names of their own
  expected = await rankedByLibrary(documents);
});
afterAll(() => server.stop());

interface Scored {
  index: number;
  document?: { text: string };
  text?: string;
  relevance_score?: number;
  score?: number;
  logit?: number;
}
type Answer = { results: Scored[]; rankings: Scored[]; meta: { tokens: { input_tokens: number; output_tokens: number } } } & Scored[];

const openAiLike = { model: "bge-reranker-v2-m3", query, documents, top_n: documents.length };
const results = ({ results }: Answer): Scored[] => results;
const itself = (answer: Answer): Scored[] => answer;

it.each<[application: string, path: string, body: object, read: (answer: Answer) => Scored[]]>([
  // langgenius/dify-official-plugins @ 225e44d, models/openai_api_compatible/models/rerank/rerank.py
  ["Dify, OpenAI-API-compatible", "/v1/rerank", openAiLike, results],
  // langgenius/dify-plugin-sdks, interfaces/model/openai_compatible/rerank.py, behind its LocalAI, vLLM and GPUStack providers
  ["Dify, providers after Jina", "/v1/rerank", { ...openAiLike, top_n: null, return_documents: true }, echoed],
  // dify-official-plugins, models/huggingface_tei/models/helper.py
  ["Dify, text-embeddings-inference", "/rerank", { query, texts: documents, return_text: true }, echoed],
  // infiniflow/ragflow @ 5b404a9, rag/llm/rerank_model.py, the next five
  ["RAGFlow, OpenAI-API-Compatible and LocalAI", "/rerank", openAiLike, results],
  ["RAGFlow, GPUStack and Jina", "/v1/rerank", openAiLike, results],
  [
    "RAGFlow, Xinference",
    "/v1/rerank",
    { model: "bge-reranker-v2-m3", query, return_documents: "true", return_len: "true", documents },
    results,
  ],
  [
    "RAGFlow, SiliconFlow",
    "/v1/rerank",
    { ...openAiLike, return_documents: false, max_chunks_per_doc: 1024, overlap_tokens: 80 },
    withTokens,
  ],
  ["RAGFlow, Hugging Face", "/rerank", { query, texts: documents, raw_scores: false, truncate: true }, itself],
  // open-webui/open-webui @ ab233f8, backend/open_webui/retrieval/models/external.py
  ["Open WebUI, external reranker", "/v1/rerank", openAiLike, results],
  // n8n-nodes-reranker-openai; n8n's own Cohere node has no address to fill in
  ["n8n, OpenAI-compatible reranker", "/v1/rerank", { ...openAiLike, model: "rerank-1" }, results],
  // llama_index/postprocessor/tei_rerank/base.py 0.6.0
  ["LlamaIndex, text-embeddings-inference", "/rerank", { query, texts: documents }, itself],
])("%s", async (_, path, body, read) => {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${server.apiKey}` },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  const scored = read((await response.json()) as Answer);
  expect(scored.map(({ index, relevance_score, score }) => ({ index, score: relevance_score ?? score }))).toEqual(
    expected.map(({ index, score }) => ({ index, score: expect.closeTo(score, 6) })),
  );
});

function echoed(answer: Answer): Scored[] {
  const scored = answer.results ?? answer;
  expect(scored.map(({ document, text }) => document?.text ?? text)).toEqual(scored.map(({ index }) => documents[index]));
  return scored;
}

function withTokens({ results, meta: { tokens } }: Answer): Scored[] {
  expect(tokens.input_tokens + tokens.output_tokens).toBeGreaterThan(0);
  return results;
}
