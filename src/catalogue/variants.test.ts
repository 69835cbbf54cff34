import { describe, expect, it } from "vitest";
import { parseFeatures } from "../machine/processor.node.ts";
import { type Processor, unknownProcessor } from "../machine/processor.ts";
import type { CheckedCustomModel, CheckedPresetModel } from "../types.ts";
import { chooseCandidates, type Requirements, withModelFile } from "./model-spec.ts";
import { resolveModel } from "./resolve-model.ts";
import { variantCandidates } from "./variants.ts";

const processor = (architecture: Processor["architecture"], ...features: string[]): Processor => ({
  architecture,
  features: new Set(features),
});
const names = (given: Processor): string[] => variantCandidates(given).map((variant) => variant.path.replace("onnx/", ""));
const avx2 = processor("x64", "avx", "avx2");

describe("variantCandidates", () => {
  const signed = ["model_qint8_avx512_vnni.onnx", "model_qint8_avx512.onnx"];
  const general = ["model_quantized.onnx", "model_int8.onnx", "model_uint8.onnx"];

  it.each([
    ["VNNI in 512 bits", processor("x64", "avx2", "avx512f", "avx512_vnni"), [...signed, ...general, "model.onnx"]],
    ["VNNI in 256 bits", processor("x64", "avx2", "avx_vnni"), [...signed, ...general, "model.onnx"]],
    ["AVX2", avx2, ["model_quint8_avx2.onnx", "model_uint8.onnx", "model.onnx"]],
    ["AVX-512 without VNNI", processor("x64", "avx2", "avx512f"), ["model_quint8_avx2.onnx", "model_uint8.onnx", "model.onnx"]],
    ["an x64 of which nothing is known", processor("x64"), ["model.onnx"]],
    ["ARM with the dot product", processor("arm64", "asimd", "asimddp"), ["model_qint8_arm64.onnx", ...general, "model.onnx"]],
    ["ARM without it", processor("arm64", "asimd"), ["model.onnx"]],
    ["anything else", processor("other", "avx2", "asimddp"), ["model.onnx"]],
  ])("for %s prefers the fastest known file", (_what, given, expected) => {
    expect(names(given)).toEqual(expected);
  });

  it("states the accuracy of each, and ends with the exact one", () => {
    for (const given of [avx2, unknownProcessor, processor("arm64", "asimddp"), processor("x64", "avx_vnni")]) {
      const accuracies = variantCandidates(given).map((variant) => variant.accuracy);
      expect(accuracies).toEqual([...accuracies.slice(1).map(() => "int8"), "exact"]);
    }
  });
});

const requirementsOf = (model: CheckedPresetModel | CheckedCustomModel, given: Processor): Requirements =>
  chooseCandidates(resolveModel(model).files, given);

describe('chooseCandidates with modelFile "auto"', () => {
  it("looks beside the model file of the preset, and falls back to it", () => {
    expect(requirementsOf({ type: "preset", name: "multilingual", modelFile: "auto" }, avx2)).toMatchObject({
      modelFile: "bge-reranker-v2-m3/model.onnx",
      candidates: ["bge-reranker-v2-m3/model_quint8_avx2.onnx", "bge-reranker-v2-m3/model_uint8.onnx", "bge-reranker-v2-m3/model.onnx"],
    });
    const quantized = requirementsOf({ type: "preset", name: "bge-reranker-base-int8", modelFile: "auto" }, processor("x64", "avx_vnni"));
    expect(quantized.candidates.at(-1)).toBe("onnx/model_quantized.onnx");
    expect(quantized.candidates.filter((path) => path === "onnx/model_quantized.onnx")).toHaveLength(1);
  });

  it("asks for the catalogue's external data only with the catalogue's own file", () => {
    const requirements = requirementsOf({ type: "preset", name: "quality", modelFile: "auto" }, avx2);
    if (requirements.origin !== "hub") throw new Error("quality is on the hub");
    expect(withModelFile(requirements, "onnx/model.onnx").additionalFiles).toEqual(["onnx/model.onnx_data"]);
    expect(withModelFile(requirements, "onnx/model_quint8_avx2.onnx").additionalFiles).toEqual([]);
  });

  it("has one candidate without it", () => {
    expect(requirementsOf({ type: "custom", modelId: "org/name" }, avx2).candidates).toEqual(["onnx/model.onnx"]);
    expect(requirementsOf({ type: "custom", modelId: "org/name", modelFile: "x.onnx" }, avx2).candidates).toEqual(["x.onnx"]);
  });
});

describe("parseFeatures", () => {
  it("reads the first core of x86-64 and of arm64", () => {
    expect(parseFeatures("processor\t: 0\nflags\t\t: fpu avx2 avx512_vnni\n\nprocessor\t: 1\nflags\t\t: fpu\n")).toEqual(
      new Set(["fpu", "avx2", "avx512_vnni"]),
    );
    expect(parseFeatures("processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd asimddp \n")).toEqual(
      new Set(["fp", "asimd", "asimddp"]),
    );
  });

  it("finds none where there are none", () => {
    for (const text of ["", "processor : 0\n", "flags\t\t: \n"]) expect(parseFeatures(text)).toEqual(new Set());
  });
});
