/** What goes over the wire to a chat model, and what comes of each way in which it can go wrong. */
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import {
  type ChatServer,
  completion,
  knowingModel,
  networkWith,
  questionOf,
  startChatServer,
} from "../../../test/support/chat-server.node.ts";
import { closedUrl, type ScriptedAnswer } from "../../../test/support/scripted-server.node.ts";
import { RerankError } from "../../errors.ts";
import type { ScoreCall, ScoreResult } from "../../scorer.ts";
import type { CheckedChatModel, CheckedLlmConfig } from "../../types.ts";
import { createChatScorer } from "./chat.ts";

const key = "sk-test-0123456789abcdef";
const methods = ["pointwise", "listwise"] as const;
const call: ScoreCall = { query: "q", texts: ["a", "b"], truncation: "longest_first", specialTokens: "neutralize", batchSize: 32 };

let server: ChatServer;
afterEach(() => server.close());

interface AskOptions {
  method?: CheckedChatModel["method"];
  llm?: Partial<CheckedLlmConfig>;
  variables?: Record<string, string>;
  call?: Partial<ScoreCall>;
}

function ask({ method = "pointwise", llm, variables, call: more }: AskOptions = {}): Promise<ScoreResult> {
  const model: CheckedChatModel = {
    type: "chat",
    method,
    llm: { model: "m", apiKey: key, baseUrl: server.baseUrl, maxRetries: 2, ...llm },
  };
  return createChatScorer(model, networkWith(variables), { retryDelayMs: 0 }).score({ ...call, ...more });
}

async function failure(options?: AskOptions): Promise<RerankError> {
  const error: unknown = await ask(options).catch((caught: unknown) => caught);
  if (!RerankError.is(error)) throw error;
  return error;
}

const knowing = knowingModel((text) => (text === "a" ? 0.25 : 0.75));

describe("a request", () => {
  it("of the pointwise method asks for one word and its alternatives", async () => {
    server = await startChatServer(knowing);
    await ask();
    const { method, path, headers, body } = server.requests[0]!;
    expect([method, path]).toEqual(["POST", "/v1/chat/completions"]);
    expect(headers).toMatchObject({ authorization: `Bearer ${key}`, "content-type": "application/json", accept: "application/json" });
    const { messages, ...others } = body;
    expect(others).toEqual({ model: "m", temperature: 0, seed: 1, max_tokens: 8, logprobs: true, top_logprobs: 20 });
    expect(messages.map(({ role }: { role: string }) => role)).toEqual(["system", "user"]);
    expect(server.requests.map(questionOf)).toEqual([
      { query: "q", texts: ["a"], method: "pointwise" },
      { query: "q", texts: ["b"], method: "pointwise" },
    ]);
  });

  it("of the listwise method asks for an order, with room for each number", async () => {
    server = await startChatServer(knowing);
    await ask({ method: "listwise" });
    const { messages: _, ...others } = server.requests[0]!.body;
    expect(others).toEqual({ model: "m", temperature: 0, seed: 1, max_tokens: 32 });
    expect(server.requests.map(questionOf)).toEqual([{ query: "q", texts: ["a", "b"], method: "listwise" }]);
  });

  it("carries the headers of the configuration, and keeps the query and the path of baseUrl", async () => {
    server = await startChatServer(knowing);
    await ask({ llm: { baseUrl: `${server.url}/openai/v1/?api-version=2026-01-01`, headers: { "X-Title": "crossrank" } } });
    expect(server.requests[0]!.path).toBe("/openai/v1/chat/completions?api-version=2026-01-01");
    expect(server.requests[0]!.headers).toMatchObject({ "x-title": "crossrank", authorization: `Bearer ${key}` });
  });
});

describe("the key", () => {
  const environment = { variables: { OPENAI_API_KEY: "sk-environment" } };

  it.each<[string, AskOptions, string | undefined]>([
    ["is the one of the configuration", { ...environment }, `Bearer ${key}`],
    [
      "is the environment's where the configuration has none",
      { ...environment, llm: { apiKey: undefined as never } },
      "Bearer sk-environment",
    ],
    ["is the environment's where the configuration's is empty", { ...environment, llm: { apiKey: " " } }, "Bearer sk-environment"],
    ["is none where neither has one, for an endpoint of one's own", { llm: { apiKey: undefined as never } }, undefined],
    [
      "is not the environment's beside a key of another kind",
      { ...environment, llm: { apiKey: undefined as never, headers: { "Api-Key": "azure" } } },
      undefined,
    ],
    ["is the one in the headers where they have it", { ...environment, llm: { headers: { Authorization: "Basic abc" } } }, "Basic abc"],
  ])("%s", async (_what, options, expected) => {
    server = await startChatServer(knowing);
    await ask(options);
    expect(server.requests[0]!.headers.authorization).toBe(expected);
  });

  it("must be there for OpenAI itself, before anything is sent", async () => {
    server = await startChatServer();
    for (const baseUrl of [undefined, "https://api.openai.com/v1"]) {
      const error = await failure({ llm: { apiKey: undefined as never, baseUrl: baseUrl as never } });
      expect(error).toMatchObject({
        code: "invalid-input",
        message: expect.stringMatching(/^chat:m: there is no API key for api\.openai\.com\. .*llm\.apiKey.*OPENAI_API_KEY/),
      });
    }
  });
});

