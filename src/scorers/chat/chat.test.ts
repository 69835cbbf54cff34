import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ChatServer, knowingModel, networkWith, startChatServer } from "../../../test/support/chat-server.node.ts";
import { Reranker } from "../../reranker.ts";
import type { CheckedChatModel } from "../../types.ts";
import { createChatScorer } from "./chat.ts";

let server: ChatServer;
beforeAll(async () => {
  server = await startChatServer(knowingModel((text) => (text.length + 1) / 100));
});
afterAll(() => server.close());

const modelOf = (method: CheckedChatModel["method"], more: Partial<CheckedChatModel> = {}): CheckedChatModel => ({
  type: "chat",
  method,
  llm: { model: "m", baseUrl: server.baseUrl },
  ...more,
});

describe("createChatScorer", () => {
  it("names the prompt beside the model, since either changes the scores", () => {
    expect(createChatScorer(modelOf("pointwise"), networkWith()).model).toBe("m@pointwise-1");
    expect(createChatScorer(modelOf("listwise"), networkWith()).model).toBe("m@listwise-1");
  });

  it("asks for no key before it is warmed up, and sends nothing then", async () => {
    const scorer = createChatScorer({ type: "chat", method: "pointwise", llm: { model: "m" } }, networkWith());
    await expect(scorer.warmUp!()).rejects.toMatchObject({ code: "invalid-input", message: expect.stringContaining("OPENAI_API_KEY") });
    await createChatScorer(modelOf("pointwise"), networkWith()).warmUp!();
    expect(server.requests).toEqual([]);
  });

  it.each([
    [{ windowSize: 10, step: 10 }, "step is 10 and windowSize 10"],
    [{ step: 25 }, "step is 25 and windowSize 20"],
  ])("refuses windows that do not overlap: %j", (more, message) => {
    expect(() => createChatScorer(modelOf("listwise", more), networkWith())).toThrow(
      expect.objectContaining({ code: "invalid-input", message: expect.stringContaining(message) }),
    );
  });

  it("refuses a client that is for rerankers", () => {
    const model = modelOf("pointwise", { llm: { model: "m", client: "liter-llm" } });
    expect(() => createChatScorer(model, networkWith())).toThrow(expect.objectContaining({ code: "invalid-input" }));
  });
});

describe("a reranker over a chat model", () => {
  it.each(["pointwise", "listwise"] as const)("ranks, counts and tells the model (%s)", async (method) => {
    const reranker = new Reranker(createChatScorer(modelOf(method, { price: { input: 1, output: 1 } }), networkWith()));
    const documents = [{ text: "a" }, { text: "ccc" }, { text: "bb" }];
    const { results, model, usage, warnings } = await reranker.rank("q", documents, { topK: 2, instruction: "long ones" });
    expect(results.map(({ index, document }) => [index, document])).toEqual([
      [1, documents[1]],
      [2, documents[2]],
    ]);
    expect(results[0]!.document).toBe(documents[1]);
    expect(model).toBe(`m@${method}-1`);
    const requests = method === "pointwise" ? 3 : 1;
    expect(usage).toEqual({
      documents: 3,
      tokens: 100 * requests,
      outputTokens: 2 * requests,
      requests,
      cost: expect.closeTo((102 * requests) / 1e6, 12),
    });
    expect(warnings).toEqual([]);
  });

  it("warns of options that have no meaning, since nothing is cut", async () => {
    const reranker = new Reranker(createChatScorer(modelOf("pointwise"), networkWith()));
    const { warnings } = await reranker.rank("q", ["a"], { truncation: "error" });
    expect(warnings).toEqual([expect.objectContaining({ type: "ignored-option", option: "truncation" })]);
  });

  it("ends a call whose time is over with a timeout", async () => {
    const silent = await startChatServer(() => ({ isSilent: true }));
    const reranker = new Reranker(createChatScorer(modelOf("pointwise", { llm: { model: "m", baseUrl: silent.baseUrl } }), networkWith()));
    await expect(reranker.rank("q", ["a"], { maxRerankDurationSecs: 0.05 })).rejects.toMatchObject({ code: "timeout" });
    await silent.close();
  });
});
