/** Requests against a real server that behaves as it is told. */
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failureOf } from "../../test/support/failure.ts";
import { closedUrl, type ScriptedAnswer, type ScriptedServer, startScriptedServer } from "../../test/support/scripted-server.node.ts";
import { RerankError } from "../errors.ts";
import { requestJson } from "./json-request.ts";
import { webNetwork } from "./network.ts";
import type { JsonReply, JsonRequest } from "./request.ts";
import { type Clock, systemClock } from "./retry.ts";

const key = "sk-0123456789/abcdef+ghij";
const ok: ScriptedAnswer = { json: { results: [1, 2] } };

let server: ScriptedServer;
beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(() => server.close());

/** Never waits, and writes down how long it was asked to; chance always gives 0.5. */
function fastClock(): Clock & { waits: number[] } {
  const waits: number[] = [];
  return { ...systemClock, random: () => 0.5, waits, wait: async (durationMs) => void waits.push(durationMs) };
}

function ask(options: Partial<JsonRequest> = {}, clock: Clock = fastClock()): Promise<JsonReply> {
  const request: JsonRequest = {
    where: "cohere",
    url: `${server.url}/v2/rerank`,
    headers: { authorization: `Bearer ${key}` },
    body: { query: "q" },
    timeoutMs: 5000,
    maxRetries: 2,
    secrets: [key],
    ...options,
  };
  return requestJson(webNetwork, request, clock);
}

describe("a success", () => {
  it("is sent as JSON with the headers, and read as JSON", async () => {
    server.next.push({ ...ok, headers: { "x-trace": "7" } });
    const reply = await ask();
    expect(reply).toMatchObject({ status: 200, body: { results: [1, 2] }, requests: 1 });
    expect(reply.headers.get("x-trace")).toBe("7");
    const { method, path, headers, text } = server.requests[0]!;
    expect({ method, path, text }).toEqual({ method: "POST", path: "/v2/rerank", text: '{"query":"q"}' });
    expect(headers).toMatchObject({ authorization: `Bearer ${key}`, "content-type": "application/json", accept: "application/json" });
  });

  it("is a GET without a body", async () => {
    server.next.push(ok);
    await ask({ body: undefined });
    expect(server.requests[0]).toMatchObject({ method: "GET", text: "" });
    expect(server.requests[0]!.headers).not.toHaveProperty("content-type");
  });

  it("may have no body", async () => {
    server.next.push({ status: 204 }, { status: 200 });
    expect(await ask()).toMatchObject({ status: 204, body: undefined });
    expect(await ask()).toMatchObject({ status: 200, body: undefined });
  });

  it("keeps characters that arrive in two pieces", async () => {
    server.next.push({ json: { text: "ü€🐕" }, dripMs: 0 });
    expect((await ask()).body).toEqual({ text: "ü€🐕" });
  });

  it("has a signature of its own at each attempt", async () => {
    server.next.push({ status: 500 }, ok);
    let count = 0;
    const sign = async (body: string): Promise<Record<string, string>> => {
      count += 1;
      return { "x-signature": `${count} ${body}` };
    };
    await ask({ sign });
    expect(server.requests.map(({ headers }) => headers["x-signature"])).toEqual(['1 {"query":"q"}', '2 {"query":"q"}']);
  });
});