describe("a parameter that the endpoint refuses", () => {
  /** As OpenAI's reasoning models: one complaint at a time. */
  const reasoning = (refused: readonly string[], status = 400) =>
    startChatServer((request) => {
      const name = refused.find((parameter) => parameter in request.body);
      if (name === undefined) return knowing(request);
      const message = `Unsupported parameter: '${name}' is not supported with this model.`;
      return { status, json: { error: { message, type: "invalid_request_error", param: name, code: "unsupported_parameter" } } };
    });

  it("is left out, and not sent again by later requests and calls", async () => {
    server = await reasoning(["max_tokens", "temperature"]);
    const model: CheckedChatModel = { type: "chat", method: "pointwise", llm: { model: "m", baseUrl: server.baseUrl } };
    const scorer = createChatScorer(model, networkWith());
    const first = await scorer.score(call);
    expect(Array.from(first.scores, (score) => score.toFixed(6))).toEqual(["0.250000", "0.750000"]);
    expect(server.requests.map(({ body }) => Object.keys(body).filter((name) => ["max_tokens", "temperature"].includes(name)))).toEqual([
      ["temperature", "max_tokens"],
      ["temperature"],
      [],
      [],
    ]);
    expect(first.usage).toEqual({ requests: 4, outputTokens: 4 });
    await scorer.score(call);
    expect(server.requests).toHaveLength(6);
  });

  it.each([400, 403, 422])("may be logprobs: the word counts instead, and one warning says so (status %i)", async (status) => {
    server = await reasoning(["logprobs", "seed"], status);
    const { scores, warnings } = await ask({ call: { texts: ["a", "b", "c", "b"] } });
    expect([...scores]).toEqual([0, 1, 1, 1]);
    expect(warnings).toEqual([
      {
        type: "fallback",
        message:
          "chat:m: the endpoint tells no probabilities of tokens, so 3 of 3 different documents were scored by the word, 1 for yes and 0 for no",
      },
    ]);
    // Twenty alternatives, five, none; then seed; then two more documents.
    expect(server.requests).toHaveLength(4 + 2);
  });

  it("is met once by the first request, not by eight at once", async () => {
    server = await reasoning(["max_tokens"]);
    await ask({ call: { texts: Array.from({ length: 20 }, (_, index) => String(index)) } });
    expect(server.requests.filter(({ body }) => "max_tokens" in body)).toHaveLength(1);
  });

  it.each(methods)("fails the call where it is a complaint about something else (%s)", async (method) => {
    server = await startChatServer(() => ({ status: 400, json: { error: { message: "The model `m` does not exist" } } }));
    expect(await failure({ method })).toMatchObject({ code: "hosted", status: 400, isRetryable: false });
    expect(server.requests).toHaveLength(1);
  });

  it("ends the call where it is refused without having been sent", async () => {
    server = await startChatServer(() => ({
      status: 400,
      json: { error: { message: "temperature, seed, max_tokens and logprobs are not supported" } },
    }));
    expect(await failure()).toMatchObject({ code: "hosted", status: 400 });
    expect(server.requests.map(({ body }) => Object.keys(body).length)).toEqual([7, 4, 2]);
  });
});

describe("a model that thinks", () => {
  it("is asked again without a limit of tokens where it has spent them all on thoughts", async () => {
    server = await startChatServer((request) =>
      "max_tokens" in request.body
        ? {
            json: completion({
              content: null,
              finishReason: "length",
              message: { reasoning_content: "Let me see" },
              usage: { prompt_tokens: 50, completion_tokens: 8 },
            }),
          }
        : {
            json: completion({
              content: "yes",
              message: { reasoning_content: "It fits" },
              usage: { prompt_tokens: 50, completion_tokens: 300 },
            }),
          },
    );
    const { scores, usage, pairTokens } = await ask();
    expect([...scores]).toEqual([1, 1]);
    // The first document is read twice, and both answers are paid for.
    expect(usage).toEqual({ requests: 3, outputTokens: 608 });
    expect([...pairTokens!.read]).toEqual([100, 50]);
  });

  it("fails the call where it does not come to an end either way", async () => {
    server = await startChatServer(() => ({ json: completion({ content: "<think>hm", finishReason: "length" }) }));
    expect(await failure()).toMatchObject({ code: "bad-response", message: expect.stringContaining('finish_reason "length"') });
    expect(server.requests).toHaveLength(2);
  });
});

