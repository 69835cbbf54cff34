/** The model that comes with the package; nothing about it is written in code, so that its folder can be replaced alone. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { RerankError } from "../errors.ts";
import type { Preset } from "../types.ts";
import * as catalogue from "./catalogue.ts";
import { readOnnxFile } from "./onnx-file.node.ts";

// A process loads the same file many times (one lookup per Reranker); its bytes do not change under it.
const digests = new Map<string, string>();

/**
 * Folder of a bundled model.
 *
 * Found by walking up from this code, because it may run from `src/`, from a chunk in `dist/`, or from an installed package.
 *
 * @throws RerankError `missing-dependency` when the code was bundled away from its package
 */
export function bundledFolder(name: string): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, "models", name);
    if (existsSync(join(candidate, "config.json"))) return candidate;
    if (folder === dirname(folder)) break;
  }
  throw new RerankError(
    "missing-dependency",
    `models: the bundled model "${name}" is not beside the code of crossrank. Keep crossrank external in your bundler, or copy models/${name} of the package to a folder and use that as the model.`,
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
  return catalogue.listPresets().map(describeBundled);
}

/** The record of one preset. @throws RerankError `unknown-model`, naming the nearest */
export function getPreset(name: string): Preset {
  return describeBundled(catalogue.getPreset(name));
}

/** Adds what the bundled model's folder tells: bytes of each file and number of weights. Records of other models come back as they are. */
function describeBundled(preset: Preset): Preset {
  if (preset.repository !== undefined) return preset;
  const folder = bundledFolder(preset.name);
  const files = preset.files.map((file) => ({ ...file, sizeBytes: statSync(join(folder, file.path)).size }));
  return {
    ...preset,
    files,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    parameters: readOnnxFile(join(folder, preset.modelFile)).parameters,
  };
}
