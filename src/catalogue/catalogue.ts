/** The models that crossrank knows by name: lookups over the records of `presets.ts`. */

import { providerPrefixes } from "../config/model-string.ts";
import { anyString } from "../config/option.ts";
import { readBySchema } from "../config/read.ts";
import { RerankError } from "../errors.ts";
import { lettersOf, nearestWords } from "../spelling.ts";
import type { Preset } from "../types.ts";
import { presets } from "./presets.ts";

const maxSuggestions = 3;
// Longer than any name. Longer texts are cut, so that comparing them is cheap.
const maxNameLength = 120;

/**
 * Every preset: the bundled one first, then those with a name of their own, then those named for their models.
 *
 * The bundled model's `sizeBytes` and `parameters` are 0 here, because they are read from its folder.
 */
export function listPresets(): readonly Preset[] {
  return presets;
}

/**
 * The preset of this name.
 *
 * @throws RerankError `unknown-model`, naming the nearest presets
 */
export function getPreset(name: string): Preset {
  readBySchema(anyString(), name, "getPreset");
  const preset = presets.find((candidate) => candidate.name === name);
  if (preset !== undefined) return preset;
  const suggestions = suggestPresets(name);
  const guess = suggestions.length === 0 ? "" : ` Did you mean ${suggestions.join(" or ")}?`;
  throw new RerankError(
    "unknown-model",
    `models: there is no preset ${JSON.stringify(name.slice(0, 120))}.${guess} Presets: ${presets.map((candidate) => candidate.name).join(", ")}.`,
  );
}

/** The records of a repository that holds one model; empty for other repositories and for local folders. */
export function findRepositories(modelId: string): Preset[] {
  return presets.filter(({ repository, folder }) => repository === modelId && folder === "");
}

/** The sha256 that the catalogue pins for a file; undefined for none. */
export function pinnedSha256(repository: string, commit: string, path: string): string | undefined {
  const records = presets.filter((preset) => preset.repository === repository && preset.revision === commit);
  return records.flatMap((preset) => preset.files).find((file) => file.path === path)?.sha256;
}

/**
 * A suggestion for a hub id that does not exist: a model of the catalogue, or a hosted model whose provider is misspelled.
 *
 * @returns `org/name (preset name)` or `provider/…`; undefined if nothing is similar
 */
export function suggestRepository(modelId: string): string | undefined {
  const [organization = "", name = ""] = modelId.slice(0, maxNameLength).split("/");
  const records = presets.filter(({ repository, folder }) => repository !== undefined && folder === "");
  const sameModel = records.find(({ repository }) => modelLetters(repository!) === modelLetters(name));
  const nearest = nearestWords(
    modelId.slice(0, maxNameLength),
    records.map(({ repository }) => repository!),
    1,
  );
  const record = sameModel ?? records.find(({ repository }) => repository === nearest[0]);
  if (record !== undefined) return `${record.repository} (preset ${record.name})`;
  const [provider] = nearestWords(organization, providerPrefixes, 1);
  return provider === undefined || provider === organization ? undefined : `${provider}/${name}`;
}

/** The presets that a name may mean. A preset that is not named for its model is shown with it: `fast (cross-encoder/…)`. */
function suggestPresets(name: string): string[] {
  const wanted = name.slice(0, maxNameLength);
  const letters = modelLetters(wanted);
  const sameModel = presets.filter((preset) => modelLetters(modelNameOf(preset)) === letters);
  if (sameModel.length > 0) return sameModel.slice(0, maxSuggestions).map((preset) => `${preset.name} (${modelNameOf(preset)})`);
  const spelledSo = nearestWords(
    wanted,
    presets.map((preset) => preset.name),
  );
  const containing = presets.filter((preset) => letters.length > 2 && modelLetters(modelNameOf(preset)).includes(letters));
  return [...new Set([...spelledSo, ...containing.map((preset) => preset.name)])].slice(0, maxSuggestions);
}

/** The publisher's name of a record's model. */
function modelNameOf({ name, folder, repository }: Preset): string {
  return folder || (repository ?? name);
}

/** The letters of a model's name to compare, without its organization and the suffix of an ONNX export. */
function modelLetters(name: string): string {
  return lettersOf(name.slice(name.lastIndexOf("/") + 1)).replace(/onnx$/, "");
}
