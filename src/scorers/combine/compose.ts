import type { Scorer } from "../../scorer.ts";
import type { CheckedCascadeModel, CheckedFallbackModel, CheckedFuseModel, FieldModel, ModelReference, NoneModel } from "../../types.ts";
import { createCascadeScorer } from "./cascade.ts";
import { createFallbackScorer } from "./fallback.ts";
import { createFieldScorer } from "./field.ts";
import { createFuseScorer } from "./fuse.ts";
import { createNoneScorer } from "./none.ts";

/** Models that combine others, read a field of the documents, or score nothing. */
export type CompositeModel = CheckedFallbackModel | CheckedCascadeModel | CheckedFuseModel | FieldModel | NoneModel;

/**
 * Creates the scorer of a composite model.
 *
 * @param createPart creates the scorer of a model inside it
 */
export function createCompositeScorer(model: CompositeModel, createPart: (part: ModelReference) => Scorer): Scorer {
  switch (model.type) {
    case "fallback":
      return createFallbackScorer(model.models.map(createPart));
    case "cascade":
      return createCascadeScorer(createPart(model.first), createPart(model.second), model.keep);
    case "fuse":
      return createFuseScorer(model.models.map(createPart), model);
    case "field":
      return createFieldScorer(model.name);
    case "none":
      return createNoneScorer();
  }
}
