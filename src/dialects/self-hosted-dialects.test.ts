/** Requests, replies and errors of servers that people run themselves, as their sources write them; each is named in the codec's file. */
import { describe, expect, it } from "vitest";
import { infinity } from "./infinity.ts";
import { llamaCpp, llamaCppTexts } from "./llamacpp.ts";
import { localAi } from "./localai.ts";
import { tei } from "./tei.ts";
import { vllm } from "./vllm.ts";
import { xinference } from "./xinference.ts";

const invalid = { status: 422, code: "invalid-input", message: "query: is blank. Give it a text." };
const unknownModel = { status: 404, code: "unknown-model", message: "There is no such model." };
const broken = { status: 500, code: "internal", message: "The server failed." };
const results = [
  { index: 1, score: 0.75, document: "Paris" },
  { index: 0, score: 0.25, document: { text: "Rome", country: "Italy" } },
] as const;
const reply = { id: "rerank-1", model: "m", created: 1_790_000_000, tokens: 12, results };

describe("tei", () => {
  it("reads the documented request", () => {
    const body = { query: "What is Deep Learning?", texts: ["Deep Learning is not...", "Deep learning is..."], raw_scores: false };
    expect(tei.decodeRequest({ ...body, truncate: null, truncation_direction: "right", return_text: true })).toEqual({
      query: "What is Deep Learning?",
      documents: ["Deep Learning is not...", "Deep learning is..."],
      rawScores: false,
      returnDocuments: true,
      truncationSide: "right",
    });
    // In capitals, which is all that versions before the aliases read.
    expect(tei.encodeRequest({ query: "q", documents: [], truncationSide: "left" })).toMatchObject({ truncation_direction: "Left" });
    expect(tei.decodeRequest({ query: "q", texts: [], truncation_direction: "Left" })).toMatchObject({ truncationSide: "left" });
  });

  it("answers a bare list", () => {
    expect(tei.encodeReply(reply)).toEqual([
      { index: 1, score: 0.75, text: "Paris" },
      { index: 0, score: 0.25, text: "Rome" },
    ]);
    expect(tei.encodeReply({ results: [{ index: 0, score: 1 }] })).toEqual([{ index: 0, score: 1 }]);
  });

  it.each([
    [422, "invalid-input", 422, "Validation"],
    [413, "too-large", 413, "Validation"],
    [400, "invalid-input", 400, "Empty"],
    [401, "unauthorised", 401, "Validation"],
    [429, "overloaded", 429, "Overloaded"],
    [500, "tokenization", 422, "Tokenizer"],
    [500, "inference", 424, "Backend"],
    [500, "internal", 500, "Backend"],
    [503, "inference", 503, "Unhealthy"],
    [504, "timeout", 504, "Backend"],
  ])("answers status %i with code %s as %i %s", (status, code, ownStatus, type) => {
    expect(tei.encodeError({ status, code, message: "m" })).toEqual({ status: ownStatus, body: { error: "m", error_type: type } });
  });

  it("reads the message of an error", () => {
    expect(tei.decodeError({ error: "Input validation error: `inputs` cannot be empty", error_type: "Empty" })).toBe(
      "Input validation error: `inputs` cannot be empty",
    );
  });
});

