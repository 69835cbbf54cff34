import { isLocalPath } from "../config/model-string.ts";
import { checkFilePath, checkRepositoryId, checkRevision } from "../hub/repository-names.ts";
import type { CheckedCustomModel, CheckedPresetModel, Preset, RerankWarning } from "../types.ts";
import { findRepositories, getPreset } from "./catalogue.ts";
import { defaultModelFile, type HubRequirements, inFolder, type ModelSpec, type Requirements, withModelFile } from "./model-spec.ts";
import { automatic } from "./variants.ts";

/** Maximum tokens of a model that the catalogue does not have: its files may allow more than is sensible. */
const customTokenLimit = 512;

/**
 * Resolves a preset by its name; and a hub id, if the catalogue has it, by its repository and usual revision. Reads no files.
 *
 * @throws RerankError `unknown-model` for a preset that does not exist, `invalid-input` for names that are not safe
 */
export function resolveModel(model: CheckedPresetModel | CheckedCustomModel): ModelSpec {
  const ofRepository = model.type === "preset" ? [getPreset(model.name)] : findRepositories(model.modelId);
  const record = ofRepository.find((preset) => model.type === "preset" || (model.revision ?? preset.revision) === preset.revision);
  // Head and template belong together: if the configuration has one of them, the catalogue's are not used.
  const hasOwnFormat = model.type === "custom" && (model.head !== undefined || model.template !== undefined);
  const { head, template } = hasOwnFormat ? model : (record ?? {});
  return {
    name: model.type === "preset" ? model.name : model.modelId,
    presetName: record?.name,
    files: requirementsOf(model, record),
    ownRevision: model.type === "preset" ? undefined : model.revision,
    head,
    template,
    instruction: model.instruction ?? record?.instruction ?? "",
    maxLength: model.maxLength,
    defaultMaxLength: record?.maxLength ?? customTokenLimit,
    // A license is that of the repository, whatever the revision.
    warnings: ofRepository.filter((preset) => !preset.commercialUse).map(licenseWarning),
  };
}

function licenseWarning({ name, license }: Preset): RerankWarning {
  return { type: "license", message: `${name}: its license, ${license}, forbids commercial use`, model: name, license };
}

function requirementsOf(model: CheckedPresetModel | CheckedCustomModel, record: Preset | undefined): Requirements {
  const isAutomatic = model.modelFile === automatic;
  const modelFile = model.modelFile === undefined || isAutomatic ? undefined : checkFilePath(model.modelFile);
  // If a hub id names its files, use those instead of the catalogue's.
  const isOwnChoice = model.type === "custom" && (modelFile !== undefined || model.additionalFiles !== undefined);
  if (record === undefined || isOwnChoice) return customRequirements(model as CheckedCustomModel, modelFile, isAutomatic);
  return presetRequirements(record, modelFile, isAutomatic);
}

function presetRequirements(preset: Preset, modelFile: string | undefined, isAutomatic: boolean): Requirements {
  if (preset.repository === undefined)
    return { origin: "bundled", location: preset.name, modelFile, isAutomatic, candidates: [], additionalFiles: [] };
  const hub: HubRequirements = {
    origin: "hub",
    repository: preset.repository,
    revision: preset.revision ?? "main",
    folder: preset.folder,
    modelFile: preset.modelFile,
    isAutomatic,
    candidates: [preset.modelFile],
    additionalFiles: [],
    records: preset.files,
  };
  const known = new Set([hub.modelFile, ...["config.json", "tokenizer.json", "tokenizer_config.json"].map((file) => inFolder(hub, file))]);
  const whole = { ...hub, additionalFiles: preset.files.map((file) => file.path).filter((path) => !known.has(path)) };
  return modelFile === undefined ? whole : withModelFile(whole, modelFile);
}

function customRequirements(model: CheckedCustomModel, modelFile: string | undefined, isAutomatic: boolean): Requirements {
  const additionalFiles = (model.additionalFiles ?? []).map(checkFilePath);
  if (isLocalPath(model.modelId))
    return { origin: "local", location: model.modelId, modelFile, isAutomatic, candidates: [], additionalFiles };
  return {
    origin: "hub",
    repository: checkRepositoryId(model.modelId),
    revision: checkRevision(model.revision ?? "main"),
    folder: "",
    modelFile: modelFile ?? defaultModelFile,
    isAutomatic,
    candidates: [modelFile ?? defaultModelFile],
    additionalFiles,
    records: [],
  };
}
