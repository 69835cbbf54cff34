import { describe, expect, it } from "vitest";
import { RerankError } from "../errors.ts";
import { checkFilePath, checkRepositoryId, isCommit } from "../hub/repository-names.ts";
import { getPreset, listPresets, suggestRepository } from "./catalogue.ts";
import { comparedBenchmark } from "./quality.ts";

describe("the catalogue", () => {
  it("keeps what the five names of the documentation mean", () => {
    const meanings = ["mini", "fast", "balanced", "quality", "multilingual"].map((name) => {
      const { repository, modelFile, license } = getPreset(name);
      return [name, repository, modelFile, license];
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

  it("states sizes that fit the number of weights: four bytes each, one in 8 bits", () => {
    for (const { name, sizeBytes, parameters, modelFile, repository } of listPresets()) {
      if (repository === undefined) continue;
      const bytes = modelFile === "onnx/model_quantized.onnx" ? 1 : 4;
      expect(sizeBytes / parameters / bytes, name).toBeGreaterThan(0.97);
      expect(sizeBytes / parameters / bytes, name).toBeLessThan(1.04);
    }
  });

  it("states limits that the models' cards give", () => {
    // 512 where a table of positions or the training ends there, which is all but these; read from the cards in 2026.
    const longer: Record<string, number> = {
      multilingual: 8192,
      "bge-reranker-v2-m3-int8": 8192,
      "gte-reranker-modernbert-base": 8192,
      "gte-multilingual-reranker-base": 8192,
      "ettin-reranker-150m": 7999,
      "jina-reranker-v1-tiny-en": 8192,
      "jina-reranker-v1-turbo-en": 8192,
      "jina-reranker-v2-base-multilingual": 1024,
      // It has positions for 32768; the card's example reads as many.
      "qwen3-reranker-0.6b": 8192,
      "qwen3-reranker-0.6b-int8": 8192,
      // Of the document; 32 of the query come apart.
      "answerai-colbert-small-v1": 300,
    };
    const stated = Object.fromEntries(listPresets().map(({ name, maxLength }) => [name, maxLength]));
    expect(stated).toEqual(Object.fromEntries(Object.keys(stated).map((name) => [name, longer[name] ?? 512])));
  });

  it("spells languages as BCP 47 does, and licenses as SPDX does", () => {
    const spdx = ["Apache-2.0", "CC-BY-NC-4.0", "MIT"];
    for (const { name, languages, license } of listPresets()) {
      expect(spdx, name).toContain(license);
      expect(languages.length, name).toBeGreaterThan(0);
      if (languages[0] !== "multi") expect(Intl.getCanonicalLocales([...languages]), name).toEqual(languages);
    }
  });

  it("names a source for each figure of quality, one figure for each benchmark, and none for weights that nobody measured", () => {
    for (const { name, quality } of listPresets()) {
      for (const { value, source } of quality) {
        expect(value, name).toSatisfy((share: number) => share > 0 && share < 1);
        expect(source, name).toMatch(/^https:\/\//);
      }
      expect(new Set(quality.map(({ benchmark, source }) => `${benchmark} ${source}`)).size, name).toBe(quality.length);
      if (name.endsWith("-int8")) expect(quality, name).toEqual([]);
    }
    const compared = listPresets().filter(({ quality }) => quality.some(({ benchmark }) => benchmark === comparedBenchmark));
    expect(compared.map(({ name }) => name).sort()).toEqual(
      [
        ...["balanced", "ettin-reranker-150m", "fast", "gte-reranker-modernbert-base", "ms-marco-minilm-l12", "ms-marco-minilm-l4"],
        ...["multilingual", "mxbai-rerank-base-v1", "mxbai-rerank-large-v1", "mxbai-rerank-xsmall-v1", "quality", "qwen3-reranker-0.6b"],
      ].sort(),
    );
  });

  it("orders models of one run by its figures as the publication does", () => {
    const figureOf = (name: string): number => getPreset(name).quality.find(({ benchmark }) => benchmark === comparedBenchmark)!.value;
    const order = [
      "ettin-reranker-150m",
      "qwen3-reranker-0.6b",
      "gte-reranker-modernbert-base",
      "multilingual",
      "quality",
      "fast",
      "balanced",
    ];
    expect([...order].sort((left, right) => figureOf(right) - figureOf(left))).toEqual(order);
  });

  it("marks the license that forbids commercial use", () => {
    expect(
      listPresets()
        .filter((preset) => !preset.commercialUse)
        .map((preset) => [preset.name, preset.license]),
    ).toEqual([["jina-reranker-v2-base-multilingual", "CC-BY-NC-4.0"]]);
  });

  it("names the nearest presets for one that does not exist", () => {
    expect(() => getPreset("balancd")).toThrow(/there is no preset "balancd"\. Did you mean balanced\? Presets: mini, fast/);
    expect(() => getPreset("bge-reranker-v2-m3")).toThrow(
      "Did you mean multilingual (bge-reranker-v2-m3) or bge-reranker-v2-m3-int8 (onnx-community/bge-reranker-v2-m3-ONNX)?",
    );
    expect(() => getPreset("qqqqqqqq")).toThrow(/there is no preset "qqqqqqqq"\. Presets:/);
    expect(codeOf(() => getPreset("toString"))).toBe("unknown-model");
  });

  it.each(["mini", "fast", "balanced", "quality", "multilingual"])(
    "knows %s with two letters swapped, one doubled, lost or wrong",
    (name) => {
      const mistyped = [
        name[0] + name[2]! + name[1] + name.slice(3),
        name[0] + name,
        name.slice(0, 1) + name.slice(2),
        `${name.slice(0, -1)}x`,
      ];
      for (const word of [...mistyped, name.toUpperCase()]) {
        expect(() => getPreset(word)).toThrow(new RegExp(`Did you mean (?:\\S+ or )*${name}[ ?]`));
      }
    },
  );

  const named = listPresets().filter(({ repository }) => repository !== undefined);
  it.each(named.map((preset) => [preset.name, preset.folder || preset.repository!.split("/")[1]!]))(
    "suggests %s for the name of its model, %s, however that is spelled",
    (name, model) => {
      const spellings = [model, model.toLowerCase(), model.replace(/-(?=\d)/g, ""), model.replace(/(?<=[a-z])(?=\d)/gi, "-")];
      for (const spelling of spellings.filter((word) => !listPresets().some((preset) => preset.name === word))) {
        expect(() => getPreset(spelling)).toThrow(new RegExp(`Did you mean (?:.* or )?${name.replaceAll(".", "\\.")} \\(`));
      }
    },
  );

  it("suggests nothing else where the model itself is known", () => {
    expect(() => getPreset("ms-marco-MiniLM-L-6-v2")).toThrow(
      "Did you mean fast (cross-encoder/ms-marco-MiniLM-L6-v2) or ms-marco-minilm-l6-int8 (Xenova/ms-marco-MiniLM-L-6-v2)? Presets:",
    );
  });

  it("suggests hub ids and providers for a repository that does not exist", () => {
    expect(suggestRepository("cross-encoder/ms-marco-MiniLM-L-6-v2")).toBe("cross-encoder/ms-marco-MiniLM-L6-v2 (preset fast)");
    expect(suggestRepository("BAII/bge-reranker-base")).toBe("BAAI/bge-reranker-base (preset balanced)");
    expect(suggestRepository("BAAI/bge-rerankr-large")).toBe("BAAI/bge-reranker-large (preset quality)");
    expect(suggestRepository("cohree/rerank-v3.5")).toBe("cohere/rerank-v3.5");
    expect(suggestRepository("somebody/another-thing")).toBeUndefined();
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
