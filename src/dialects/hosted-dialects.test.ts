/** Requests, replies and errors of hosted services, as their specifications write them; each source is named in the codec's file. */
import { describe, expect, it } from "vitest";
import { cohereV1 } from "./cohere-v1.ts";
import { cohereV2 } from "./cohere-v2.ts";
import { jina } from "./jina.ts";
import { mixedbread } from "./mixedbread.ts";
import { nim } from "./nim.ts";
import { pinecone } from "./pinecone.ts";
import { together } from "./together.ts";
import { voyage } from "./voyage.ts";

const invalid = { status: 422, code: "invalid-input", message: "query: is blank. Give it a text.", requestId: "r-1" };
const unauthorized = { status: 401, code: "unauthorised", message: "The key is wrong." };
const busy = { status: 429, code: "overloaded", message: "Too many requests." };
const results = [
  { index: 3, score: 0.875, document: "Washington, D.C. is the capital." },
  { index: 2, score: 0.5, document: { text: "Capitol Hill", title: "Hill" } },
] as const;

describe("cohere-v2", () => {
  it("reads the documented request", () => {
    const body = { model: "rerank-v4.0-pro", query: "capital", documents: ["Carson City", "Saipan"], top_n: 3, max_tokens_per_doc: 4096 };
    expect(cohereV2.decodeRequest({ ...body, priority: 0 })).toEqual({
      model: "rerank-v4.0-pro",
      query: "capital",
      documents: ["Carson City", "Saipan"],
      topK: 3,
      maxTokensPerDocument: 4096,
    });
    expect(cohereV2.encodeRequest(cohereV2.decodeRequest(body))).toEqual(body);
  });

  it("reads and writes the documented reply, which echoes nothing", () => {
    const body = {
      results: [
        { index: 3, relevance_score: 0.999071 },
        { index: 4, relevance_score: 0.7867867 },
      ],
      id: "07734bd2-2473-4f07-94e1-0d9f0e6843cf",
      meta: { api_version: { version: "2", is_experimental: false }, billed_units: { search_units: 1 } },
    };
    expect(cohereV2.decodeReply(body)).toEqual({
      id: "07734bd2-2473-4f07-94e1-0d9f0e6843cf",
      billedUnits: 1,
      results: [
        { index: 3, score: 0.999071 },
        { index: 4, score: 0.7867867 },
      ],
    });
    expect(cohereV2.encodeReply({ id: "x", model: "m", tokens: 40, billedUnits: 1, results })).toEqual({
      id: "x",
      results: [
        { index: 3, relevance_score: 0.875 },
        { index: 2, relevance_score: 0.5 },
      ],
      meta: { api_version: { version: "2" }, billed_units: { search_units: 1 }, tokens: { input_tokens: 40, output_tokens: 0 } },
    });
  });

  it("answers a request that does not validate with 400", () => {
    expect(cohereV2.encodeError(invalid)).toEqual({ status: 400, body: { id: "r-1", message: invalid.message } });
    expect(cohereV2.encodeError(unauthorized)).toEqual({ status: 401, body: { message: unauthorized.message } });
    expect(cohereV2.decodeError({ message: "invalid api token" })).toBe("invalid api token");
  });
});

describe("cohere-v1", () => {
  it("keeps objects as they came, with the fields to read", () => {
    const body = {
      model: "rerank-english-v3.0",
      query: "capital",
      documents: ["Carson City", { text: "Saipan", title: "Islands" }],
      top_n: 3,
      rank_fields: ["title", "text"],
      return_documents: true,
    };
    expect(cohereV1.decodeRequest({ ...body, max_chunks_per_doc: 10 })).toEqual({
      model: "rerank-english-v3.0",
      query: "capital",
      documents: ["Carson City", { text: "Saipan", title: "Islands" }],
      topK: 3,
      fields: ["title", "text"],
      returnDocuments: true,
    });
    expect(cohereV1.encodeRequest(cohereV1.decodeRequest(body))).toEqual(body);
  });

  it("echoes a text as {text}, an object as it came", () => {
    expect(cohereV1.encodeReply({ id: "x", results })).toEqual({
      id: "x",
      results: [
        { index: 3, relevance_score: 0.875, document: { text: "Washington, D.C. is the capital." } },
        { index: 2, relevance_score: 0.5, document: { text: "Capitol Hill", title: "Hill" } },
      ],
      meta: { api_version: { version: "1" } },
    });
    expect(cohereV1.echoesByDefault).toBe(false);
  });
});

