import { describe, expect, it } from "vitest";
import { decodeNative, encodeNative } from "./crossrank-engine.ts";
import type { PartRequest } from "./part.ts";

const part: PartRequest = { query: "q", texts: ["a", "b"], model: undefined, truncation: "longest_first", batchSize: 32 };
const decode = (body: unknown): ReturnType<typeof decodeNative> =>
  decodeNative({ status: 200, headers: new Headers(), body, requests: 1 }, part);
const results = [
  { index: 1, score: 0.9, document: "b", logit: 2.2, tokens: 7 },
  { index: 0, score: 0.1, document: "a", logit: -2.2, tokens: 5 },
];

describe("a native request", () => {
  it("asks for logits, tokens and warnings, and says nothing that is the server's default", () => {
    expect(encodeNative(part)).toEqual({
      query: "q",
      documents: ["a", "b"],
      config: { return: ["logit", "tokens", "model", "usage", "warnings"], batch_size: 32 },
    });
  });

  it("says the model, the instruction and how to cut", () => {
    const asked = { ...part, model: "fast", instruction: "i", truncation: "error", truncationSide: "left", maxLength: 64 } as const;
    expect(encodeNative(asked)).toMatchObject({
      config: { model: "fast", instruction: "i", truncation: "error", truncation_side: "left", max_length: 64 },
    });
  });
});

describe("a native reply", () => {
  it("gives logits and tokens in the order of the documents", () => {
    expect(decode({ results, model: "mini@1", usage: { documents: 2, tokens: 12 }, warnings: [] })).toEqual({
      scores: new Float64Array([-2.2, 2.2]),
      scoreKind: "logit",
      pairTokens: { read: new Uint32Array([5, 7]), full: new Uint32Array(2), lowerBounds: new Uint8Array(2) },
      model: "mini@1",
      warnings: [],
    });
  });

  it("gives scores as they are where a plugin or a hosted model has no logits, and the sum of tokens where that is all", () => {
    const bare = results.map(({ index, score }) => ({ index, score }));
    const warnings = [{ type: "ignored-option", option: "return", message: "return has no meaning" }];
    expect(decode({ results: bare, usage: { documents: 2, tokens: 12 }, warnings })).toEqual({
      scores: new Float64Array([0.1, 0.9]),
      scoreKind: "provider",
      totalTokens: 12,
      warnings: [],
    });
  });

  it("does not mix logits and scores where only some have one", () => {
    const { scores, scoreKind } = decode({ results: [results[0], { index: 0, score: 0.1 }] });
    expect([Array.from(scores), scoreKind]).toEqual([[0.1, 0.9], "provider"]);
  });

  it("tells cut documents by their tokens, and hands on what else it is warned of", () => {
    const warnings = [
      { type: "truncated", index: 1, tokens: 900, is_lower_bound: true, max_tokens: 7, message: "cut" },
      { type: "fallback", message: "running on the CPU" },
      { type: "ignored-option", option: "instruction", message: "no" },
      { type: "unheard-of", message: "x" },
      { type: "truncated", index: -1, tokens: 1, message: "x" },
      "nonsense",
    ];
    const { pairTokens, warnings: others } = decode({ results, warnings });
    expect(pairTokens!.full).toEqual(new Uint32Array([0, 900]));
    expect(pairTokens!.lowerBounds).toEqual(new Uint8Array([0, 1]));
    expect(others).toEqual([
      { type: "fallback", message: "running on the CPU" },
      { type: "ignored-option", option: "instruction", message: "no" },
    ]);
  });

  it.each([
    [undefined],
    [null],
    [{ results: {} }],
    [{ results: results.slice(1) }],
    [{ results: [results[0], results[0]] }],
    [{ results: [...results, { index: 2, score: 1, logit: 1 }] }],
    [{ results: results.map((result) => ({ ...result, score: "1" })) }],
  ])("that does not score each document once is refused: %j", (body) => {
    expect(() => decode(body)).toThrow(expect.objectContaining({ code: "bad-response" }));
  });
});
