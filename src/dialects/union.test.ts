import { describe, expect, it } from "vitest";
import { union } from "./union.ts";

const base = { query: "q", documents: ["a"] };

describe("union", () => {
  it.each([
    [
      "Cohere v1",
      { rank_fields: ["title"], return_documents: false, max_chunks_per_doc: 10 },
      { fields: ["title"], returnDocuments: false },
    ],
    ["Jina", { top_n: 2, truncation: false, max_doc_length: 64 }, { topK: 2, truncate: false, maxTokensPerDocument: 64 }],
    ["vLLM", { top_n: 0, use_activation: false, max_tokens_per_doc: 32 }, { rawScores: true, maxTokensPerDocument: 32 }],
    [
      "vLLM",
      { truncate_prompt_tokens: 12, truncation_side: "left", activation: false },
      { maxTokens: 12, truncationSide: "left", rawScores: true },
    ] as const,
    ["vLLM", { truncate_prompt_tokens: -1, top_n: -1 }, {}],
    ["Voyage", { top_k: 2, top_n: 0 }, { topK: 2 }],
    ["Infinity", { raw_scores: true, return_documents: true }, { rawScores: true, returnDocuments: true }],
    ["LiteLLM", { model: "m", top_n: null, rank_fields: null, return_documents: true }, { model: "m", returnDocuments: true }],
    [
      "a client that writes out everything as null",
      { model: null, top_n: null, raw_scores: null, truncation: null, use_activation: null },
      {},
    ],
  ])("understands a client of %s", (_, body, request) => {
    expect(union.decodeRequest({ ...base, ...body })).toEqual({ ...base, ...request });
  });

  it("lets the first word for a thing count", () => {
    const body = { ...base, raw_scores: false, use_activation: false, max_tokens_per_doc: 8, max_doc_length: 9 };
    expect(union.decodeRequest(body)).toEqual({ ...base, rawScores: false, maxTokensPerDocument: 8 });
  });

  it("answers for clients of Jina and of Cohere at once", () => {
    const documents = ["a", { title: "b" }];
    const results = documents.map((document, index) => ({ index, score: 1 - index, document }));
    expect(union.encodeReply({ id: "x", model: "mini", created: 1, tokens: 20, billedUnits: 1, results })).toEqual({
      id: "x",
      object: "list",
      model: "mini",
      results: [
        { index: 0, relevance_score: 1, document: { text: "a" } },
        { index: 1, relevance_score: 0, document: { title: "b" } },
      ],
      usage: { prompt_tokens: 20, total_tokens: 20 },
      meta: { api_version: { version: "1" }, billed_units: { search_units: 1 }, tokens: { input_tokens: 20, output_tokens: 0 } },
    });
    expect(union.echoesByDefault).toBe(true);
  });

  it("writes errors under the keys of both", () => {
    expect(union.encodeError({ status: 422, code: "invalid-input", message: "m", requestId: "r" })).toEqual({
      status: 422,
      body: { message: "m", detail: "m", code: "invalid-input", request_id: "r" },
    });
  });
});