describe("jina", () => {
  it("reads the documented request, objects among the documents", () => {
    const body = {
      model: "jina-reranker-v2-base-multilingual",
      query: "skincare",
      documents: ["Bio-Hautpflege", { text: "Neue Make-up-Trends" }],
      top_n: 3,
      return_documents: false,
      truncation: true,
      max_doc_length: 1024,
    };
    expect(jina.decodeRequest({ ...body, return_embeddings: false })).toEqual({
      model: "jina-reranker-v2-base-multilingual",
      query: "skincare",
      documents: ["Bio-Hautpflege", { text: "Neue Make-up-Trends" }],
      topK: 3,
      returnDocuments: false,
      truncate: true,
      maxTokensPerDocument: 1024,
    });
  });

  it("reads documents of all documented kinds", () => {
    const body = {
      model: "jina-reranker-m0",
      object: "list",
      usage: { total_tokens: 815 },
      results: [
        { index: 0, relevance_score: 0.9, document: { text: "a" } },
        { index: 1, relevance_score: 0.8, document: "b" },
        { index: 2, relevance_score: 0.7, document: { image: "https://…" } },
        { index: 3, relevance_score: 0.6 },
      ],
    };
    expect(jina.decodeReply(body)).toEqual({
      model: "jina-reranker-m0",
      tokens: 815,
      results: [
        { index: 0, score: 0.9, document: "a" },
        { index: 1, score: 0.8, document: "b" },
        { index: 2, score: 0.7, document: { image: "https://…" } },
        { index: 3, score: 0.6 },
      ],
    });
  });

  it("echoes by default, as {text}", () => {
    expect(jina.echoesByDefault).toBe(true);
    expect(jina.encodeReply({ model: "m", tokens: 7, results: [{ index: 0, score: 1, document: "a" }] })).toEqual({
      model: "m",
      object: "list",
      usage: { total_tokens: 7 },
      results: [{ index: 0, relevance_score: 1, document: { text: "a" } }],
    });
  });

  it("writes errors with the codes that are known", () => {
    expect(jina.encodeError(invalid)).toEqual({ status: 422, body: { detail: invalid.message, request_id: "r-1" } });
    const issues = [{ path: ["documents", 1], message: "expected string", type: "string_type" }] as const;
    expect(jina.encodeError({ ...invalid, issues }).body).toEqual({
      detail: invalid.message,
      errors: [{ field: "documents.1", message: "expected string", type: "string_type" }],
      request_id: "r-1",
    });
    expect(jina.encodeError(unauthorized).body).toEqual({ code: "AUTH_INVALID_API_KEY", detail: unauthorized.message });
    expect(jina.encodeError(busy)).toEqual({ status: 429, body: { code: "RATE_REQUEST_LIMIT_EXCEEDED", detail: busy.message } });
    expect(jina.decodeError({ errors: [{ field: "top_n", input: 0, message: "too small", type: "value_error" }] })).toBe(
      "top_n: too small",
    );
  });
});

