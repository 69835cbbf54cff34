import { afterEach, describe, expect, it } from "vitest";
import {
  type ChatServer,
  completion,
  knowingModel,
  networkWith,
  questionOf,
  startChatServer,
} from "../../../test/support/chat-server.node.ts";
import type { ScriptedAnswer } from "../../../test/support/scripted-server.node.ts";
import type { Network } from "../../http/request.ts";
import type { ScoreCall, ScoreResult } from "../../scorer.ts";
import type { CheckedChatModel } from "../../types.ts";
import { createChatScorer } from "./chat.ts";

const call: ScoreCall = { query: "q", texts: ["a"], truncation: "longest_first", specialTokens: "neutralize", batchSize: 32 };

let server: ChatServer;
afterEach(() => server.close());

function score(texts: readonly string[], more: Partial<ScoreCall> = {}, model: Partial<CheckedChatModel> = {}): Promise<ScoreResult> {
  const llm = { model: "m", baseUrl: server.baseUrl, maxRetries: 0 };
  return createChatScorer({ type: "chat", method: "pointwise", llm, ...model }, networkWith()).score({ ...call, texts, ...more });
}

/** Relevance written in the text: "0.25 …". */
const written = knowingModel((text) => Number.parseFloat(text));

describe("pointwise scores", () => {
  it("are the odds of yes, in input order", async () => {
    server = await startChatServer(written);
    const { scores, warnings } = await score(["0.25", "0.9", "0.001", "0.9999"]);
    // e^ln(p) / (e^ln(p) + e^ln(1 − p)) = p, but for the last bits of a double.
    [0.25, 0.9, 0.001, 0.9999].forEach((expected, index) => {
      expect(scores[index]).toBeCloseTo(expected, 12);
    });
    expect(warnings).toEqual([]);
  });

  it("ask about equal texts once, and read their tokens once", async () => {
    server = await startChatServer(written);
    const { scores, pairTokens, usage } = await score(["0.5", "0.25", "0.5", "0.5"]);
    expect(Array.from(scores, (value) => value.toFixed(6))).toEqual(["0.500000", "0.250000", "0.500000", "0.500000"]);
    expect([...pairTokens!.read]).toEqual([100, 100, 0, 0]);
    expect(usage).toEqual({ requests: 2, outputTokens: 4 });
  });

  it("are asked for eight at a time, after one that goes ahead", async () => {
    server = await startChatServer(written);
    let underWay = 0;
    const counts: number[] = [];
    const network: Network = {
      ...networkWith(),
      fetch: (...request) => {
        underWay += 1;
        counts.push(underWay);
        return globalThis.fetch(...request).finally(() => {
          underWay -= 1;
        });
      },
    };
    const scorer = createChatScorer({ type: "chat", method: "pointwise", llm: { model: "m", baseUrl: server.baseUrl } }, network);
    const texts = Array.from({ length: 30 }, (_, index) => `0.5 ${index}`);
    await scorer.score({ ...call, texts });
    // The first one alone, then eight that begin together, and never more.
    expect(counts.slice(0, 9)).toEqual([1, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(Math.max(...counts)).toBe(8);
    counts.length = 0;
    await scorer.score({ ...call, texts });
    expect(counts.slice(0, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("cost what the endpoint counts, at the caller's price", async () => {
    const usages = [
      { prompt_tokens: 120, completion_tokens: 1 },
      { prompt_tokens: 80, completion_tokens: 3 },
    ];
    server = await startChatServer(({ body }) => ({
      json: completion({ content: "yes", usage: usages[body.messages[1].content.includes("<document>\na") ? 0 : 1]! }),
    }));
    const { usage, pairTokens } = await score(["a", "b"], {}, { price: { input: 0.4, output: 1.6 } });
    expect([...pairTokens!.read]).toEqual([120, 80]);
    // By hand: (200 × 0.4 + 4 × 1.6) / 1,000,000.
    expect(usage).toEqual({ requests: 2, outputTokens: 4, cost: expect.closeTo(0.0000864, 12) });
  });

  it("come without tokens and cost where one answer does not tell them, since a part would pass for the whole", async () => {
    server = await startChatServer(({ body }) => ({
      json: completion({ content: "yes", ...(body.messages[1].content.includes("<document>\nb") ? { usage: null } : {}) }),
    }));
    const { usage, pairTokens } = await score(["a", "b"], {}, { price: { input: 1, output: 1 } });
    expect(usage).toEqual({ requests: 2 });
    expect(pairTokens).toBeUndefined();
  });

  it("say how many of them are by the word, where only some answers have odds", async () => {
    server = await startChatServer((request) =>
      questionOf(request).texts[0] === "0.9" ? { json: completion({ content: "Yes" }) } : written(request),
    );
    const { scores, warnings } = await score(["0.25", "0.9", "0.75"]);
    expect(Array.from(scores, (value) => value.toFixed(6))).toEqual(["0.250000", "1.000000", "0.750000"]);
    expect(warnings).toEqual([
      { type: "fallback", message: expect.stringContaining("1 of 3 different documents were scored by the word") },
    ]);
  });
});

describe("a document that fails", () => {
  /** Answers as told for the text "bad…", rightly for others. */
  const failing = (answer: ScriptedAnswer) =>
    startChatServer((request) => (questionOf(request).texts[0]!.startsWith("bad") ? answer : written(request)));
  const tooLong: ScriptedAnswer = {
    status: 400,
    json: { error: { message: "This model's maximum context length is 8192 tokens", code: "context_length_exceeded" } },
  };

  it.each<[string, ScriptedAnswer, object]>([
    [
      "too long",
      tooLong,
      { code: "hosted", status: 400, message: expect.stringMatching(/^documents\[1\]: chat:m: .*maximum context length/) },
    ],
    [
      "an unclear answer",
      { json: completion({ content: "Perhaps." }) },
      {
        code: "bad-response",
        message:
          'documents[1]: chat:m: the answer is neither yes nor no: "Perhaps.". Use a model that follows instructions, or method "listwise".',
      },
    ],
    [
      "a refusal",
      { json: completion({ content: null, message: { refusal: "I'm sorry." } }) },
      { code: "bad-response", message: expect.stringContaining('documents[1]: chat:m: the model refuses to answer: "I\'m sorry."') },
    ],
  ])("fails the call, and is named (%s)", async (_what, answer, error) => {
    server = await failing(answer);
    await expect(score(["0.5", "bad", "0.25"])).rejects.toMatchObject(error);
  });

  it("stops the requests for the others", async () => {
    server = await startChatServer((request) => {
      const [text] = questionOf(request).texts;
      if (text === "0.5") return written(request);
      return text === "bad" ? tooLong : { isSilent: true };
    });
    await expect(score(["0.5", "0.1", "0.2", "bad", ...Array.from({ length: 50 }, (_, index) => `0.3 ${index}`)])).rejects.toMatchObject({
      status: 400,
    });
    expect(server.requests.length).toBeLessThanOrEqual(9);
  });

  it("is left out with onError partial: NaN at its indices, and one failure for each message", async () => {
    server = await failing(tooLong);
    const { scores, failures, usage, pairTokens } = await score(["0.5", "bad", "0.25", "bad", "bad 2"], { onError: "partial" });
    expect(Array.from(scores, (value) => value.toFixed(6))).toEqual(["0.500000", "NaN", "0.250000", "NaN", "NaN"]);
    expect(failures).toEqual([
      { indices: [1, 3], message: expect.stringMatching(/^documents\[1\]: chat:m: /) },
      { indices: [4], message: expect.stringMatching(/^documents\[4\]: chat:m: /) },
    ]);
    expect([...pairTokens!.read]).toEqual([100, 0, 100, 0, 0]);
    expect(usage).toEqual({ requests: 4, outputTokens: 4 });
  });

  it("is one failure with others for the same reason, which is none of theirs", async () => {
    server = await failing({ status: 500, text: "oops" });
    const { failures } = await score(["0.5", "bad 1", "bad 2"], { onError: "partial" });
    expect(failures).toEqual([{ indices: [1, 2], message: expect.stringMatching(/^chat:m: .*500/) }]);
  });

  it.each([401, 402, 404])("fails the call with onError partial, too, where all would fail alike (status %i)", async (status) => {
    server = await startChatServer(() => ({ status, json: { error: { message: "no" } } }));
    await expect(score(["0.5", "0.25"], { onError: "partial" })).rejects.toMatchObject({ code: "hosted", status });
    expect(server.requests).toHaveLength(1);
  });

  it("fails the call with onError partial, too, where there is no other one", async () => {
    server = await failing(tooLong);
    await expect(score(["bad 1", "bad 2"], { onError: "partial" })).rejects.toMatchObject({ code: "hosted", status: 400 });
  });
});
