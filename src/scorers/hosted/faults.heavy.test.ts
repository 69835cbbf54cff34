/** Every provider × everything that can go wrong on the way, with a proof that no key gets into any error. */
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { type Exchange, exchanges, type Reply, secret, sessionToken } from "../../../test/support/hosted-exchanges.ts";
import { networkWith, recordedCall } from "../../../test/support/hosted-network.ts";
import {
  closedUrl,
  type ScriptedAnswer,
  type ScriptedRequest,
  type ScriptedServer,
  startScriptedServer,
} from "../../../test/support/scripted-server.node.ts";
import { RerankError, type RerankErrorCode } from "../../errors.ts";
import type { CheckedLlmConfig } from "../../types.ts";
import { createHostedScorer } from "./hosted.ts";
import { findProvider } from "./known-providers.ts";

type Result = Record<string, unknown>;

interface Fault {
  fault: string;
  /** Only where results are objects with an index. */
  isOfIndices?: boolean;
  /** One for each request; the last one is repeated. */
  answers: readonly ((exchange: Exchange, request: ScriptedRequest) => ScriptedAnswer)[];
  /** undefined: the call succeeds all the same. */
  code?: RerankErrorCode;
  status?: number;
  isRetryable?: boolean;
  /** Part of the message. */
  expectedMessage?: string | RegExp;
  /** How often the provider is asked; undefined where a busy machine may not get so far. */
  requests?: number;
  llm?: Partial<CheckedLlmConfig>;
}

/** What the other side knows of us, to see whether it comes back in an error. */
const echo = ({ headers }: ScriptedRequest): string => `${JSON.stringify(headers)} ${encodeURIComponent(secret)} ${btoa(`key:${secret}`)}`;
const good = ({ reply }: Exchange): ScriptedAnswer => ({ json: reply });
const status =
  (code: number, headers: Record<string, string> = {}) =>
  (exchange: Exchange, request: ScriptedRequest): ScriptedAnswer => {
    const { encodeError } = findProvider(`${exchange.prefix}/${exchange.model}`).provider.codec;
    const message = `The provider's own words. ${echo(request)}`;
    return { status: code, headers, json: encodeError({ status: code, code: "x", message }).body };
  };
const short: Partial<CheckedLlmConfig> = { timeoutSecs: 0.05, maxRetries: 1 };
const bad = { code: "bad-response", isRetryable: false, requests: 1 } as const;

// A megabyte and a little more, in a kilobyte.
const mostBytes = 1_000_000;
const bomb = gzipSync(Buffer.alloc(mostBytes + 1, " "));