describe("voyage", () => {
  it("reads the documented request and reply", () => {
    const request = { query: "q", documents: ["a", "b"], model: "rerank-2.5", top_k: 1, return_documents: true, truncation: false };
    expect(voyage.decodeRequest(request)).toEqual({
      query: "q",
      documents: ["a", "b"],
      model: "rerank-2.5",
      topK: 1,
      returnDocuments: true,
      truncate: false,
    });
    const reply = {
      object: "list",
      data: [{ relevance_score: 0.4375, index: 0, document: "a" }],
      model: "rerank-2.5",
      usage: { total_tokens: 26 },
    };
    expect(voyage.decodeReply(reply)).toEqual({ model: "rerank-2.5", tokens: 26, results: [{ index: 0, score: 0.4375, document: "a" }] });
    expect(voyage.encodeReply(voyage.decodeReply(reply))).toEqual(reply);
  });

  it("answers a request that does not validate with 400", () => {
    expect(voyage.encodeError(invalid)).toEqual({ status: 400, body: { detail: invalid.message } });
  });
});

describe("mixedbread", () => {
  it("reads the documented request and reply", () => {
    const request = {
      model: "mixedbread-ai/mxbai-rerank-large-v2",
      query: "q",
      input: ["a", { title: "b" }],
      rank_fields: ["title"],
      top_k: 2,
      return_input: true,
    };
    expect(mixedbread.decodeRequest({ ...request, rewrite_query: false })).toEqual({
      model: "mixedbread-ai/mxbai-rerank-large-v2",
      query: "q",
      documents: ["a", { title: "b" }],
      fields: ["title"],
      topK: 2,
      returnDocuments: true,
    });
    const reply = {
      usage: { prompt_tokens: 9, total_tokens: 9 },
      model: "mixedbread-ai/mxbai-rerank-large-v2",
      data: [{ index: 1, score: 0.75, input: { title: "b" }, object: "rank_result" }],
      object: "list",
      top_k: 1,
      return_input: true,
    };
    expect(mixedbread.encodeReply(mixedbread.decodeReply(reply))).toEqual(reply);
    expect(mixedbread.encodeReply({ results: [] })).toEqual({ data: [], object: "list", top_k: 0, return_input: false });
  });

  it("writes the message under both usual keys, with 422 as it documents", () => {
    expect(mixedbread.encodeError(invalid)).toEqual({ status: 422, body: { message: invalid.message, detail: invalid.message } });
  });
});

describe("pinecone", () => {
  it("reads the documented request, sends a text as {text}", () => {
    const request = {
      model: "bge-reranker-v2-m3",
      query: "The tech company Apple is known for its innovative products.",
      documents: [{ id: "vec1", text: "Apple is a popular fruit." }],
      top_n: 4,
      return_documents: true,
      rank_fields: ["text"],
      parameters: { truncate: "END" as const },
    };
    expect(pinecone.decodeRequest(request)).toEqual({
      model: "bge-reranker-v2-m3",
      query: "The tech company Apple is known for its innovative products.",
      documents: [{ id: "vec1", text: "Apple is a popular fruit." }],
      topK: 4,
      returnDocuments: true,
      fields: ["text"],
      truncate: true,
    });
    expect(pinecone.encodeRequest({ query: "q", documents: ["a"], truncate: false })).toEqual({
      query: "q",
      documents: [{ text: "a" }],
      parameters: { truncate: "NONE" as const },
    });
  });

  it("gives the original object back, by default", () => {
    const reply = {
      model: "bge-reranker-v2-m3",
      data: [{ index: 0, score: 0.75, document: { id: "vec1", text: "Apple is a popular fruit." } }],
      usage: { rerank_units: 1 },
    };
    expect(pinecone.echoesByDefault).toBe(true);
    expect(pinecone.encodeReply(pinecone.decodeReply(reply))).toEqual(reply);
    expect(pinecone.encodeReply({ results: [{ index: 0, score: 1, document: "a" }] }).data).toEqual([
      { index: 0, score: 1, document: { text: "a" } },
    ]);
  });

  it("repeats the status in the body of an error", () => {
    expect(pinecone.encodeError(invalid)).toEqual({
      status: 400,
      body: { status: 400, error: { code: "INVALID_ARGUMENT", message: invalid.message } },
    });
    expect(pinecone.encodeError(unauthorized).body).toMatchObject({ error: { code: "UNAUTHENTICATED" } });
    expect(pinecone.encodeError(busy).body).toMatchObject({ status: 429, error: { code: "RESOURCE_EXHAUSTED" } });
    expect(pinecone.encodeError({ ...busy, status: 413 }).body).toMatchObject({ status: 413, error: { code: "INVALID_ARGUMENT" } });
  });
});

