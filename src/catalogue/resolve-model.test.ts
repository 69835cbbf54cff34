import { describe, expect, it } from "vitest";
import { RerankError } from "../errors.ts";
import type { CheckedCustomModel, CheckedPresetModel } from "../types.ts";
import { listPresets } from "./catalogue.ts";
import type { Requirements } from "./model-spec.ts";
import { resolveModel } from "./resolve-model.ts";

describe("resolveModel", () => {
  it("takes head and template from the catalogue, unless the configuration has one of them", () => {
    const record = listPresets().find(
      ({ folder, repository, template }) => repository !== undefined && folder === "" && template !== undefined,
    )!;
    const custom = { type: "custom", modelId: record.repository! } as const;
    const { head, template, instruction } = record;
    const asPreset = resolveModel({ type: "preset", name: record.name });
    expect(asPreset).toMatchObject({ head, template, instruction, maxLength: undefined, defaultMaxLength: record.maxLength });
    expect({ ...resolveModel(custom), name: record.name }).toEqual(asPreset);
    const own = { ...custom, template: "{query} {document}", maxLength: 99 };
    expect(resolveModel(own)).toMatchObject({ head: undefined, template: own.template, maxLength: 99, defaultMaxLength: record.maxLength });
    const unknown = resolveModel({ type: "custom", modelId: "org/name" });
    expect(unknown).toMatchObject({ head: undefined, template: undefined, instruction: "", defaultMaxLength: 512 });
  });

  it("throws for a preset that does not exist", () => {
    expect(codeOf(() => resolveModel({ type: "preset", name: "nothing" }))).toBe("unknown-model");
  });

  it("finds licenses that forbid commercial use of presets, and of their repositories at any revision", () => {
    const name = "jina-reranker-v2-base-multilingual";
    const preset = { type: "preset", name } as const;
    const custom = { type: "custom", modelId: `jinaai/${name}`, modelFile: "onnx/model_fp16.onnx" } as const;
    const warning = {
      type: "license",
      message: `${name}: its license, CC-BY-NC-4.0, forbids commercial use`,
      model: name,
      license: "CC-BY-NC-4.0",
    };
    expect(resolveModel(preset).warnings).toEqual([warning]);
    expect(resolveModel(custom).warnings).toEqual([warning]);
    expect(resolveModel({ ...custom, revision: "v0" }).warnings).toEqual([warning]);
    expect(resolveModel({ type: "preset", name: "fast" }).warnings).toEqual([]);
    // The mirror holds models of several publishers, none of them so licensed.
    expect(resolveModel({ type: "custom", modelId: "xberg-io/reranker-models" }).warnings).toEqual([]);
  });

  it("knows the catalogue's repositories by their hub ids, at their usual revision", () => {
    for (const preset of listPresets().filter(({ repository, folder }) => repository !== undefined && folder === "")) {
      expect(resolveModel({ type: "custom", modelId: preset.repository! }).presetName).toBe(preset.name);
      expect(resolveModel({ type: "custom", modelId: preset.repository!, revision: preset.revision! }).presetName).toBe(preset.name);
    }
    expect(resolveModel({ type: "custom", modelId: "BAAI/bge-reranker-base", revision: "v0" }).presetName).toBeUndefined();
    // The mirror holds many models.
    expect(resolveModel({ type: "custom", modelId: "xberg-io/reranker-models" }).presetName).toBeUndefined();
    expect(resolveModel({ type: "custom", modelId: "./BAAI/bge-reranker-base" }).presetName).toBeUndefined();
  });
});

const filesOf = (model: CheckedPresetModel | CheckedCustomModel): Requirements => resolveModel(model).files;

describe("the files of a resolved model", () => {
  it("asks for a hub id of the catalogue as for its preset, unless the configuration chooses files", () => {
    for (const { name, repository, folder } of listPresets()) {
      if (repository === undefined || folder !== "") continue;
      expect(filesOf({ type: "custom", modelId: repository })).toEqual(filesOf({ type: "preset", name }));
    }
    const own = { type: "custom", modelId: "Xenova/bge-reranker-base", modelFile: "onnx/model_fp16.onnx" } as const;
    expect(filesOf(own)).toMatchObject({ modelFile: "onnx/model_fp16.onnx", records: [] });
  });

  it("asks for the external data that a preset's record knows", () => {
    expect(filesOf({ type: "preset", name: "quality" })).toMatchObject({
      origin: "hub",
      folder: "",
      modelFile: "onnx/model.onnx",
      additionalFiles: ["onnx/model.onnx_data"],
    });
    expect(filesOf({ type: "preset", name: "multilingual" })).toMatchObject({
      folder: "bge-reranker-v2-m3",
      additionalFiles: ["bge-reranker-v2-m3/model.onnx.data"],
    });
  });

  it("forgets it for another model file of the same repository", () => {
    const requirements = filesOf({ type: "preset", name: "quality", modelFile: "onnx/model_fp16.onnx" });
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
      if (model.modelId.startsWith("../")) expect(filesOf({ type: "custom", ...model }).origin).toBe("local");
      else expect(codeOf(() => filesOf({ type: "custom", ...model }))).toBe("invalid-input");
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
