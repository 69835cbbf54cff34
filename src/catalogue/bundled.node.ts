/** The model that comes with the package. Its facts are read from its folder, not written in code, so the folder can be replaced alone. */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { explainingDenied, RerankError } from "../errors.ts";
import { readOnnxFile } from "../onnx-graph/onnx-file.node.ts";
import { codePaths, findBundledFile } from "../package-files.node.ts";
import type { Preset } from "../types.ts";
import * as catalogue from "./catalogue.ts";

// A process looks the same file up many times, once per Reranker, and its bytes do not change meanwhile.
const digests = new Map<string, string>();

/**
 * Path of a file of a bundled model.
 *
 * @throws RerankError `missing-dependency` if a bundler copied the code out of the package without the model
 */
export function bundledFile(name: string, path: string): string {
  const found = findBundledFile(name, path);
  if (found !== undefined) return found;
  throw new RerankError(
    "missing-dependency",
    `models: ${path} of the bundled model "${name}" is not beside the code of crossrank (${codePaths[0] ?? "which does not know where it is"}). Copy node_modules/crossrank/models to the folder of the bundle, or keep crossrank external in the bundler; see docs/bundlers.md.`,
  );
}

/** First 12 hex digits of the sha256 of a file: the bundled model's revision. */
export function bundledRevision(modelPath: string): string {
  const { size, mtimeMs } = statSync(modelPath);
  const key = `${modelPath}:${size}:${mtimeMs}`;
  const known = digests.get(key);
  if (known !== undefined) return known;
  const digest = createHash("sha256").update(readFileSync(modelPath)).digest("hex").slice(0, 12);
  digests.set(key, digest);
  return digest;
}

/**
 * Every preset, the bundled one first. Sizes and parameters of the bundled model are read from its folder.
 *
 * @example
 * console.log(listPresets()[0].name); // mini
 */
export function listPresets(): readonly Preset[] {
  return explainingDenied("models", () => catalogue.listPresets().map(describeBundled));
}

/**
 * The record of one preset.
 *
 * @throws RerankError `unknown-model`, naming the nearest
 * @example
 * console.log(getPreset("fast").repository); // cross-encoder/ms-marco-MiniLM-L6-v2
 */
export function getPreset(name: string): Preset {
  return explainingDenied("models", () => describeBundled(catalogue.getPreset(name)));
}

/** Adds file sizes and the number of weights to the bundled model's record. Other records are returned unchanged. */
function describeBundled(preset: Preset): Preset {
  if (preset.repository !== undefined) return preset;
  const files = preset.files.map((file) => ({ ...file, sizeBytes: statSync(bundledFile(preset.name, file.path)).size }));
  return {
    ...preset,
    files,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    parameters: readOnnxFile(bundledFile(preset.name, preset.modelFile)).parameters,
  };
}