describe("vllm", () => {
  it("takes top_n 0 for all, and null for nothing said", () => {
    expect(vllm.decodeRequest({ query: "q", documents: ["a"], top_n: 0 })).toEqual({ query: "q", documents: ["a"] });
    expect(vllm.decodeRequest({ model: null, query: "q", documents: [{ text: "a" }], top_n: null })).toEqual({
      query: "q",
      documents: [{ text: "a" }],
    });
  });

  it("reads both spellings of raw scores, and any truncation", () => {
    const body = { query: "q", documents: [] };
    expect(vllm.decodeRequest({ ...body, use_activation: false })).toMatchObject({ rawScores: true });
    expect(vllm.decodeRequest({ ...body, activation: false })).toMatchObject({ rawScores: true });
    expect(vllm.decodeRequest({ ...body, use_activation: true, activation: false })).toMatchObject({ rawScores: false });
    expect(vllm.decodeRequest({ ...body, truncate_prompt_tokens: -1, max_tokens_per_doc: 9 })).toMatchObject({
      truncate: true,
      maxTokensPerDocument: 9,
    });
    expect(vllm.decodeRequest({ ...body, truncate_prompt_tokens: 12, truncation_side: "left" })).toEqual({
      ...body,
      maxTokens: 12,
      truncationSide: "left",
    });
    expect(vllm.encodeRequest({ ...body, truncate: true, rawScores: true })).toEqual({
      ...body,
      truncate_prompt_tokens: -1,
      use_activation: false,
    });
  });

  it("always has a document in a result, as {text}", () => {
    expect(vllm.encodeReply({ ...reply, results: [...results, { index: 2, score: 0 }] })).toEqual({
      id: "rerank-1",
      model: "m",
      usage: { prompt_tokens: 12, total_tokens: 12 },
      results: [
        { index: 1, document: { text: "Paris" }, relevance_score: 0.75 },
        { index: 0, document: { text: "Rome" }, relevance_score: 0.25 },
        { index: 2, document: { text: null }, relevance_score: 0 },
      ],
    });
    expect(vllm.echoesByDefault).toBe(true);
  });

  it("reads a reply of vLLM's own", () => {
    const body = {
      id: "rerank-fae51b2b664d4ed38f5969b612edff77",
      model: "BAAI/bge-reranker-base",
      usage: { prompt_tokens: 56, total_tokens: 56 },
      results: [{ index: 1, document: { text: "The capital of France is Paris.", multi_modal: null }, relevance_score: 0.99853515625 }],
    };
    expect(vllm.decodeReply(body)).toEqual({
      id: "rerank-fae51b2b664d4ed38f5969b612edff77",
      model: "BAAI/bge-reranker-base",
      tokens: 56,
      results: [{ index: 1, score: 0.99853515625, document: "The capital of France is Paris." }],
    });
  });

  it("writes errors with 400 for a request that does not validate", () => {
    expect(vllm.encodeError(invalid)).toEqual({
      status: 400,
      body: { error: { message: invalid.message, type: "BadRequestError", param: null, code: 400 } },
    });
    expect(vllm.encodeError(unknownModel).body).toMatchObject({ error: { type: "NotFoundError", code: 404 } });
    expect(vllm.encodeError({ ...broken, status: 503 }).body).toMatchObject({ error: { type: "Service Unavailable", code: 503 } });
    expect(vllm.encodeError({ ...broken, status: 499 }).body).toMatchObject({ error: { type: "BadRequestError", code: 499 } });
  });
});

describe("infinity", () => {
  it("reads the documented request and echoes plain texts", () => {
    expect(
      infinity.decodeRequest({
        model: "default/not-specified",
        query: "q",
        documents: ["a"],
        return_documents: true,
        raw_scores: true,
        top_n: 1,
      }),
    ).toEqual({ model: "default/not-specified", query: "q", documents: ["a"], returnDocuments: true, rawScores: true, topK: 1 });
    expect(infinity.encodeReply(reply)).toEqual({
      object: "rerank",
      id: "rerank-1",
      model: "m",
      created: 1_790_000_000,
      results: [
        { relevance_score: 0.75, index: 1, document: "Paris" },
        { relevance_score: 0.25, index: 0, document: "Rome" },
      ],
      usage: { prompt_tokens: 12, total_tokens: 12 },
    });
  });

  it("answers a wrong model with 400, and other refusals as OpenAI does", () => {
    expect(infinity.encodeError(unknownModel)).toEqual({
      status: 400,
      body: { error: { message: unknownModel.message, type: null, param: null, code: 400 } },
    });
    const unable = { status: 422, code: "unsupported-model", message: "It has no head." };
    expect(infinity.encodeError(unable)).toEqual({
      status: 400,
      body: { error: { message: unable.message, type: null, param: null, code: 400 } },
    });
    expect(infinity.encodeError({ ...invalid, status: 413 })).toMatchObject({ status: 413, body: { error: { code: 413 } } });
  });

  it("writes what does not validate as FastAPI does, field by field where they are known, and reads it", () => {
    const issues = [
      { path: ["query"], message: "expected string", type: "missing" },
      { path: ["documents", 1], message: "expected string", type: "string_type" },
    ] as const;
    const error = infinity.encodeError({ ...invalid, issues });
    expect(error).toEqual({
      status: 422,
      body: {
        detail: [
          { type: "missing", loc: ["body", "query"], msg: "expected string" },
          { type: "string_type", loc: ["body", "documents", 1], msg: "expected string" },
        ],
      },
    });
    expect(infinity.decodeError(error.body)).toBe("body.query: expected string; body.documents.1: expected string");
    expect(infinity.encodeError(invalid).body).toEqual({ detail: [{ type: "value_error", loc: ["body"], msg: invalid.message }] });
    const detail = [{ type: "missing", loc: ["body", "query"], msg: "Field required", input: {} }];
    expect(infinity.decodeError({ detail })).toBe("body.query: Field required");
  });
});