describe.each(methods)("a fault (%s)", (method) => {
  const echo = `Incorrect API key provided: ${key}`;
  const right = completion({ content: method === "pointwise" ? "yes" : "[2] > [1]" });

  it.each<[string, ScriptedAnswer]>([
    ["429 with Retry-After", { status: 429, headers: { "retry-after": "0" }, json: { error: { message: "Rate limit reached" } } }],
    ["429 without Retry-After", { status: 429, json: { error: { message: "Rate limit reached" } } }],
    ["500", { status: 500, text: "oops" }],
    ["529, Anthropic's for overload", { status: 529, text: "" }],
    ["a closed connection", { hangsUp: true }],
    ["a body that is cut", { json: right, cutAfterBytes: 20 }],
  ])("%s is survived by asking again", async (_what, answer) => {
    server = await startChatServer(() => ({ json: right }));
    server.next.push(answer, answer);
    const { usage } = await ask({ method, call: { texts: ["a", "b"] } });
    expect(server.requests).toHaveLength(method === "pointwise" ? 4 : 3);
    expect(usage!.requests).toBe(server.requests.length - ("status" in answer ? 0 : 2));
  });

  const failures: [string, ScriptedAnswer, object][] = [
    ["401", { status: 401, json: { error: { message: echo } } }, { code: "hosted", status: 401, isRetryable: false }],
    ["404", { status: 404, json: { error: { message: "The model `m` does not exist" } } }, { code: "hosted", status: 404 }],
    ["429 again and again", { status: 429, json: { error: { message: echo } } }, { code: "hosted", status: 429, isRetryable: true }],
    ["500 again and again", { status: 500, text: echo }, { code: "hosted", status: 500, isRetryable: true }],
    ["a redirect", { status: 307, headers: { location: "https://example.com/" } }, { code: "hosted", status: 307 }],
    ["a body that is always cut", { json: right, cutAfterBytes: 20 }, { code: "hosted", status: undefined, isRetryable: true }],
    ["a page", { text: `<html>${key}</html>`, headers: { "content-type": "text/html" } }, { code: "bad-response" }],
    ["wrong JSON", { text: `{"choices": [${key}` }, { code: "bad-response" }],
    ["an empty body", { text: "" }, { code: "bad-response" }],
    ["empty choices", { json: { choices: [] } }, { code: "bad-response" }],
    ["an error with status 200", { json: { error: { message: echo } } }, { code: "bad-response" }],
    ["no message", { json: { choices: [{ text: key }] } }, { code: "bad-response" }],
    ["content null", { json: completion({ content: null }) }, { code: "bad-response" }],
    [
      "an answer that is filtered",
      { json: completion({ content: "", finishReason: "content_filter" }) },
      { code: "bad-response", message: expect.stringContaining("content_filter") },
    ],
    [
      "a refusal",
      { json: completion({ content: null, message: { refusal: `I can't help with ${key}` } }) },
      { code: "bad-response", message: expect.stringContaining("refuses to answer") },
    ],
    [
      "an answer to another question",
      { json: completion({ content: `As an AI I saw ${key.replace(/\d/g, "")}` }) },
      { code: "bad-response", message: expect.stringContaining("Use a model that follows instructions") },
    ],
  ];
  it.each(failures)("%s ends the call with a plain error, in which there is no key", async (_what, answer, expected) => {
    server = await startChatServer(() => answer);
    const error = await failure({ method });
    expect(error).toMatchObject(expected);
    expect(error.message).toContain("chat:m");
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(key);
  });

  it("an answer that never comes is a timeout", async () => {
    server = await startChatServer(() => ({ isSilent: true }));
    const error = await failure({ method, llm: { timeoutSecs: 0.05, maxRetries: 0 } });
    expect(error).toMatchObject({ code: "timeout", isRetryable: true });
  });

  it("an address where nobody answers is named", async () => {
    server = await startChatServer();
    const baseUrl = await closedUrl();
    const error = await failure({ method, llm: { baseUrl } });
    expect(error).toMatchObject({ code: "hosted", status: undefined });
    expect(error.message).toContain(baseUrl);
  });

  it("an abort in the middle ends the call with the caller's reason, and the request with it", async () => {
    const controller = new AbortController();
    const reason = new RerankError("aborted", "test: enough. Nothing needs to be done.");
    server = await startChatServer(() => {
      controller.abort(reason);
      return { isSilent: true };
    });
    const error = await failure({ method, call: { signal: controller.signal } });
    expect(error).toBe(reason);
    await server.requests[0]!.canceled;
  });
});
