/** The way over `@kreuzberg/liter-llm`, with a module in its place that does what version 1.8.2 was seen to do. */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { networkWith, recordedCall } from "../../../test/support/hosted-network.ts";
import { RerankError } from "../../errors.ts";
import type { Scorer } from "../../scorer.ts";
import type { CheckedLlmConfig } from "../../types.ts";
import { createHostedScorer } from "./hosted.ts";
import type { LiterLlm } from "./liter-llm.ts";

const key = "sk-0123456789";
type Rerank = ReturnType<LiterLlm["createClientFromJson"]>["rerank"];

/** A stand-in; `seen` collects the options of clients and the requests. */
function standIn(rerank: Rerank): { load: () => Promise<LiterLlm>; seen: unknown[] } {
  const seen: unknown[] = [];
  const module: LiterLlm = {
    createClientFromJson(json) {
      seen.push(JSON.parse(json));
      return {
        rerank(request) {
          seen.push(request);
          return rerank(request);
        },
      };
    },
  };
  return { load: async () => module, seen };
}

function scorerOf(llm: Partial<CheckedLlmConfig>, load: () => Promise<LiterLlm>): Scorer {
  const config: CheckedLlmConfig = { model: "cohere/rerank-v3.5", client: "liter-llm", apiKey: key, ...llm };
  return createHostedScorer(config, networkWith({}), { loadLiterLlm: load });
}

const good: Rerank = async ({ documents }) => ({
  results: documents.map((text, index) => ({ index, relevanceScore: text.length })).reverse(),
  meta: { billed_units: { search_units: 1 } },
});

describe("liter-llm", () => {
  it("gets its own name of the model, plain texts and its options, and gives scores in input order", async () => {
    const { load, seen } = standIn(good);
    const scorer = scorerOf({ timeoutSecs: 4.5, maxRetries: 1, headers: { "x-team": "search" } }, load);
    const { scores, usage } = await scorer.score(recordedCall);
    expect(Array.from(scores)).toEqual(recordedCall.texts.map((text) => text.length));
    expect(usage).toEqual({ requests: 1, billedUnits: 1 });
    expect(seen).toEqual([
      { api_key: key, timeout_secs: 5, max_retries: 1, extra_headers: { "x-team": "search" } },
      { model: "cohere/rerank-v3.5", query: recordedCall.query, documents: recordedCall.texts, topN: 3, returnDocuments: false },
    ]);
  });

  it("is split for like our own client", async () => {
    const { load, seen } = standIn(good);
    const { usage } = await scorerOf({}, load).score({ ...recordedCall, texts: Array.from({ length: 1001 }, () => "x") });
    expect(usage).toEqual({ requests: 2, billedUnits: 2 });
    expect(seen).toHaveLength(4);
  });

  it.each(["jina/x", "voyage/rerank-2.5", "pinecone/x", "bedrock/x", "tei/x", "nvidia_nim/x"])(
    "is refused for %s, with the reason",
    (model) => {
      expect(() => scorerOf({ model }, async () => Promise.reject(new Error("not asked")))).toThrow(
        /is right for cohere, jina_ai, together_ai only.*host/,
      );
    },
  );

  it.each(["cohere/x", "jina_ai/x", "together_ai/x"])("is taken for %s, but for a base URL", (model) => {
    const { load } = standIn(good);
    expect(scorerOf({ model }, load)).toMatchObject({ capabilities: { options: new Set() } });
    expect(() => scorerOf({ model, baseUrl: "http://localhost" }, load)).toThrow(/baseUrl.*Leave llm.client out/);
  });

  it.each<[message: string, expected: object]>([
    ["authentication failed: invalid api token", { code: "hosted", status: 401, isRetryable: false }],
    ["bad request: top_n", { code: "hosted", status: 400, isRetryable: false }],
    ["not found: no such model", { code: "hosted", status: 404, isRetryable: false }],
    ["rate limited: slow down", { code: "hosted", status: 429, isRetryable: true }],
    ["server error: oh", { code: "hosted", status: 500, isRetryable: true }],
    ["service unavailable: later", { code: "hosted", status: 503, isRetryable: true }],
    ["error sending request for url (https://api.cohere.com/v2/rerank)", { code: "hosted", status: undefined, isRetryable: true }],
    ["serialization error: missing field results", { code: "bad-response" }],
    ["error decoding response body", { code: "bad-response" }],
    ["something new", { code: "hosted", status: undefined, isRetryable: false }],
  ])("has its failures told apart by their message: %s", async (message, expected) => {
    // As it is there: a plain Error with the code of all native ones.
    const { load } = standIn(async () => Promise.reject(Object.assign(new Error(`${message}; key ${key}`), { code: "GenericFailure" })));
    const error: unknown = await scorerOf({}, load)
      .score(recordedCall)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject(expected);
    expect(String(error)).toContain(message);
    expect(inspect(error, { depth: 20 })).not.toContain(key);
  });

  it("gives a reply with missing documents no scores", async () => {
    const { load } = standIn(async () => ({ results: [{ index: 0, relevanceScore: 1 }] }));
    await expect(scorerOf({}, load).score(recordedCall)).rejects.toMatchObject({ code: "bad-response" });
  });

  it("is left alone with its request after an abort", async () => {
    const controller = new AbortController();
    const { load, seen } = standIn(() => new Promise(() => undefined));
    const scored = scorerOf({}, load).score({ ...recordedCall, signal: controller.signal });
    const reason = new RerankError("aborted", "test: given up.");
    const failure = scored.catch((error: unknown) => error);
    while (seen.length < 2) await new Promise(setImmediate);
    controller.abort(reason);
    expect(await failure).toBe(reason);
  });

  it("needs a key", async () => {
    const { load } = standIn(good);
    const scorer = createHostedScorer({ model: "cohere/x", client: "liter-llm" }, networkWith({}), { loadLiterLlm: load });
    await expect(scorer.warmUp!()).rejects.toThrow("llm.apiKey");
    await expect(scorer.score(recordedCall)).rejects.toThrow("llm.apiKey");
  });
});
