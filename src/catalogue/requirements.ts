/** Which files a model reference needs on disk. */

import { isLocalPath } from "../config/model-string.ts";
import { checkFilePath, checkRepositoryId, checkRevision } from "../hub/repository-names.ts";
import { type Processor, unknownProcessor } from "../machine/processor.ts";
import type { CheckedCustomModel, CheckedPresetModel, Preset, PresetFile } from "../types.ts";
import { recordOf } from "./catalogue.ts";
import { automatic, variantCandidates } from "./variants.ts";

/** Files of a repository, as paths inside it. External data is included only if the catalogue lists it, because the graph names it. */
export interface HubRequirements {
  origin: "hub";
  repository: string;
  revision: string;
  /** Folder of config.json and the tokenizer; "" for the root. */
  folder: string;
  /** The file to use; for `modelFile: "auto"`, if the repository has no better one. */
  modelFile: string;
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
  /** Files that can be used, the best first; empty unless `modelFile` is "auto". */
  candidates: readonly string[];
  additionalFiles: readonly string[];
}

/** The files that a model needs. */
export type Requirements = HubRequirements | FolderRequirements;

/** The ONNX file of a repository, unless the model names another. */
export const defaultModelFile: string = "onnx/model.onnx";

/**
 * The files that a model needs on disk.
 *
 * @param processor `modelFile: "auto"` chooses the file for it
 * @throws RerankError `unknown-model` for a preset that does not exist, `invalid-input` for names that are not safe
 */
export function requirementsOf(model: CheckedPresetModel | CheckedCustomModel, processor: Processor = unknownProcessor): Requirements {
  const isAutomatic = model.modelFile === automatic;
  const modelFile = model.modelFile === undefined || isAutomatic ? undefined : checkFilePath(model.modelFile);
  const record = recordOf(model);
  // If a hub id names its files, use those instead of the catalogue's.
  const isOwnChoice = model.type === "custom" && (modelFile !== undefined || model.additionalFiles !== undefined);
  const requirements =
    record === undefined || isOwnChoice
      ? customRequirements(model as CheckedCustomModel, modelFile)
      : presetRequirements(record, modelFile);
  return isAutomatic ? withCandidates(requirements, processor) : requirements;
}

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

function withCandidates(requirements: Requirements, processor: Processor): Requirements {
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

function presetRequirements(preset: Preset, modelFile: string | undefined): Requirements {
  if (preset.repository === undefined) return { origin: "bundled", location: preset.name, modelFile, candidates: [], additionalFiles: [] };
  const hub: HubRequirements = {
    origin: "hub",
    repository: preset.repository,
    revision: preset.revision ?? "main",
    folder: preset.folder,
    modelFile: preset.modelFile,
    candidates: [preset.modelFile],
    additionalFiles: [],
    records: preset.files,
  };
  const known = new Set([hub.modelFile, ...["config.json", "tokenizer.json", "tokenizer_config.json"].map((file) => inFolder(hub, file))]);
  const whole = { ...hub, additionalFiles: preset.files.map((file) => file.path).filter((path) => !known.has(path)) };
  return modelFile === undefined ? whole : withModelFile(whole, modelFile);
}

function customRequirements(model: CheckedCustomModel, modelFile: string | undefined): Requirements {
  const additionalFiles = (model.additionalFiles ?? []).map(checkFilePath);
  if (isLocalPath(model.modelId)) return { origin: "local", location: model.modelId, modelFile, candidates: [], additionalFiles };
  return {
    origin: "hub",
    repository: checkRepositoryId(model.modelId),
    revision: checkRevision(model.revision ?? "main"),
    folder: "",
    modelFile: modelFile ?? defaultModelFile,
    candidates: [modelFile ?? defaultModelFile],
    additionalFiles,
    records: [],
  };
}
