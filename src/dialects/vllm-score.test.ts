import { describe, expect, it } from "vitest";
import { RerankError } from "../errors.ts";
import { type VllmScoreRequestBody, vllmScore } from "./vllm-score.ts";

function refusal(body: VllmScoreRequestBody): string {
  try {
    vllmScore.decodeRequest(body);
  } catch (error) {
    if (RerankError.is(error) && error.code === "invalid-input") return error.message;
    throw error;
  }
  return "accepted";
}

describe("vllm-score", () => {
  it.each([
    { text_1: "q", text_2: ["a", "b"] },
    { queries: ["q"], documents: ["a", "b"] },
    { queries: "q", items: ["a", "b"] },
    { data_1: ["q"], data_2: ["a", "b"] },
    { data_1: null, text_1: "q", text_2: ["a", "b"] },
  ])("scores one query with every document: %j", (body) => {
    expect(vllmScore.decodeRequest(body).pairs).toEqual([
      ["q", "a"],
      ["q", "b"],
    ]);
  });

  it("scores as many queries as documents pairwise", () => {
    expect(vllmScore.decodeRequest({ text_1: ["q", "r"], text_2: ["a", "b"] }).pairs).toEqual([
      ["q", "a"],
      ["r", "b"],
    ]);
    expect(vllmScore.decodeRequest({ text_1: "q", text_2: "a" }).pairs).toEqual([["q", "a"]]);
  });

  it("reads the options of vLLM", () => {
    const body = { model: "m", text_1: "q", text_2: "a", use_activation: false, truncate_prompt_tokens: -1 };
    expect(vllmScore.decodeRequest(body)).toEqual({ model: "m", pairs: [["q", "a"]], rawScores: true, truncate: true });
    expect(vllmScore.decodeRequest({ model: null, text_1: "q", text_2: "a", use_activation: null })).toEqual({ pairs: [["q", "a"]] });
  });

  it("refuses other numbers, empty lists and half a spelling", () => {
    expect(refusal({ queries: ["q", "r"], documents: ["a"] })).toBe(
      "vllm-score: got 2 queries for 1 documents. Send one query, or as many as documents.",
    );
    expect(refusal({ queries: ["q", "r"], documents: ["a", "b", "c"] })).toContain("2 queries for 3 documents");
    expect(refusal({ queries: [], documents: ["a"] })).toContain("got 0 queries and 1 documents");
    expect(refusal({ text_1: "q", text_2: [] })).toContain("got 1 queries and 0 documents");
    expect(refusal({ text_1: "q", documents: ["a"] })).toContain("found no two lists");
    expect(refusal({})).toContain("found no two lists");
  });

  it("writes a reply in the order of the pairs", () => {
    expect(vllmScore.encodeReply({ id: "score-1", model: "m", created: 1_790_000_000, scores: [0.5, 1], tokens: 9 })).toEqual({
      id: "score-1",
      object: "list",
      created: 1_790_000_000,
      model: "m",
      data: [
        { index: 0, object: "score", score: 0.5 },
        { index: 1, object: "score", score: 1 },
      ],
      usage: { prompt_tokens: 9, total_tokens: 9 },
    });
    expect(vllmScore.encodeReply({ scores: [] })).toEqual({ object: "list", data: [] });
  });

  it("writes errors as vLLM's ranking does", () => {
    expect(vllmScore.encodeError({ status: 422, code: "invalid-input", message: "m" })).toEqual({
      status: 400,
      body: { error: { message: "m", type: "BadRequestError", param: null, code: 400 } },
    });
  });
});