describe("a repetition", () => {
  it.each([408, 409, 425, 429, 500, 502, 503, 504, 529])("follows on %i, and counts the answers", async (status) => {
    server.next.push({ status }, { status }, ok);
    expect(await ask()).toMatchObject({ status: 200, requests: 3 });
  });

  it.each([400, 401, 403, 404, 405, 413, 422, 501])("does not follow on %i", async (status) => {
    server.next.push({ status }, ok);
    expect(await failureOf(ask())).toMatchObject({ code: "hosted", status, isRetryable: false });
    expect(server.requests).toHaveLength(1);
  });

  it("follows on a connection that is cut, before the answer and in it", async () => {
    server.next.push({ hangsUp: true }, { ...ok, cutAfterBytes: 5 }, ok);
    expect(await ask()).toMatchObject({ status: 200, requests: 1 });
  });

  it("waits at least half of a pause that doubles", async () => {
    server.next.push({ status: 503 }, { status: 503 }, { status: 503 }, ok);
    const clock = fastClock();
    await ask({ maxRetries: 3, retryDelayMs: 100 }, clock);
    expect(clock.waits).toEqual([75, 150, 300]);
  });

  it("waits as long as Retry-After says, in seconds or until a date, and a little by chance", async () => {
    const clock = fastClock();
    const headers = { "retry-after": "Thu, 01 Jan 2026 00:00:05 GMT", date: "Thu, 01 Jan 2026 00:00:00 GMT" };
    server.next.push({ status: 429, headers: { "retry-after": "7" } }, { status: 503, headers }, ok);
    await ask({ retryDelayMs: 100 }, clock);
    expect(clock.waits).toEqual([7025, 5050]);
  });

  it("waits until the last of the used-up quotas of RateLimit is available again, where there is no Retry-After", async () => {
    const clock = fastClock();
    const refusal = (ratelimit: string): ScriptedAnswer => ({ status: 429, headers: { ratelimit } });
    server.next.push(refusal('"api";r=0;t=7'), refusal('"a";r=0;t=5, "b";r=0;t=9, "c";r=3;t=60'), refusal('"a";r=10;t=50'), ok);
    await ask({ maxRetries: 3, retryDelayMs: 100 }, clock);
    // The third has quota left, so that its pause is the usual one.
    expect(clock.waits).toEqual([7025, 9050, 300]);
  });

  it.each([-3600, 3600])("measures a date by the other side's clock, where this machine's is wrong by %i s", async (wrongSecs) => {
    const clock = { ...fastClock(), date: () => Date.now() + wrongSecs * 1000 };
    server.next.push({ status: 429, headers: { "retry-after": new Date(Date.now() + 5000).toUTCString() } }, ok);
    await ask({ retryDelayMs: 100 }, clock);
    expect(clock.waits).toHaveLength(1);
    expect(clock.waits[0]).toBeGreaterThan(3000);
    expect(clock.waits[0]).toBeLessThan(7000);
  });

  it.each(["0", "-1", "0.001", "soon", "Thu, 01 Jan 1970 00:00:00 GMT"])("waits no less because Retry-After says %j", async (value) => {
    const clock = { ...fastClock(), random: () => 0 };
    const refusal = { status: 429, headers: { "retry-after": value } };
    server.next.push(refusal, refusal, refusal, ok);
    await ask({ maxRetries: 3, retryDelayMs: 100 }, clock);
    expect(clock.waits).toEqual([50, 100, 200]);
  });

  it("is given up when Retry-After is longer than a minute, or than the time that is left", async () => {
    server.next.push({ status: 429, headers: { "retry-after": "61" }, json: { message: "daily limit" } });
    expect((await failureOf(ask({ decodeError: () => "daily limit" }))).message).toBe(
      `cohere: POST ${server.url}/v2/rerank answered 429 (Retry-After: 61): daily limit. Send less at once, or raise maxRetries.`,
    );
    server.next.push({ status: 429, headers: { "retry-after": "5" } });
    const clock = fastClock();
    expect(await failureOf(ask({ deadlineMs: performance.now() + 4000 }, clock))).toMatchObject({ status: 429, isRetryable: true });
    expect(clock.waits).toEqual([]);
    expect(server.requests).toHaveLength(2);
  });

  it("ends after maxRetries, with the last failure and the number of attempts", async () => {
    server.next.push({ status: 500 }, { status: 502 }, { status: 503, text: "overloaded" });
    const error = await failureOf(ask());
    expect(error).toMatchObject({ code: "hosted", status: 503, isRetryable: true });
    expect(error.message).toContain("answered 503 after 3 attempts: overloaded. Try again later.");
  });

  it("is not made with maxRetries 0", async () => {
    server.next.push({ status: 503 }, ok);
    expect(await failureOf(ask({ maxRetries: 0 }))).toMatchObject({ status: 503 });
  });

  it("really waits with the platform's clock", async () => {
    server.next.push({ status: 503 }, ok);
    expect(await ask({ retryDelayMs: 1 }, systemClock)).toMatchObject({ status: 200, requests: 2 });
  });
});

