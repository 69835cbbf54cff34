import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import {
  type ChatServer,
  completion,
  knowingModel,
  networkWith,
  questionOf,
  startChatServer,
} from "../../../test/support/chat-server.node.ts";
import { RerankError } from "../../errors.ts";
import type { ScoreCall, ScoreResult } from "../../scorer.ts";
import type { CheckedChatModel } from "../../types.ts";
import { createChatScorer } from "./chat.ts";
import { windowStarts } from "./listwise.ts";

const call: ScoreCall = { query: "q", texts: [], truncation: "longest_first", specialTokens: "neutralize", batchSize: 32 };

let server: ChatServer | undefined;
afterEach(() => server?.close());

function score(texts: readonly string[], model: Partial<CheckedChatModel> = {}, more: Partial<ScoreCall> = {}): Promise<ScoreResult> {
  const llm = { model: "m", baseUrl: server!.baseUrl, maxRetries: 0 };
  return createChatScorer({ type: "chat", method: "listwise", llm, ...model }, networkWith()).score({ ...call, texts, ...more });
}

/** Relevance written in the text. */
const written = knowingModel((text) => Number.parseFloat(text));
const saying = (...answers: string[]) =>
  startChatServer(() => ({ json: completion({ content: answers.length > 1 ? answers.shift()! : answers[0]! }) }));

describe("windowStarts", () => {
  it("slides from the end to the front, as RankGPT does over 100 passages", () => {
    expect(windowStarts(100, { size: 20, step: 10 })).toEqual([80, 70, 60, 50, 40, 30, 20, 10, 0]);
  });

  it.each([
    [1, [0]],
    [20, [0]],
    [21, [1, 0]],
    [25, [5, 0]],
    [30, [10, 0]],
    [31, [11, 1, 0]],
  ])("leaves out no document of %i", (count, starts) => {
    expect(windowStarts(count, { size: 20, step: 10 })).toEqual(starts);
  });

  it("takes ⌈(n − size) / step⌉ + 1 windows, each of which shares size − step documents or more with the next", () => {
    const shapes = fc
      .record({ count: fc.integer({ min: 1, max: 300 }), size: fc.integer({ min: 2, max: 40 }) })
      .chain(({ count, size }) =>
        fc.record({ count: fc.constant(count), size: fc.constant(size), step: fc.integer({ min: 1, max: size - 1 }) }),
      );
    fc.assert(
      fc.property(shapes, ({ count, size, step }) => {
        const starts = windowStarts(count, { size, step });
        expect(starts).toHaveLength(Math.max(0, Math.ceil((count - size) / step)) + 1);
        expect(starts.at(-1)).toBe(0);
        expect(starts[0]! + size).toBeGreaterThanOrEqual(count);
        starts.slice(1).forEach((start, index) => {
          expect(start).toBeLessThan(starts[index]!);
          expect(start + size - starts[index]!).toBeGreaterThanOrEqual(size - step);
        });
      }),
    );
  });
});

describe("listwise scores", () => {
  it("fall from 1 by equal steps, the best first", async () => {
    server = await startChatServer(written);
    const { scores, warnings } = await score(["0.25", "0.9", "0.001", "0.5"]);
    expect([...scores]).toEqual([0.5, 1, 0.25, 0.75]);
    expect(warnings).toEqual([]);
  });

  it("put the best ten of a hundred first, wherever they stood, in nine requests", async () => {
    server = await startChatServer(written);
    // 37 and 100 have no common divisor: every relevance from 0 to 0.99 once, in no order; the best ten lie all over the list.
    const texts = Array.from({ length: 100 }, (_, index) => String(((index * 37 + 11) % 100) / 100));
    const { scores, usage } = await score(texts);
    const ranked = texts.map((text, index) => ({ text, score: scores[index]! })).sort((left, right) => right.score - left.score);
    expect(ranked.slice(0, 10).map(({ text }) => text)).toEqual([
      "0.99",
      "0.98",
      "0.97",
      "0.96",
      "0.95",
      "0.94",
      "0.93",
      "0.92",
      "0.91",
      "0.9",
    ]);
    expect(new Set(scores).size).toBe(100);
    expect(usage).toEqual({ requests: 9, outputTokens: 18 });
    expect(server.requests.map((request) => questionOf(request).texts.length)).toEqual(Array.from({ length: 9 }, () => 20));
  });

  it("put the best ten first even where they stood last", async () => {
    server = await startChatServer(written);
    const texts = Array.from({ length: 65 }, (_, index) => String(index / 100));
    const { scores } = await score(texts);
    expect([...scores.slice(-10)]).toEqual(Array.from({ length: 10 }, (_, index) => (65 - 9 + index) / 65));
  });

  it("follow the windows of the configuration, half a window a step where it is a small one", async () => {
    server = await startChatServer(written);
    const texts = Array.from({ length: 10 }, (_, index) => String(index / 10));
    await score(texts, { windowSize: 4 });
    expect(server.requests).toHaveLength(4);
    await score(texts, { windowSize: 4, step: 3 });
    expect(server.requests).toHaveLength(4 + 3);
  });

  it("are the same for equal texts, which are asked about once", async () => {
    server = await startChatServer(written);
    const { scores, pairTokens } = await score(["0.5", "0.9", "0.5", "0.1"]);
    expect([...scores]).toEqual([2 / 3, 1, 2 / 3, 1 / 3]);
    expect(questionOf(server.requests[0]!).texts).toEqual(["0.5", "0.9", "0.1"]);
    // 100 in three shares.
    expect([...pairTokens!.read]).toEqual([33, 33, 0, 34]);
  });

  it("need no request for a single text", async () => {
    server = await startChatServer();
    expect(await score(["a", "a"])).toMatchObject({ scores: Float64Array.of(1, 1), usage: { requests: 0, outputTokens: 0 }, warnings: [] });
  });

  it("share the tokens of all windows, and cost what they cost", async () => {
    server = await startChatServer((request) => ({
      json: { ...(written(request) as { json: object }).json, usage: { prompt_tokens: 1003, completion_tokens: 97 } },
    }));
    const texts = Array.from({ length: 30 }, (_, index) => String(index / 100));
    const { pairTokens, usage } = await score(texts, { price: { input: 2, output: 8 } });
    expect(pairTokens!.read.reduce((sum, count) => sum + count, 0)).toBe(2006);
    // By hand: (2006 × 2 + 194 × 8) / 1,000,000.
    expect(usage).toEqual({ requests: 2, outputTokens: 194, cost: expect.closeTo(0.005564, 12) });
  });

  it("come without tokens where the endpoint does not tell them", async () => {
    server = await startChatServer(() => ({ json: completion({ content: "[1] > [2]", usage: null }) }));
    const { pairTokens, usage } = await score(["a", "b"], { price: { input: 2, output: 8 } });
    expect([pairTokens, usage]).toEqual([undefined, { requests: 1 }]);
  });
});