describe("llamacpp", () => {
  it("ranks documents after Jina, with logits and no echo", () => {
    const request = { model: "some-model", query: "What is panda?", top_n: 3, documents: ["hi", "it is a bear"] };
    expect(llamaCpp.decodeRequest(request)).toEqual({
      model: "some-model",
      query: "What is panda?",
      topK: 3,
      documents: ["hi", "it is a bear"],
    });
    expect(llamaCpp.encodeReply(reply)).toEqual({
      model: "m",
      object: "list",
      usage: { prompt_tokens: 12, total_tokens: 12 },
      results: [
        { index: 1, relevance_score: 0.75 },
        { index: 0, relevance_score: 0.25 },
      ],
    });
    expect(llamaCpp.scoresAreLogits).toBe(true);
  });

  it("ranks texts after TEI, with logits", () => {
    expect(llamaCppTexts.decodeRequest({ query: "q", texts: ["a", "b"], top_n: 1, return_text: true })).toEqual({
      query: "q",
      documents: ["a", "b"],
      topK: 1,
      returnDocuments: true,
    });
    // The flag asks for the form alone, and documents count before texts.
    for (const texts of [true, ["b"]])
      expect(llamaCppTexts.decodeRequest({ query: "q", texts, documents: ["a"] })).toEqual({ query: "q", documents: ["a"] });
    expect(llamaCppTexts.encodeReply({ results: [{ index: 0, score: -4.5, document: "a" }] })).toEqual([
      { index: 0, score: -4.5, text: "a" },
    ]);
    expect(llamaCppTexts.scoresAreLogits).toBe(true);
  });

  it("writes its own types of errors", () => {
    expect(llamaCpp.encodeError(invalid)).toEqual({
      status: 400,
      body: { error: { code: 400, message: invalid.message, type: "invalid_request_error" } },
    });
    expect(llamaCppTexts.encodeError({ ...broken, status: 503 }).body).toMatchObject({ error: { type: "unavailable_error" } });
    expect(llamaCpp.encodeError({ ...broken, status: 502 }).body).toMatchObject({ error: { code: 502, type: "server_error" } });
  });
});

describe("xinference", () => {
  it("has every key of the reply, null where there is nothing", () => {
    expect(xinference.encodeReply({ id: "x", results: [results[0], { index: 0, score: 0 }] })).toEqual({
      id: "x",
      results: [
        { index: 1, relevance_score: 0.75, document: { text: "Paris" } },
        { index: 0, relevance_score: 0, document: null },
      ],
      meta: { api_version: null, billed_units: null, tokens: null, warnings: null },
    });
    expect(xinference.encodeReply(reply).meta.tokens).toEqual({ input_tokens: 12, output_tokens: 0 });
  });

  it("reads the reply of xorbitsai/inference#1657", () => {
    const body = {
      id: "a0f7b6c4",
      results: [{ index: 0, relevance_score: 0.9999, document: null }],
      meta: { api_version: null, billed_units: null, tokens: { input_tokens: 54, output_tokens: 54 }, warnings: null },
    };
    expect(xinference.decodeReply(body)).toEqual({ id: "a0f7b6c4", tokens: 54, results: [{ index: 0, score: 0.9999 }] });
  });

  it("answers caller mistakes with 400", () => {
    expect(xinference.encodeError(invalid)).toEqual({ status: 400, body: { detail: invalid.message } });
    expect(xinference.encodeError(unknownModel).status).toBe(400);
    expect(xinference.encodeError(broken).status).toBe(500);
  });
});

describe("localai", () => {
  it("echoes {text} by default", () => {
    expect(localAi.decodeRequest({ model: "m", query: "q", documents: ["a"], top_n: 0, backend: "rerankers" })).toEqual({
      model: "m",
      query: "q",
      documents: ["a"],
    });
    expect(localAi.encodeReply(reply)).toEqual({
      model: "m",
      usage: { prompt_tokens: 12, total_tokens: 12 },
      results: [
        { index: 1, document: { text: "Paris" }, relevance_score: 0.75 },
        { index: 0, document: { text: "Rome" }, relevance_score: 0.25 },
      ],
    });
    expect(localAi.echoesByDefault).toBe(true);
  });

  it("writes errors with an empty type", () => {
    expect(localAi.encodeError(invalid)).toEqual({ status: 400, body: { error: { code: 400, message: invalid.message, type: "" } } });
  });
});