describe("together", () => {
  it("echoes a text, or the JSON of an object, in a text", () => {
    expect(
      together.encodeReply({ id: "x", model: "Salesforce/Llama-Rank-v1", tokens: 5, results: [...results, { index: 0, score: 0 }] }),
    ).toEqual({
      object: "rerank",
      id: "x",
      model: "Salesforce/Llama-Rank-v1",
      results: [
        { index: 3, relevance_score: 0.875, document: { text: "Washington, D.C. is the capital." } },
        { index: 2, relevance_score: 0.5, document: { text: '{"text":"Capitol Hill","title":"Hill"}' } },
        { index: 0, relevance_score: 0, document: { text: null } },
      ],
      usage: { prompt_tokens: 5, completion_tokens: 0, total_tokens: 5 },
    });
  });

  it("reads a result without a text, and leaves JSON in a text alone", () => {
    const text = '{"title":"Hill"}';
    const body = {
      object: "rerank",
      model: "m",
      results: [
        { index: 0, relevance_score: 1, document: { text } },
        { index: 1, relevance_score: 0, document: {} },
      ],
      usage: { prompt_tokens: 1837, completion_tokens: 0, total_tokens: 1837 },
    };
    expect(together.decodeReply(body)).toEqual({
      model: "m",
      tokens: 1837,
      results: [
        { index: 0, score: 1, document: text },
        { index: 1, score: 0 },
      ],
    });
  });

  it("writes errors after OpenAI, with 400 for a request that does not validate", () => {
    expect(together.encodeError(invalid)).toEqual({
      status: 400,
      body: { error: { message: invalid.message, type: "invalid_request_error", param: null, code: null } },
    });
    expect(together.encodeError({ ...busy, status: 503 }).body).toMatchObject({ error: { type: "server_error" } });
  });
});

describe("nim", () => {
  it("reads and writes the documented request and reply, whose scores are logits", () => {
    const request = {
      model: "nvidia/llama-nemotron-rerank-1b-v2",
      query: { text: "which way should i go?" },
      passages: [{ text: "two roads diverged" }, { text: "then took the other" }],
      truncate: "END" as const,
    };
    expect(nim.decodeRequest(request)).toEqual({
      model: "nvidia/llama-nemotron-rerank-1b-v2",
      query: "which way should i go?",
      documents: ["two roads diverged", "then took the other"],
      truncate: true,
    });
    expect(nim.encodeRequest(nim.decodeRequest(request))).toEqual(request);
    const reply = {
      rankings: [
        { index: 0, logit: -1.2421875 },
        { index: 3, logit: -3.029296875 },
      ],
    };
    expect(nim.encodeReply(nim.decodeReply(reply))).toEqual(reply);
    expect(nim.scoresAreLogits).toBe(true);
  });

  it("reads the error of a container", () => {
    const seen = {
      object: "error",
      message: "Input length 12007 exceeds maximum allowed token size 8192",
      detail: {},
      type: "invalid_request_error",
    };
    expect(nim.decodeError(seen)).toBe("Input length 12007 exceeds maximum allowed token size 8192");
    expect(nim.encodeError(invalid)).toEqual({
      status: 422,
      body: { object: "error", message: invalid.message, detail: invalid.message, type: "invalid_request_error" },
    });
  });
});
