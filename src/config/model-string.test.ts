import { describe, expect, it } from "vitest";
import { isLocalPath, parseModelString, providerPrefixes } from "./model-string.ts";
import type { ModelReference } from "./types.ts";

const forms: [string, ModelReference][] = [
  ["fast", { type: "preset", name: "fast" }],
  ["bge-reranker-v2.5", { type: "preset", name: "bge-reranker-v2.5" }],
  ["cohere/rerank-v3.5", { type: "llm", llm: { model: "cohere/rerank-v3.5" } }],
  ["huggingface/BAAI/bge-reranker-base", { type: "llm", llm: { model: "huggingface/BAAI/bge-reranker-base" } }],
  ["bedrock/cohere.rerank-v3-5:0", { type: "llm", llm: { model: "bedrock/cohere.rerank-v3-5:0" } }],
  ["jina/jina-reranker-v2", { type: "llm", llm: { model: "jina/jina-reranker-v2" } }],
  ["jinaai/jina-reranker-v2", { type: "custom", modelId: "jinaai/jina-reranker-v2" }],
  ["hf:jina/some-model", { type: "custom", modelId: "jina/some-model" }],
  ["BAAI/bge-reranker-base", { type: "custom", modelId: "BAAI/bge-reranker-base" }],
  ["BAAI/bge-reranker-base@2cfc18c", { type: "custom", modelId: "BAAI/bge-reranker-base", revision: "2cfc18c" }],
  ["hf:org/name@refs/pr/1", { type: "custom", modelId: "org/name", revision: "refs/pr/1" }],
  ["./folder", { type: "custom", modelId: "./folder" }],
  ["../folder@1", { type: "custom", modelId: "../folder@1" }],
  ["/models/x", { type: "custom", modelId: "/models/x" }],
  ["~/models/x", { type: "custom", modelId: "~/models/x" }],
  ["file:///models/x", { type: "custom", modelId: "file:///models/x" }],
  ["C:\\models\\x", { type: "custom", modelId: "C:\\models\\x" }],
  ["plugin:mine", { type: "plugin", name: "mine" }],
];

describe("parseModelString", () => {
  it.each(forms)("reads %s", (text, expected) => {
    expect(parseModelString(text)).toEqual(expected);
  });

  it.each(providerPrefixes)("takes %s/… as hosted, and as a hub organization behind hf:", (prefix) => {
    expect(parseModelString(`${prefix}/model`).type).toBe("llm");
    expect(parseModelString(`hf:${prefix}/model`)).toEqual({ type: "custom", modelId: `${prefix}/model` });
  });

  it.each([
    "",
    " ",
    "two words",
    "cohere/",
    "plugin:",
    "hf:name",
    "org/..",
    "org/name/more",
    "https://host/org/name",
    "org/name@",
    "org/name@a/../b",
  ])("refuses %j", (text) => {
    expect(() => parseModelString(text, "config.model")).toThrow(
      expect.objectContaining({
        code: "invalid-input",
        message: expect.stringMatching(/^config\.model: .* does not name a model\. Give /),
      }),
    );
  });
});

describe("isLocalPath", () => {
  it("leaves ids of the hub alone", () => {
    expect(["org/name", "org/.name", "name", "hf:org/name"].filter(isLocalPath)).toEqual([]);
  });
});
