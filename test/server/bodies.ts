/** A body of each dialect that says everything the dialect can, and what can be done to one. */
import { type Route, routes } from "../../src/server/routes.ts";
import { documents, marker, query } from "./support.node.ts";

/** A value of JSON. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Where a value stands in another: keys and places, from the outside. */
export type Pointer = readonly (string | number)[];

const texts = [...documents];
const objects = [{ text: texts[0]!, [marker]: 1 }, { text: texts[1]!, nested: { [marker]: [texts[2]!] } }, texts[2]!];
const cutting = { truncate_prompt_tokens: 40, truncation_side: "left" };
const vllmOptions = { model: "mini", ...cutting, use_activation: true, activation: true, max_tokens_per_doc: 100 };

const bodies: Readonly<Record<string, { [key: string]: Json }>> = {
  native: {
    query,
    documents: objects,
    config: {
      model: { type: "preset", name: "mini" },
      top_k: 2,
      threshold: 0.01,
      truncation: "longest_first",
      truncation_side: "left",
      max_length: 40,
      instruction: marker,
      fields: ["text", marker],
      return: ["logit", "tokens", "truncated", "model", "usage", "timings", "warnings"],
      batch_size: 2,
      max_rerank_duration_secs: 30,
    },
  },
  union: {
    ...{ model: "mini", query, documents: objects, top_n: 2, top_k: 2, return_documents: true, rank_fields: ["text"], raw_scores: true },
    ...{
      use_activation: true,
      activation: true,
      ...cutting,
      truncation: true,
      max_tokens_per_doc: 100,
      max_doc_length: 100,
      max_chunks_per_doc: 1,
    },
  },
  "cohere-v2": { model: "mini", query, documents: texts, top_n: 2, max_tokens_per_doc: 100, priority: 0 },
  "cohere-v1": {
    ...{ model: "mini", query, documents: objects, top_n: 2, rank_fields: ["text"], return_documents: true, max_chunks_per_doc: 1 },
  },
  jina: {
    ...{ model: "mini", query, documents: objects, top_n: 2, return_documents: true, truncation: true },
    ...{ max_doc_length: 100, return_embeddings: false },
  },
  voyage: { model: "mini", query, documents: texts, top_k: 2, return_documents: true, truncation: true },
  mixedbread: { model: "mini", query, input: objects, rank_fields: ["text"], top_k: 2, return_input: true, rewrite_query: false },
  pinecone: {
    ...{ model: "mini", query, documents: objects, top_n: 2, return_documents: true, rank_fields: ["text"] },
    parameters: { truncate: "END" },
  },
  together: { model: "mini", query, documents: objects, top_n: 2, return_documents: true, rank_fields: ["text"] },
  nim: { model: "mini", query: { text: query }, passages: texts.map((text) => ({ text })), truncate: "END" },
  bedrock: {
    queries: [{ type: "TEXT", textQuery: { text: query } }],
    sources: [
      { type: "INLINE", inlineDocumentSource: { type: "TEXT", textDocument: { text: texts[0]! } } },
      { type: "INLINE", inlineDocumentSource: { type: "JSON", jsonDocument: { text: texts[1]!, [marker]: 1 } } },
    ],
    rerankingConfiguration: {
      type: "BEDROCK_RERANKING_MODEL",
      bedrockRerankingConfiguration: {
        modelConfiguration: { modelArn: "arn:aws:bedrock:us-west-2::foundation-model/mini", additionalModelRequestFields: {} },
        numberOfResults: 1,
      },
    },
    nextToken: null,
  },
  vertex: {
    ...{ model: "mini", query, topN: 2, ignoreRecordDetailsInResponse: false, userLabels: {} },
    records: texts.map((content, index) => ({ id: `r${index}`, title: marker, content })),
  },
  dashscope: {
    model: "mini",
    input: { query, documents: texts },
    parameters: { top_n: 2, return_documents: true, instruct: marker },
  },
  "dashscope-compatible": { model: "mini", query, documents: texts, top_n: 2, return_documents: true, instruct: marker },
  openrouter: { model: "mini", query, documents: objects, top_n: 2, provider: {}, user: marker },
  zeroentropy: { model: "mini", query, documents: texts, top_n: 2, latency: "fast" },
  fireworks: { model: "mini", query, documents: texts, top_n: 2, return_documents: true, task: marker },
  deepinfra: { model: "mini", queries: texts.map(() => query), documents: texts, instruction: marker },
  elasticsearch: { documents: texts, query, return_documents: true, top_n: 2, max_chunks_per_doc: 1 },
  weaviate: { query, documents: texts, property: "" },
  tei: { query, texts, truncate: true, truncation_direction: "Right", raw_scores: true, return_text: true },
  vllm: { query, documents: objects, top_n: 2, ...vllmOptions },
  infinity: { model: "mini", query, documents: objects, return_documents: true, raw_scores: true, top_n: 2 },
  llamacpp: { model: "mini", query, documents: objects, top_n: 2 },
  "llamacpp-texts": { model: "mini", query, texts, top_n: 2, return_text: true },
  xinference: {
    ...{ model: "mini", query, documents: objects, top_n: 2, return_documents: true, return_len: true },
    ...{ max_chunks_per_doc: 1, kwargs: "{}" },
  },
  localai: { model: "mini", query, documents: objects, top_n: 2, backend: "rerankers" },
  "vllm-score": {
    ...{ text_1: query, text_2: texts, queries: [query, query, query], documents: texts, items: texts, data_1: query, data_2: texts },
    ...vllmOptions,
  },
};

/** A dialect with a body of it. */
export interface DialectBody {
  name: string;
  /** That speaks it, and as little else as possible. */
  path: string;
  route: Route;
  body: { [key: string]: Json };
}

/** Every dialect. */
export const dialectBodies: readonly DialectBody[] = Object.entries(bodies).map(([name, body]) => {
  const speaking = routes.filter(({ dialects }) => dialects.some((dialect) => dialect.name === name));
  const route = speaking.sort((left, right) => left.dialects.length - right.dialects.length)[0]!;
  return { name, path: route.path, route, body };
});

/** Places of all values, the whole among them. */
export function pointersOf(value: Json, at: Pointer = []): Pointer[] {
  if (typeof value !== "object" || value === null) return [at];
  const items: [string | number, Json][] = Array.isArray(value) ? value.map((item, index) => [index, item]) : Object.entries(value);
  return [at, ...items.flatMap(([key, item]) => pointersOf(item, [...at, key]))];
}

export function valueAt(value: Json, pointer: Pointer): Json {
  return pointer.reduce<Json>((inside, key) => (inside as Record<string | number, Json>)[key]!, value);
}

/** A copy with another value at one place. */
export function replaceAt(value: Json, pointer: Pointer, replacement: Json): Json {
  const [key, ...rest] = pointer;
  if (key === undefined) return replacement;
  const copy = structuredClone(value) as Record<string | number, Json>;
  copy[key] = replaceAt(copy[key]!, rest, replacement);
  return copy as Json;
}

/** An object with one more key of its own, whatever the key means elsewhere: `__proto__` too. */
export function withKey(value: { [key: string]: Json }, key: string, item: Json): { [key: string]: Json } {
  return Object.defineProperty({ ...value }, key, { value: item, enumerable: true });
}

/** The text of lists or objects, one in the other, with nothing inside. */
export function nested(depth: number, kind: "lists" | "objects"): string {
  const [open, close] = kind === "lists" ? ["[", "]"] : ['{"text":', "}"];
  return open.repeat(depth) + (kind === "lists" ? "" : "1") + close.repeat(depth);
}
