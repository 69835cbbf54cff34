/** The model that comes with the package; nothing about it is written in code, so that its folder can be replaced alone. */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { explainingDenied, RerankError } from "../errors.ts";
import { readOnnxFile } from "../onnx-graph/onnx-file.node.ts";
import { codePaths, findBundledFile } from "../package-files.node.ts";
import type { Preset } from "../types.ts";
import * as catalogue from "./catalogue.ts";

// A process loads the same file many times (one lookup per Reranker); its bytes do not change under it.
const digests = new Map<string, string>();

/**
 * Path of a file of a bundled model.
 *
 * @throws RerankError `missing-dependency` when a bundler moved the code away from the package and left the model behind
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

/** The catalogue, the recommended model and the bundled one first; the record of the bundled model is read from its folder. */
export function listPresets(): readonly Preset[] {
  return explainingDenied("models", () => catalogue.listPresets().map(describeBundled));
}

/** The record of one preset. @throws RerankError `unknown-model`, naming the nearest */
export function getPreset(name: string): Preset {
  return explainingDenied("models", () => describeBundled(catalogue.getPreset(name)));
}

/** Adds what the bundled model's folder tells: bytes of each file and number of weights. Records of other models come back as they are. */
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
