/** What a model needs on disk, from the reference that names it. */

import { isLocalPath } from "../config/model-string.ts";
import { checkFilePath, checkRepositoryId, checkRevision } from "../hub/repository-names.ts";
import { type Processor, unknownProcessor } from "../machine/processor.ts";
import type { CustomModel, Preset, PresetFile, PresetModel } from "../types.ts";
import { recordOf } from "./catalogue.ts";
import { automatic, variantCandidates } from "./variants.ts";

/** Files of a repository, as paths inside it. External data is not here unless known: the graph names it. */
export interface HubRequirements {
  place: "hub";
  repository: string;
  revision: string;
  /** Folder of config.json and the tokenizer; "" for the root. */
  folder: string;
  /** The one to use; with `modelFile: "auto"` the one to use if the repository has no better one. */
  modelFile: string;
  /** Every file that would do, the best first; only `modelFile` unless that is left to crossrank. */
  candidates: readonly string[];
  /** Beside the model, config.json, tokenizer.json and tokenizer_config.json. */
  additionalFiles: readonly string[];
  /** What the catalogue knows about single files. */
  records: readonly PresetFile[];
}

/** The folder that comes with the package, or one of the user's. */
export interface FolderRequirements {
  place: "bundled" | "local";
  /** The preset's name, or the folder as the user wrote it. */
  location: string;
  /** Undefined: `onnx/model.onnx`, or `model.onnx` in a local folder that has no such file. */
  modelFile: string | undefined;
  /** Every file that would do, the best first; empty unless `modelFile` is "auto". */
  candidates: readonly string[];
  additionalFiles: readonly string[];
}

/** Where a model's files belong. */
export type Requirements = HubRequirements | FolderRequirements;

/** The ONNX file of a repository that does not say otherwise. */
export const defaultModelFile: string = "onnx/model.onnx";

/**
 * What a model needs on disk.
 *
 * @param processor for which `modelFile: "auto"` chooses
 * @throws RerankError `unknown-model` for a preset that does not exist, `invalid-input` for names that are not safe
 */
export function requirementsOf(model: PresetModel | CustomModel, processor: Processor = unknownProcessor): Requirements {
  const isAutomatic = model.modelFile === automatic;
  const modelFile = model.modelFile === undefined || isAutomatic ? undefined : checkFilePath(model.modelFile);
  const record = recordOf(model);
  // With files of its own a hub id means those, not the catalogue's choice.
  const isOwnChoice = model.type === "custom" && (modelFile !== undefined || model.additionalFiles !== undefined);
  const requirements =
    record === undefined || isOwnChoice ? customRequirements(model as CustomModel, modelFile) : presetRequirements(record, modelFile);
  return isAutomatic ? withCandidates(requirements, processor) : requirements;
}

/** The same with one of its candidates as the model file. */
export function withModelFile(requirements: HubRequirements, modelFile: string): HubRequirements {
  const { records, additionalFiles } = requirements;
  // Another model file has other external data; what else the catalogue lists belongs to its own model file.
  const isOther = records.length > 0 && modelFile !== requirements.modelFile;
  return { ...requirements, modelFile, candidates: [modelFile], additionalFiles: isOther ? [] : additionalFiles };
}

/** A file beside config.json. */
export function inFolder(requirements: HubRequirements, name: string): string {
  return requirements.folder === "" ? name : `${requirements.folder}/${name}`;
}

function withCandidates(requirements: Requirements, processor: Processor): Requirements {
  const paths = variantCandidates(processor).map((variant) => variant.path);
  if (requirements.place !== "hub") {
    // A folder may have its files at the root.
    return { ...requirements, candidates: paths.flatMap((path) => [path, baseName(path)]) };
  }
  const { modelFile } = requirements;
  const folder = modelFile.slice(0, -baseName(modelFile).length);
  // The default stands for model.onnx: some mirrors and some presets call it otherwise.
  const better = paths.slice(0, -1).map((path) => `${folder}${baseName(path)}`);
  return { ...requirements, candidates: [...better.filter((path) => path !== modelFile), modelFile] };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function presetRequirements(preset: Preset, modelFile: string | undefined): Requirements {
  if (preset.repository === undefined) return { place: "bundled", location: preset.name, modelFile, candidates: [], additionalFiles: [] };
  const hub: HubRequirements = {
    place: "hub",
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

function customRequirements(model: CustomModel, modelFile: string | undefined): Requirements {
  const additionalFiles = (model.additionalFiles ?? []).map(checkFilePath);
  if (isLocalPath(model.modelId)) return { place: "local", location: model.modelId, modelFile, candidates: [], additionalFiles };
  return {
    place: "hub",
    repository: checkRepositoryId(model.modelId),
    revision: checkRevision(model.revision ?? "main"),
    folder: "",
    modelFile: modelFile ?? defaultModelFile,
    candidates: [modelFile ?? defaultModelFile],
    additionalFiles,
    records: [],
  };
}
