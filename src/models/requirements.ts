/** What a model needs on disk, from the reference that names it. */

import { isLocalPath } from "../model-string.ts";
import type { CustomModel, PresetFile, PresetModel } from "../types.ts";
import { getPreset } from "./catalogue.ts";
import { checkFilePath, checkRepositoryId, checkRevision } from "./names.ts";

/** Files of a repository, as paths inside it. External data is not here unless known: the graph names it. */
export interface HubRequirements {
  place: "hub";
  repository: string;
  revision: string;
  /** Folder of config.json and the tokenizer; "" for the root. */
  folder: string;
  modelFile: string;
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
  additionalFiles: readonly string[];
}

/** Where a model's files belong. */
export type Requirements = HubRequirements | FolderRequirements;

/** The ONNX file of a repository that does not say otherwise. */
export const defaultModelFile: string = "onnx/model.onnx";

/**
 * What a model needs on disk.
 *
 * @throws RerankError `unknown-model` for a preset that does not exist, `invalid-input` for names that are not safe
 */
export function requirementsOf(model: PresetModel | CustomModel): Requirements {
  const modelFile = model.modelFile === undefined ? undefined : checkFilePath(model.modelFile);
  return model.type === "preset" ? presetRequirements(model.name, modelFile) : customRequirements(model, modelFile);
}

/** A file beside config.json. */
export function inFolder(requirements: HubRequirements, name: string): string {
  return requirements.folder === "" ? name : `${requirements.folder}/${name}`;
}

function presetRequirements(name: string, modelFile: string | undefined): Requirements {
  const preset = getPreset(name);
  if (preset.repository === undefined) return { place: "bundled", location: name, modelFile, additionalFiles: [] };
  const hub: HubRequirements = {
    place: "hub",
    repository: preset.repository,
    revision: preset.revision ?? "main",
    folder: preset.folder,
    modelFile: modelFile ?? preset.modelFile,
    additionalFiles: [],
    records: preset.files,
  };
  // Another model file has other external data; what else the record lists belongs to its own model file.
  if (hub.modelFile !== preset.modelFile) return hub;
  const known = new Set([hub.modelFile, ...["config.json", "tokenizer.json", "tokenizer_config.json"].map((file) => inFolder(hub, file))]);
  return { ...hub, additionalFiles: preset.files.map((file) => file.path).filter((path) => !known.has(path)) };
}

function customRequirements(model: CustomModel, modelFile: string | undefined): Requirements {
  const additionalFiles = (model.additionalFiles ?? []).map(checkFilePath);
  if (isLocalPath(model.modelId)) return { place: "local", location: model.modelId, modelFile, additionalFiles };
  return {
    place: "hub",
    repository: checkRepositoryId(model.modelId),
    revision: checkRevision(model.revision ?? "main"),
    folder: "",
    modelFile: modelFile ?? defaultModelFile,
    additionalFiles,
    records: [],
  };
}
