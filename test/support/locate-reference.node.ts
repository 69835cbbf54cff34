import { resolveModel } from "../../src/catalogue/resolve-model.ts";
import { type LocatedModel, locateModel, type ModelSource } from "../../src/hub/locate.node.ts";
import type { CheckedCustomModel, CheckedPresetModel } from "../../src/types.ts";

/** Resolves a model and finds its files, as a local scorer does. */
export function locateReference(model: CheckedPresetModel | CheckedCustomModel, source: ModelSource): LocatedModel | undefined {
  return locateModel(resolveModel(model), source);
}