const faults: readonly Fault[] = [
  {
    fault: "a connection that is cut without an answer",
    answers: [() => ({ hangsUp: true })],
    code: "hosted",
    isRetryable: true,
    requests: 3,
  },
  { fault: "a connection that is cut once", answers: [() => ({ hangsUp: true }), good], requests: 2 },
  { fault: "silence", answers: [() => ({ isSilent: true })], code: "timeout", isRetryable: true, llm: short },
  {
    fault: "a body that stops",
    answers: [(exchange) => ({ ...good(exchange), stallAfterBytes: 9 })],
    code: "timeout",
    llm: short,
  },
  {
    fault: "a body a byte at a time",
    answers: [(exchange) => ({ ...good(exchange), dripMs: 4 })],
    code: "timeout",
    llm: short,
  },
  { fault: "429 once, without Retry-After", answers: [status(429), good], requests: 2 },
  { fault: "429 once, with Retry-After", answers: [status(429, { "retry-after": "0" }), good], requests: 2 },
  {
    fault: "429 for an hour",
    answers: [status(429, { "retry-after": "3600" })],
    code: "hosted",
    status: 429,
    isRetryable: true,
    expectedMessage: "Retry-After: 3600",
    requests: 1,
  },
  {
    fault: "429 again and again",
    answers: [status(429)],
    code: "hosted",
    status: 429,
    isRetryable: true,
    expectedMessage: "after 3 attempts",
    requests: 3,
  },
  {
    fault: "a key in Retry-After",
    answers: [(_exchange, request) => ({ status: 503, headers: { "retry-after": echo(request) } })],
    code: "hosted",
    status: 503,
    requests: 3,
  },
  { fault: "500 twice", answers: [status(500), status(500), good], requests: 3 },
  {
    fault: "503 again and again",
    answers: [status(503)],
    code: "hosted",
    status: 503,
    isRetryable: true,
    expectedMessage: "own words",
    requests: 3,
  },
  {
    fault: "a wrong key",
    answers: [status(401)],
    code: "hosted",
    status: 401,
    isRetryable: false,
    expectedMessage: "own words",
    requests: 1,
  },
  {
    fault: "a wrong request",
    answers: [status(400)],
    code: "hosted",
    status: 400,
    isRetryable: false,
    expectedMessage: "own words",
    requests: 1,
  },
  {
    fault: "an unknown model",
    answers: [status(404)],
    code: "hosted",
    status: 404,
    isRetryable: false,
    expectedMessage: "name of the model",
    requests: 1,
  },
  {
    fault: "a page of a gateway",
    answers: [(_exchange, request) => ({ status: 502, text: `<html>${echo(request)}</html>` })],
    code: "hosted",
    status: 502,
    requests: 3,
  },
  { fault: "a body that is cut off once", answers: [(exchange) => ({ ...good(exchange), cutAfterBytes: 9 }), good], requests: 2 },
  {
    fault: "JSON that is cut off",
    answers: [(exchange) => ({ text: JSON.stringify(exchange.reply).slice(0, -2) })],
    ...bad,
    expectedMessage: "no JSON",
  },
  {
    fault: "a page instead of a reply",
    answers: [(_exchange, request) => ({ text: `<html>${echo(request)}</html>` })],
    ...bad,
    expectedMessage: "no JSON",
  },
  {
    fault: "JSON of another format",
    answers: [(_exchange, request) => ({ json: { [echo(request)]: [1] } })],
    ...bad,
    expectedMessage: "Check that the base URL",
  },
  { fault: "null", answers: [() => ({ json: null })], ...bad },
  { fault: "a text", answers: [(_exchange, request) => ({ json: echo(request) })], ...bad },
  { fault: "an empty body", answers: [() => ({ text: "" })], ...bad },
  {
    fault: "a list of something else",
    isOfIndices: true,
    answers: [mutated((results) => results.map(() => 1 as unknown as Result))],
    ...bad,
  },
  {
    fault: "a result without an index",
    isOfIndices: true,
    answers: [mutated(([first, ...others]) => [{ ...first, index: undefined }, ...others])],
    ...bad,
    expectedMessage: "index",
  },
  {
    fault: "an index as a text",
    isOfIndices: true,
    answers: [mutated(([first, ...others]) => [{ ...first, index: "2" }, ...others])],
    ...bad,
    expectedMessage: "index",
  },
  {
    fault: "an index that is too high",
    isOfIndices: true,
    answers: [mutated(([first, ...others]) => [{ ...first, index: 3 }, ...others])],
    ...bad,
    expectedMessage: "index 3 for 3 documents",
  },
  {
    fault: "a negative index",
    isOfIndices: true,
    answers: [mutated(([first, ...others]) => [{ ...first, index: -1 }, ...others])],
    ...bad,
    expectedMessage: "index",
  },
  {
    fault: "an index twice",
    isOfIndices: true,
    answers: [mutated(([first, ...others]) => [{ ...first, index: 0 }, ...others])],
    ...bad,
    expectedMessage: "two results for document 0",
  },
  {
    fault: "a document twice beside all others",
    isOfIndices: true,
    answers: [mutated((results) => [...results, results[0]!])],
    ...bad,
    expectedMessage: "two results for document 2",
  },
  {
    fault: "fewer results than documents",
    answers: [mutated((results) => results.slice(1))],
    ...bad,
    expectedMessage: "2 results for 3 documents: none for document 2",
  },
  { fault: "no results", answers: [mutated(() => [])], ...bad, expectedMessage: "0 results for 3 documents" },
  { fault: "scores as texts", answers: [withScore("0.5")], ...bad, expectedMessage: "expected a finite number" },
  { fault: "a score of null", answers: [withScore(null)], ...bad, expectedMessage: "expected a finite number" },
  { fault: "no score", answers: [withScore(undefined)], ...bad, expectedMessage: "expected a finite number" },
  {
    fault: "a score of NaN",
    answers: [(exchange) => ({ text: JSON.stringify(withScore("?")(exchange).json).replace('"?"', "NaN") })],
    ...bad,
    expectedMessage: "no JSON",
  },
  {
    fault: "a score beyond all numbers",
    answers: [(exchange) => ({ text: JSON.stringify(withScore("?")(exchange).json).replace('"?"', "1e999") })],
    ...bad,
  },
  {
    fault: "too large a body",
    answers: [() => ({ text: bomb, headers: { "content-encoding": "gzip" } })],
    ...bad,
    expectedMessage: "more than 1000000 bytes",
  },
];

const faultsOf = ({ prefix }: Exchange): Fault[] => faults.filter(({ isOfIndices }) => isOfIndices !== true || prefix !== "deepinfra");
const cases = exchanges.flatMap((exchange) => faultsOf(exchange).map((fault) => ({ ...fault, exchange, prefix: exchange.prefix })));
let run = 0;

