import { resolveModel } from "../../src/catalogue/resolve-model.ts";
import { type LocatedModel, locateModel, type ModelSource } from "../../src/hub/locate.node.ts";
import type { CustomModel, PresetModel } from "../../src/types.ts";

/** Resolves a model and finds its files, as a local scorer does. */
export function locateReference(model: PresetModel | CustomModel, source: ModelSource): LocatedModel | undefined {
  return locateModel(resolveModel(model), source);
}
