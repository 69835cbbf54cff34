/** The models that crossrank knows by name: lookups over the records of `presets.ts`. */
import { anyString } from "../checks.ts";
import { RerankError } from "../errors.ts";
import type { ModelReference, Preset, RerankWarning } from "../types.ts";
import { presets } from "./presets.ts";

/**
 * Every preset: the bundled one first, then those with names of their own, then those called like their models.
 *
 * The bundled model's `sizeBytes` and `parameters` are 0 here: its folder tells them.
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
  anyString(name, "getPreset");
  const preset = presets.find((candidate) => candidate.name === name);
  if (preset !== undefined) return preset;
  const near = nearestPresets(name);
  const guess = near.length === 0 ? "" : ` Did you mean ${near.join(" or ")}?`;
  throw new RerankError(
    "unknown-model",
    `models: there is no preset ${JSON.stringify(name.slice(0, 120))}.${guess} Presets: ${presets.map((candidate) => candidate.name).join(", ")}.`,
  );
}

/**
 * A warning for each model of a reference, models inside others included, whose licence forbids commercial use: presets, and the same
 * repositories by their own name.
 */
export function licenceWarnings(reference: ModelReference): RerankWarning[] {
  return presetsIn(reference)
    .filter((preset) => !preset.commercialUse)
    .map(({ name, licence }) => ({
      type: "licence",
      message: `${name}: its licence, ${licence}, forbids commercial use`,
      model: name,
      licence,
    }));
}

function presetsIn(reference: ModelReference): Preset[] {
  switch (reference.type) {
    case "preset":
      return presets.filter(({ name }) => name === reference.name);
    case "custom":
      return presets.filter(({ repository, folder }) => repository === reference.modelId && folder === "");
    case "fallback":
    case "fuse":
      return reference.models.flatMap(presetsIn);
    case "cascade":
      return [reference.first, reference.second].flatMap(presetsIn);
    default:
      return [];
  }
}

/** Names spelt nearly so, and presets whose repository is called so. */
function nearestPresets(name: string): string[] {
  const wanted = name.toLowerCase();
  return presets
    .filter((preset) => {
      const repository = (preset.folder || preset.repository?.split("/").pop() || "").toLowerCase();
      const isPart = wanted.length > 2 && (preset.name.includes(wanted) || repository.includes(wanted));
      return isPart || editDistance(wanted.slice(0, 120), preset.name) <= Math.max(1, Math.floor(preset.name.length / 4));
    })
    .map((preset) => preset.name)
    .slice(0, 3);
}

/** Insertions, deletions and replacements between two strings (Levenshtein). */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = (previous[column - 1] as number) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] as number) + 1, (current[column - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[right.length] as number;
}