describe.each(exchanges)("$prefix", (exchange) => {
  it.concurrent.each(faultsOf(exchange))(
    "$fault",
    async ({ fault: _fault, isOfIndices: _, answers, requests, llm = {}, code, expectedMessage = "", ...expected }) => {
      run += 1;
      let asked = 0;
      const server = await startScriptedServer((request) => {
        if (request.path.endsWith("/info")) return { status: 404, text: echo(request) };
        asked += 1;
        return answers[Math.min(asked, answers.length) - 1]!(exchange, request);
      });
      const outcome = await scoreAt(exchange, server.url, llm);
      await server.close();
      if (requests !== undefined) expect(asked).toBe(requests);
      if (code === undefined) {
        expect(outcome).toMatchObject({ usage: { requests: exchange.usage.requests + answersBefore(answers, exchange) } });
        expect(Array.from((outcome as { scores: Float64Array }).scores)).toEqual(exchange.scores);
      } else {
        expect(outcome).toMatchObject({ code, ...expected });
        expect((outcome as RerankError).message).toMatch(expectedMessage);
        expectNoSecret(outcome as RerankError);
      }
    },
  );

  it.concurrent("nobody there", async () => {
    run += 1;
    const error = await scoreAt(exchange, await closedUrl(), {});
    expect(error).toMatchObject({ code: "hosted", status: undefined, isRetryable: true });
    expectNoSecret(error as RerankError);
  });

  it.concurrent.each([301, 307, 308])("a redirect of status %i to another origin, with the key in it", async (code) => {
    run += 1;
    const other = await startScriptedServer();
    const server: ScriptedServer = await startScriptedServer((request) => ({
      status: code,
      headers: { location: `${other.url}/${encodeURIComponent(secret)}?key=${encodeURIComponent(echo(request))}` },
    }));
    const error = await scoreAt(exchange, server.url, {});
    await Promise.all([server.close(), other.close()]);
    expect(error).toMatchObject({ code: "hosted", status: code, isRetryable: false, message: expect.stringContaining(other.url) });
    expect(other.requests).toEqual([]);
    expectNoSecret(error as RerankError);
  });
});

afterAll(() => {
  // The figure of the closing note: what was run, not what is written here.
  process.stdout.write(`hosted: ${exchanges.length} providers, up to ${faults.length + 4} faults each: ${run} cases\n`);
});

it("runs every fault on every provider, but for those of indices where a reply has none", () => {
  expect(cases).toHaveLength(exchanges.length * faults.length - 7);
});

function scoreAt({ prefix, model, variables }: Exchange, url: string, llm: Partial<CheckedLlmConfig>): Promise<unknown> {
  const config: CheckedLlmConfig = {
    model: `${prefix}/${model}`,
    baseUrl: `${url}/v1`,
    maxRetries: 2,
    headers: { "x-gateway": `Basic ${secret}` },
    ...llm,
  };
  const scorer = createHostedScorer(config, networkWith(variables), { retryDelayMs: 1, maxBytes: mostBytes });
  return scorer.score(recordedCall).catch((error: unknown) => error);
}

/** Failures that were answers count as requests that were answered; a connection that was cut does not. */
function answersBefore(answers: Fault["answers"], exchange: Exchange): number {
  const request = { headers: {} } as ScriptedRequest;
  return answers.map((answer) => answer(exchange, request)).filter(({ status: code = 200 }) => code >= 400).length;
}

function expectNoSecret(error: RerankError): void {
  expect(RerankError.is(error)).toBe(true);
  const shown = [
    error.message,
    error.stack,
    String(error),
    JSON.stringify(error),
    JSON.stringify(RerankError.serialize(error)),
    inspect(error, { depth: 20, showHidden: true, getters: true }),
  ].join("\n");
  for (const hidden of [secret, sessionToken]) {
    for (const form of [hidden, encodeURIComponent(hidden), btoa(hidden).slice(0, -4), hidden.slice(0, 12), hidden.slice(-12)]) {
      expect(shown).not.toContain(form);
    }
  }
}

/** The recorded reply with other results. */
function mutated(change: (results: readonly Result[]) => readonly Result[]): (exchange: Exchange) => ScriptedAnswer {
  return ({ reply, prefix }) => ({
    json: withResults(reply, (results) => change(results).map(prefix === "vertex_ai" ? withId : (result) => result)),
  });
}

function withScore(score: unknown): (exchange: Exchange) => ScriptedAnswer {
  return ({ reply, scoreKey }) => ({
    json: withResults(reply, ([first, ...others]) => [typeof first === "number" ? score : { ...first, [scoreKey]: score }, ...others]),
  });
}

/** Google's index is a text, under another key. */
function withId(result: Result): unknown {
  if (typeof result !== "object" || !("index" in result)) return result;
  const { index, ...record } = result;
  return { ...record, id: typeof index === "string" ? "two" : index === undefined ? undefined : String(index) };
}

function withResults(reply: Reply, change: (results: readonly Result[]) => readonly unknown[]): unknown {
  if (Array.isArray(reply)) return change(reply as Result[]);
  return Object.fromEntries(
    Object.entries(reply).map(([key, value]) => {
      if (Array.isArray(value)) return [key, change(value as Result[])];
      return [key, key === "output" ? withResults(value as Reply, change) : value];
    }),
  );
}
