import { describe, expect, it } from "vitest";
import { parseAllowedConfig } from "./policy.ts";

const codeOf = (config: object, allowModels = false): string => {
  try {
    parseAllowedConfig(config, allowModels);
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`;
  }
  return "allowed";
};

describe("what a request's config may hold", () => {
  it("is every option of a call, in both spellings", () => {
    const { options, model, replyFields } = parseAllowedConfig(
      {
        model: "fast",
        top_k: 2,
        threshold: 0.1,
        truncation: "error",
        instruction: "i",
        fields: ["a"],
        batchSize: 4,
        max_rerank_duration_secs: 3,
        return: ["logit", "usage", "tokens", "warnings"],
      },
      false,
    );
    expect(model).toEqual({ type: "preset", name: "fast" });
    expect(options).toEqual({
      topK: 2,
      threshold: 0.1,
      truncation: "error",
      instruction: "i",
      fields: ["a"],
      batchSize: 4,
      maxRerankDurationSecs: 3,
      return: ["logit", "tokens"],
    });
    expect([...replyFields]).toEqual(["usage", "warnings"]);
  });

  it("leaves the model open where none is named", () => {
    expect(parseAllowedConfig({}, false)).toMatchObject({ model: undefined, options: {} });
    expect(parseAllowedConfig({ model: null }, false).model).toBeUndefined();
  });

  it.each([
    ["cache_dir", { cache_dir: "/tmp" }],
    ["cacheDir", { cacheDir: "/tmp" }],
    ["acceleration", { acceleration: { workers: 500 } }],
    ["show_download_progress", { show_download_progress: true }],
    ["allow_download", { allow_download: true }],
    ["score_cache_bytes", { score_cache_bytes: 1 }],
    ["calibration", { calibration: "/etc/passwd" }],
    ["special_tokens", { special_tokens: "interpret" }],
    ["text", { text: "x" }],
    ["base_url", { model: { type: "llm", llm: { model: "cohere/x", base_url: "http://10.0.0.1" } } }],
    ["baseUrl", { model: { type: "llm", llm: { model: "cohere/x", baseUrl: "http://10.0.0.1" } } }],
    ["headers", { model: { type: "llm", llm: { model: "cohere/x", headers: { a: "b" } } } }],
    ["base_url", { model: { type: "hosted", model: "cohere/x", base_url: "http://10.0.0.1" } }],
    ["urls", { model: { type: "remote", urls: ["http://10.0.0.1"] } }],
  ])("is not %s, even where models are allowed", (name, config) => {
    for (const allowModels of [false, true]) expect(codeOf(config, allowModels)).toMatch(new RegExp(`^not-allowed config\\S*\\.${name}: `));
  });

  it.each(["./folder", "../up", "/etc", "~/x", "file:///etc", "C:\\x"])(
    "is not the folder %s, even where models are allowed",
    (modelId) => {
      for (const model of [modelId, { type: "custom", modelId }]) {
        expect(codeOf({ model })).toMatch(/^not-allowed /);
        expect(codeOf({ model }, true)).toMatch(/^not-allowed config\.model: folders/);
      }
    },
  );

  it.each([
    ["a hub id", "org/name"],
    ["a hub id as an object", { type: "custom", model_id: "org/name" }],
    ["a hosted model", "cohere/rerank-v3.5"],
    ["another file of a preset", { type: "preset", name: "fast", model_file: "onnx/other.onnx" }],
  ])("is %s only where models are allowed", (_what, model) => {
    expect(codeOf({ model })).toMatch(/^not-allowed /);
    expect(codeOf({ model }, true)).toBe("allowed");
  });

  it("names the nearest key for one that is unknown", () => {
    expect(codeOf({ topk: 1 })).toMatch(/^invalid-input config\.topk: unknown key\. Did you mean topK\?/);
    expect(codeOf(JSON.parse('{"__proto__": {"polluted": 1}}') as object)).toMatch(/^invalid-input /);
  });
});
