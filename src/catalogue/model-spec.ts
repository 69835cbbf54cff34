/** What crossrank knows of one local model before it looks for its files. */

import type { Processor } from "../machine/processor.ts";
import type { CheckedHeadConfig, PresetFile, PromptTemplate, RerankWarning } from "../types.ts";
import { variantCandidates } from "./variants.ts";

/**
 * A local model: a reference of the configuration, completed by the catalogue. `resolveModel` makes it once, where a model enters; everything
 * below reads it and knows no presets. Plain data.
 */
export interface ModelSpec {
  /** The preset's name; or the hub id or the folder, as the user wrote it. */
  name: string;
  /** Name of the catalogue's record, for commands that show it; undefined for a model that the catalogue does not have. */
  presetName: string | undefined;
  files: Requirements;
  /** The revision that the configuration itself names. */
  ownRevision: string | undefined;
  /** What the outputs mean. */
  head: CheckedHeadConfig | undefined;
  /** The prompt for a pair, if the model reads a prompt. */
  template: PromptTemplate | undefined;
  /** Fills `{instruction}` in the template; "" for none. */
  instruction: string;
  /** Maximum tokens that the configuration sets. */
  maxLength: number | undefined;
  /** Maximum tokens if the configuration sets none, and the model's files allow more. */
  defaultMaxLength: number;
  /** Warnings about the model itself: a license that forbids commercial use. */
  warnings: readonly RerankWarning[];
}

/** Files of a repository, as paths inside it. External data is included only if the catalogue lists it, because the graph names it. */
export interface HubRequirements {
  origin: "hub";
  repository: string;
  revision: string;
  /** Folder of config.json and the tokenizer; "" for the root. */
  folder: string;
  /** The file to use; for `modelFile: "auto"`, if the repository has no better one. */
  modelFile: string;
  /** Whether crossrank chooses the file: see {@link chooseCandidates}. */
  isAutomatic: boolean;
  /** Files that can be used, the best first; only `modelFile` unless crossrank chooses the file. */
  candidates: readonly string[];
  /** Files in addition to the model, config.json, tokenizer.json and tokenizer_config.json. */
  additionalFiles: readonly string[];
  /** The catalogue's records of single files. */
  records: readonly PresetFile[];
}

/** Files of the package's model folder, or of a local folder of the user. */
export interface FolderRequirements {
  origin: "bundled" | "local";
  /** Name of the preset, or the folder as the user wrote it. */
  location: string;
  /** Undefined: `onnx/model.onnx`, or `model.onnx` in a local folder that has no such file. */
  modelFile: string | undefined;
  /** Whether crossrank chooses the file: see {@link chooseCandidates}. */
  isAutomatic: boolean;
  /** Files that can be used, the best first; empty unless `modelFile` is "auto". */
  candidates: readonly string[];
  additionalFiles: readonly string[];
}

/** The files that a model needs. */
export type Requirements = HubRequirements | FolderRequirements;

/** The ONNX file of a repository, unless the model names another. */
export const defaultModelFile: string = "onnx/model.onnx";

/** The same requirements, with another model file. */
export function withModelFile(requirements: HubRequirements, modelFile: string): HubRequirements {
  const { records, additionalFiles } = requirements;
  // Another model file has other external data; the additional files of the catalogue belong to its own model file.
  const isOther = records.length > 0 && modelFile !== requirements.modelFile;
  return { ...requirements, modelFile, candidates: [modelFile], additionalFiles: isOther ? [] : additionalFiles };
}

/** Path of a file in the folder of config.json. */
export function inFolder(requirements: HubRequirements, name: string): string {
  return requirements.folder === "" ? name : `${requirements.folder}/${name}`;
}

/** The same requirements, with the candidates for a processor if `modelFile` is "auto". */
export function chooseCandidates(requirements: Requirements, processor: Processor): Requirements {
  if (!requirements.isAutomatic) return requirements;
  const paths = variantCandidates(processor).map((variant) => variant.path);
  if (requirements.origin !== "hub") {
    // A local folder may have the files at its root.
    return { ...requirements, candidates: paths.flatMap((path) => [path, baseName(path)]) };
  }
  const { modelFile } = requirements;
  const folder = modelFile.slice(0, -baseName(modelFile).length);
  // The default file replaces model.onnx in this look-up, because some mirrors and presets name it differently.
  const better = paths.slice(0, -1).map((path) => `${folder}${baseName(path)}`);
  return { ...requirements, candidates: [...better.filter((path) => path !== modelFile), modelFile] };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