describe("an answer that is no whole order", () => {
  it("is repaired, and told once for all windows", async () => {
    server = await saying("[3] > [3] > [7]", "[1] > [2] > [3] > [4]");
    const { scores, warnings } = await score(["a", "b", "c", "d", "e", "f"], { windowSize: 4 });
    // The window c d e f becomes e c d f; the next one, a b e c, is left as it is.
    expect([...scores]).toEqual([6 / 6, 5 / 6, 3 / 6, 2 / 6, 4 / 6, 1 / 6]);
    expect(warnings).toEqual([
      {
        type: "fallback",
        message:
          "chat:m: 1 of 2 answers were no whole order: 3 documents that they left out follow in their present order, 2 repeated or unknown numbers were dropped",
      },
    ]);
  });

  it("may be one without any number, as long as another one has some", async () => {
    server = await saying("I cannot rank these.", "[4] > [3] > [2] > [1]");
    const { scores, warnings } = await score(["a", "b", "c", "d", "e", "f"], { windowSize: 4 });
    expect([...scores]).toEqual([3 / 6, 4 / 6, 5 / 6, 6 / 6, 2 / 6, 1 / 6]);
    expect(warnings).toHaveLength(1);
  });

  it("fails the call where none names a passage", async () => {
    server = await saying("I cannot rank these.");
    await expect(score(["a", "b"])).rejects.toMatchObject({
      code: "bad-response",
      message: 'chat:m: no answer names a passage: "I cannot rank these.". Use a model that follows instructions, or method "pointwise".',
    });
  });

  it("places every document, whatever the answers are", async () => {
    let content = "";
    server = await startChatServer(() => ({ json: completion({ content: `[1] ${content}` }) }));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.integer({ min: 2, max: 12 }), async (garbage, count) => {
        content = garbage.toWellFormed();
        const texts = Array.from({ length: count }, (_, index) => String(index));
        const { scores } = await score(texts, { windowSize: 4 });
        expect([...scores].sort((left, right) => left - right)).toEqual(texts.map((_, index) => (index + 1) / count));
      }),
      { numRuns: 20 },
    );
  });
});

it("an abort ends a call, too, that needs no request", async () => {
  server = await startChatServer();
  const controller = new AbortController();
  const answer = score(["a"], {}, { signal: controller.signal });
  controller.abort(new RerankError("aborted", "test: enough. Nothing needs to be done."));
  await expect(answer).rejects.toBe(controller.signal.reason);
});

describe("a window that fails", () => {
  it.each(["fail", "partial"] as const)("fails the call with onError %s, and ends the windows before it", async (onError) => {
    server = await startChatServer(written);
    server.next.push({ status: 400, json: { error: { message: "maximum context length exceeded" } } });
    const texts = Array.from({ length: 30 }, (_, index) => String(index));
    await expect(score(texts, {}, { onError })).rejects.toMatchObject({ code: "hosted", status: 400 });
    expect(server.requests).toHaveLength(1);
  });
});
