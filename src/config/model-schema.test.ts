import { describe, expect, it } from "vitest";
import { parseConfig, settingsKey } from "./config.ts";
import { describeModel } from "./describe-model.ts";
import { modelSchema } from "./model-schema.ts";
import { readBySchema } from "./read.ts";
import type { AiSdkRerankingModel, ModelInput } from "./types.ts";

const parse = (model: unknown) => readBySchema(modelSchema, model, "model");
const refusal = (model: unknown): string => {
  try {
    parse(model);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
};
const aiSdkModel = {
  specificationVersion: "v3",
  provider: "p",
  modelId: "m",
  doRerank: async () => ({ ranking: [] }),
} satisfies AiSdkRerankingModel;

describe("modelSchema", () => {
  it.each([
    [
      {
        type: "chat",
        method: "listwise",
        llm: { model: "m", base_url: "http://localhost:1/v1", api_key: "k" },
        window_size: 10,
        price: { input: 1, output: 2 },
      },
      {
        type: "chat",
        method: "listwise",
        llm: { model: "m", baseUrl: "http://localhost:1/v1", apiKey: "k" },
        windowSize: 10,
        price: { input: 1, output: 2 },
      },
    ],
    [
      { type: "remote", urls: ["http://a:1", "http://b:1"], timeout_secs: 3 },
      { type: "remote", urls: ["http://a:1", "http://b:1"], timeoutSecs: 3 },
    ],
    [
      { type: "fallback", models: ["cohere/rerank-v3.5", "fast", { type: "none" }] },
      {
        type: "fallback",
        models: [{ type: "llm", llm: { model: "cohere/rerank-v3.5" } }, { type: "preset", name: "fast" }, { type: "none" }],
      },
    ],
    [
      { type: "cascade", first: "mini", second: { type: "preset", name: "quality", max_length: 128 }, keep: 20 },
      { type: "cascade", first: { type: "preset", name: "mini" }, second: { type: "preset", name: "quality", maxLength: 128 }, keep: 20 },
    ],
    [
      { type: "fuse", models: ["mini", { type: "field", name: "bm25" }], weights: [1, 0.5], method: "weighted" },
      {
        type: "fuse",
        models: [
          { type: "preset", name: "mini" },
          { type: "field", name: "bm25" },
        ],
        weights: [1, 0.5],
        method: "weighted",
      },
    ],
  ])("reads %j in either spelling, models inside models too", (given, expected) => {
    expect(parse(given)).toEqual(expected);
  });

  it("takes functions and models of the AI SDK as they are, inside others too", () => {
    const byLength = (): number[] => [];
    expect(parse(byLength)).toEqual({ type: "external", source: byLength });
    expect(parse(aiSdkModel)).toMatchObject({ type: "external", source: aiSdkModel });
    expect(parse({ type: "fallback", models: [byLength] })).toMatchObject({ models: [{ source: byLength }] });
  });

  it.each([
    [{ type: "chat", method: "pairwise", llm: { model: "m" } }, 'model.method: expected "pointwise" or "listwise"'],
    [{ type: "remote", urls: [] }, "model.urls: expected an array of at least 1"],
    [{ type: "remote", urls: ["ftp://a"] }, "model.urls[0]: expected an http or https URL"],
    [{ type: "fallback", models: ["fast", 3] }, "model.models[1]: expected a string, an object or a function, got 3"],
    [{ type: "cascade", first: "mini", second: "fast" }, "model.keep: missing"],
    [{ type: "fuse", models: ["mini"], weights: [1, 2] }, "model.weights: 2 for 1 models"],
    [{ type: "fuse", models: ["mini"], weights: [-1] }, "model.weights[0]: expected a number ≥ 0"],
    [{ type: "external", source: {} }, "model.source: expected a function or a reranking model"],
  ])("refuses %j", (model, message) => {
    expect(refusal(model)).toContain(message);
  });

  it("refuses models that are nested without end", () => {
    let model: unknown = "mini";
    for (let depth = 0; depth < 10_000; depth += 1) model = { type: "fallback", models: [model] };
    expect(refusal(model)).toMatch(/nested more than 8 deep/);
  });
});

describe("describeModel", () => {
  it.each([
    ["fast", "fast"],
    ["org/name", "org/name"],
    ["cohere/rerank-v3.5", "cohere/rerank-v3.5"],
    ["plugin:p", "plugin:p"],
    [{ type: "chat", method: "pointwise", llm: { model: "gpt" } }, "chat:gpt"],
    [{ type: "remote", urls: ["http://user:secret@a:1/x", "http://b"] }, "remote:a:1,b"],
    [{ type: "cascade", first: "mini", second: "fast", keep: 1 }, "cascade(mini, fast)"],
    [{ type: "fuse", models: ["mini", { type: "field", name: "f" }, { type: "none" }] }, "fuse(mini, field:f, none)"],
    [{ type: "custom", model_id: "org/name" }, "org/name"],
    [function house() {}, "function house"],
    [aiSdkModel, "p/m"],
  ])("calls %j %s, as it was written and as it was checked", (model, expected) => {
    expect(describeModel(model as ModelInput)).toBe(expected);
    expect(describeModel(parse(model))).toBe(expected);
  });

  it.each([["not a model"], [{ type: "nothing" }], [undefined]])("refuses %j", (model) => {
    expect(() => describeModel(model as unknown as ModelInput)).toThrow(expect.objectContaining({ code: "invalid-input" }));
  });
});

describe("settingsKey", () => {
  it("distinguishes functions by identity, not by name", () => {
    const make = () => () => [1];
    const [one, other] = [make(), make()];
    const keyOf = (model: unknown): string => settingsKey(parseConfig({ model }).settings);
    expect(keyOf(one)).toBe(keyOf(one));
    expect(keyOf(one)).not.toBe(keyOf(other));
    expect(keyOf({ type: "fallback", models: [one] })).not.toBe(keyOf({ type: "fallback", models: [other] }));
  });
});
