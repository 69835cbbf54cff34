import { describe, expect, it } from "vitest";
import { RerankError } from "../errors.ts";
import { getPreset, listPresets } from "./catalogue.ts";
import { checkFilePath, checkRepositoryId, isCommit } from "./names.ts";
import { requirementsOf } from "./requirements.ts";

describe("the catalogue", () => {
  it("keeps what the five names of the documentation mean", () => {
    const meanings = ["mini", "fast", "balanced", "quality", "multilingual"].map((name) => {
      const { repository, modelFile, licence } = getPreset(name);
      return [name, repository, modelFile, licence];
    });
    expect(meanings).toEqual([
      ["mini", undefined, "onnx/model.onnx", "Apache-2.0"],
      ["fast", "cross-encoder/ms-marco-MiniLM-L6-v2", "onnx/model.onnx", "Apache-2.0"],
      ["balanced", "BAAI/bge-reranker-base", "onnx/model.onnx", "MIT"],
      ["quality", "BAAI/bge-reranker-large", "onnx/model.onnx", "MIT"],
      ["multilingual", "xberg-io/reranker-models", "bge-reranker-v2-m3/model.onnx", "Apache-2.0"],
    ]);
  });

  it("recommends balanced and nothing else", () => {
    expect(
      listPresets()
        .filter((preset) => preset.recommended)
        .map((preset) => preset.name),
    ).toEqual(["balanced"]);
  });

  it("pins a commit and every sha256 where it says verified, and invents neither where it does not", () => {
    for (const preset of listPresets()) {
      if (preset.repository === undefined) continue;
      const sums = preset.files.map((file) => file.sha256);
      if (preset.verified) {
        expect(isCommit(preset.revision ?? ""), preset.name).toBe(true);
        for (const sum of sums) expect(sum, preset.name).toMatch(/^[0-9a-f]{64}$/);
      } else {
        expect(preset.revision, preset.name).toBe("main");
        expect(new Set(sums), preset.name).toEqual(new Set([undefined]));
      }
    }
  });

  it("has safe names, each file once, and the model among the files", () => {
    const names = listPresets().map((preset) => preset.name);
    expect(new Set(names).size).toBe(names.length);
    for (const preset of listPresets()) {
      const paths = preset.files.map((file) => checkFilePath(file.path));
      expect(new Set(paths).size, preset.name).toBe(paths.length);
      expect(paths).toContain(preset.modelFile);
      expect([preset.sizeBytes, preset.parameters].every(Number.isInteger), preset.name).toBe(true);
      if (preset.repository !== undefined) checkRepositoryId(preset.repository);
    }
  });

  it("marks the licence that forbids commercial use", () => {
    expect(
      listPresets()
        .filter((preset) => !preset.commercialUse)
        .map((preset) => [preset.name, preset.licence]),
    ).toEqual([["jina-reranker-v2-base-multilingual", "CC-BY-NC-4.0"]]);
  });

  it("names the nearest presets for one that does not exist", () => {
    expect(() => getPreset("balancd")).toThrow(/there is no preset "balancd"\. Did you mean balanced\? Presets: mini, fast/);
    expect(() => getPreset("bge-reranker-v2-m3")).toThrow(/Did you mean multilingual\?/);
    expect(() => getPreset("qqqqqqqq")).toThrow(/there is no preset "qqqqqqqq"\. Presets:/);
    expect(codeOf(() => getPreset("toString"))).toBe("unknown-model");
  });
});

describe("requirementsOf", () => {
  it("asks for the external data that a preset's record knows", () => {
    expect(requirementsOf({ type: "preset", name: "quality" })).toMatchObject({
      place: "hub",
      folder: "",
      modelFile: "onnx/model.onnx",
      additionalFiles: ["onnx/model.onnx_data"],
    });
    expect(requirementsOf({ type: "preset", name: "multilingual" })).toMatchObject({
      folder: "bge-reranker-v2-m3",
      additionalFiles: ["bge-reranker-v2-m3/model.onnx.data"],
    });
  });

  it("forgets it for another model file of the same repository", () => {
    const requirements = requirementsOf({ type: "preset", name: "quality", modelFile: "onnx/model_fp16.onnx" });
    expect(requirements).toMatchObject({ modelFile: "onnx/model_fp16.onnx", additionalFiles: [] });
  });

  it("refuses names that are not safe, wherever they stand", () => {
    const models = [
      { modelId: "../evil" },
      { modelId: "a/b/../c" },
      { modelId: "a/b", modelFile: "../x.onnx" },
      { modelId: "a/b", additionalFiles: ["/etc/passwd"] },
      { modelId: "a/b", revision: "../main" },
    ];
    for (const model of models) {
      // "../evil" starts like a folder of this machine, and is one.
      if (model.modelId.startsWith("../")) expect(requirementsOf({ type: "custom", ...model }).place).toBe("local");
      else expect(codeOf(() => requirementsOf({ type: "custom", ...model }))).toBe("invalid-input");
    }
  });
});

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return RerankError.is(error) ? error.code : "no RerankError";
  }
  return "no error";
}
