import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { besideModel, onCpu, sessionOpener, spreadIds } from "../../test/support/onnx-sessions.node.ts";
import { lastTokenIndex, paddedFeeds } from "../scorers/local/feeds.ts";
import { keepLastTokensOf } from "../scorers/local/rewritten-model.node.ts";
import type { EncodedPair } from "../tokenization/pair-encoder.ts";
import { makeNode } from "./graph-parts.ts";
import { keepLastTokens } from "./last-token.ts";
import { type OnnxModel, readOnnxModel, writeOnnxModel } from "./onnx-model.ts";

const folder = fileURLToPath(new URL("../../test/fixtures/models/", import.meta.url));
const fail = (reason: string): Error => new Error(reason);
const open = sessionOpener();

function prompt(length: number, seed: number): EncodedPair {
  const ids = spreadIds(length, seed);
  return { ids, typeIds: new Uint8Array(length), fullTokens: 0 };
}

describe("keepLastTokens", () => {
  const cases = ["tiny-qwen2", "tiny-qwen3", "tiny-qwen3-gqa", "tiny-qwen3-int8", "tiny-gemma"].flatMap((name) => [
    [name, "left"] as const,
    [name, "right"] as const,
  ]);
  it.each(cases)("gives the logits of %s for the last token of each prompt, padded on the %s", (name, side) => {
    const path = `${folder}${name}/onnx/model.onnx`;
    const original = open(name, path, onCpu);
    const rewritten = open(name, keepLastTokensOf(path)!, onCpu);
    const prompts = [40, 39, 7].map((length, seed) => prompt(length, seed));
    const feeds = paddedFeeds(prompts, { id: 0, side, firstPosition: 0 });
    const { data: all, shape } = original.run(feeds);
    const [, tokens, vocabulary] = shape as [number, number, number];
    const { data, shape: shortened } = rewritten.run(feeds);
    expect(shortened).toEqual([prompts.length, vocabulary]);
    for (const [row, one] of prompts.entries()) {
      const start = (row * tokens + lastTokenIndex(one, tokens, side)) * vocabulary;
      for (let token = 0; token < vocabulary; token += 1) {
        // float32 sums in another order
        expect(Math.abs(data[row * vocabulary + token]! - all[start + token]!)).toBeLessThan(1e-5);
      }
    }
  });

  it.each(["tiny-bert", "tiny-colbert", "tiny-qwen3-classifier"])("leaves %s alone, which has no logits of tokens", (name) => {
    expect(keepLastTokensOf(`${folder}${name}/onnx/model.onnx`)).toBeUndefined();
  });

  it("leaves a graph alone that does something else to the logits than rows allow", () => {
    const mixed = (operator: string) => (model: OnnxModel) => ({
      ...model,
      nodes: [
        ...model.nodes.map((node) => (node.outputs[0] === "logits" ? { ...node, outputs: ["inner"] } : node)),
        makeNode(operator, ["inner"], ["logits"]),
      ],
    });
    expect(rewrite(mixed("Tanh"))).toBeDefined();
    expect(rewrite(mixed("Softmax"))).toBeUndefined();
    expect(rewrite((model) => ({ ...model, opsets: new Map([["", 11]]) }))).toBeUndefined();
  });
});

function rewrite(change: (model: OnnxModel) => OnnxModel): Uint8Array | undefined {
  const bytes = writeOnnxModel(change(readOnnxModel(sourceOf(readFileSync(`${folder}tiny-gemma/onnx/model.onnx`)), besideModel, fail)!));
  return keepLastTokens(sourceOf(bytes), besideModel, fail);
}

function sourceOf(bytes: Uint8Array): Parameters<typeof readOnnxModel>[0] {
  return { sizeBytes: bytes.length, read: (position, length) => bytes.subarray(position, position + length) };
}