describe("time", () => {
  it.each<[string, ScriptedAnswer]>([
    ["no answer comes", { isSilent: true }],
    ["the body stops in the middle", { ...ok, stallAfterBytes: 4 }],
    ["the body comes a byte at a time", { text: " ".repeat(10_000), dripMs: 5 }],
  ])("is over when %s", async (_case, answer) => {
    server.next.push(answer, answer);
    const error = await failureOf(ask({ timeoutMs: 100, maxRetries: 1 }));
    expect(error).toMatchObject({ code: "timeout", isRetryable: true });
    expect(error.message).toContain("took longer than 0.1 s after 2 attempts. Raise timeoutSecs");
    await Promise.all(server.requests.map(({ canceled }) => canceled));
  });

  it("starts anew for the next attempt", async () => {
    server.next.push({ isSilent: true }, ok);
    expect(await ask({ timeoutMs: 200 })).toMatchObject({ status: 200, requests: 1 });
  });

  it("has no limit where the limit is longer than a timer takes", async () => {
    server.next.push(ok);
    expect(await ask({ timeoutMs: 2 ** 40 })).toMatchObject({ status: 200 });
  });
});

describe("an abort", () => {
  const reason = new RerankError("timeout", "rerank: the call took too long. Raise it.");

  it("sends nothing when it came before", async () => {
    expect(await failureOf(ask({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(server.requests).toHaveLength(0);
  });

  it.each<[string, ScriptedAnswer]>([
    ["while the answer is awaited", { isSilent: true }],
    ["while the body arrives", { ...ok, stallAfterBytes: 4 }],
  ])("ends the request with its reason %s", async (_case, answer) => {
    const controller = new AbortController();
    const asked = once(server);
    server.next.push(answer);
    const failure = failureOf(ask({ signal: controller.signal }));
    const request = await asked;
    controller.abort(reason);
    expect(await failure).toBe(reason);
    await request.canceled;
    expect(server.requests).toHaveLength(1);
  });

  it("ends a pause", async () => {
    const controller = new AbortController();
    server.next.push({ status: 503, headers: { "retry-after": "50" } });
    const clock: Clock = {
      ...systemClock,
      wait(durationMs, signal) {
        controller.abort(reason);
        return systemClock.wait(durationMs, signal);
      },
    };
    expect(await failureOf(ask({ signal: controller.signal }, clock))).toBe(reason);
  });

  it("becomes `aborted` where the reason is not one of ours", async () => {
    const error = await failureOf(ask({ signal: AbortSignal.abort(new Error("user left")) }));
    expect(error).toMatchObject({ code: "aborted", message: "cohere: the call was aborted: user left." });
  });

  it("leaves no listener behind", async () => {
    let listeners = 0;
    const { signal } = new AbortController();
    const counting = Object.assign(signal, {
      addEventListener: () => {
        listeners += 1;
      },
      removeEventListener: () => {
        listeners -= 1;
      },
    });
    server.next.push({ status: 503 }, ok);
    await ask({ signal: counting, retryDelayMs: 1 }, systemClock);
    expect(listeners).toBe(0);
  });
});

describe("an answer that is no JSON", () => {
  it.each<[string, ScriptedAnswer, string]>([
    ["a page", { text: "<html><body>Sign in</body></html>", headers: { "content-type": "text/html" } }, "(text/html): <html><body>Sign in"],
    ["JSON that is cut", { text: '{"results":[{"index":' }, '(no content type): {"results":[{"index":'],
    ["Python's NaN", { text: '{"score": NaN}' }, '(no content type): {"score": NaN}'],
  ])("is refused with its beginning: %s", async (_case, answer, shown) => {
    server.next.push(answer);
    const error = await failureOf(ask());
    expect(error).toMatchObject({ code: "bad-response", isRetryable: false });
    expect(error.message).toContain(`answered something that is no JSON ${shown}`);
    expect(error.message).toContain("Check that the base URL is that of a reranker.");
  });

  it("is shown up to 200 characters", async () => {
    server.next.push({ text: "x".repeat(100_000) });
    expect((await failureOf(ask())).message.length).toBeLessThan(400);
  });
});

describe("an answer that is too large", () => {
  it("is refused, in its length and not in that of its compressed form", async () => {
    const zipped = gzipSync(JSON.stringify({ padding: "0".repeat(1_000_000) }));
    server.next.push({ text: zipped, headers: { "content-encoding": "gzip", "content-length": String(zipped.length) } });
    const error = await failureOf(ask({ maxBytes: 10_000 }));
    expect(error).toMatchObject({ code: "bad-response", isRetryable: false });
    expect(error.message).toContain("answered more than 10000 bytes. Check");
  });

  it("is cut where it is a failure", async () => {
    server.next.push({ status: 400, text: `no ${"x".repeat(1_000_000)}` });
    const error = await failureOf(ask());
    expect(error).toMatchObject({ code: "hosted", status: 400 });
    // CONVENTIONS: a body is cut to 1 kB.
    expect(error.message.length).toBeLessThan(1024 + 250);
  });
});

describe("a redirect", () => {
  it.each([301, 302, 303, 307, 308])("of status %i to another origin is not followed, and named without its query", async (status) => {
    const other = await startScriptedServer();
    server.next.push({ status, headers: { location: `${other.url}/steal?token=1` } });
    const error = await failureOf(ask());
    await other.close();
    expect(error).toMatchObject({ code: "hosted", status, isRetryable: false });
    expect(error.message).toContain(`is redirected to ${other.url}/steal, and is not sent there`);
    expect(other.requests).toHaveLength(0);
    expect(server.requests).toHaveLength(1);
  });

  it("on the same origin is not followed either", async () => {
    server.next.push({ status: 307, headers: { location: "/v2/rerank/" } });
    expect((await failureOf(ask())).message).toContain(`is redirected to ${server.url}/v2/rerank/, and`);
  });

  it("that does not say where to is one all the same", async () => {
    server.next.push({ status: 302 });
    expect((await failureOf(ask())).message).toContain("is redirected to another address, and");
  });
});

describe("no answer", () => {
  it("tells what the network said, and may pass", async () => {
    const url = await closedUrl();
    const error = await failureOf(ask({ url }));
    expect(error).toMatchObject({ code: "hosted", status: undefined, isRetryable: true });
    expect(error.message).toMatch(
      /POST http:\/\/127\.0\.0\.1:\d+\/ failed after 3 attempts: connect ECONNREFUSED 127\.0\.0\.1:\d+\. Check/,
    );
    expect(inspect(error.cause)).toContain("ECONNREFUSED");
  });

  it("is final for a port that fetch forbids, and for a name that does not exist", async () => {
    expect(await failureOf(ask({ url: "http://127.0.0.1:1/" }))).toMatchObject({ code: "hosted", isRetryable: false });
    // RFC 6761: no resolver knows a name under .invalid; without a network the failure is another one.
    const error = await failureOf(ask({ url: "http://crossrank.invalid/", maxRetries: 0 }));
    expect(error.message).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });
});

describe("a request that HTTP forbids", () => {
  it("names the header, and never its value", async () => {
    const error = await failureOf(ask({ headers: { authorization: `Bearer ${key}\nX: 1` } }));
    expect(error).toMatchObject({ code: "invalid-input" });
    expect(error.message).toContain('the header "authorization" has a name or a value that HTTP forbids');
    expect(inspect(error, { depth: 20 })).not.toContain(key);
  });

  it("tells where credentials of a URL belong", async () => {
    const error = await failureOf(ask({ url: server.url.replace("//", "//user:pass@") }));
    expect(error).toMatchObject({ code: "invalid-input" });
    expect(error.message).toContain("Put credentials into headers");
    expect(inspect(error, { depth: 20 })).not.toContain("pass@");
  });
});

/** The next request to arrive. */
async function once({ requests }: ScriptedServer): Promise<ScriptedServer["requests"][number]> {
  const before = requests.length;
  while (requests.length === before) await new Promise(setImmediate);
  return requests[before]!;
}
