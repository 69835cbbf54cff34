import type { Scorer } from "../../scorer.ts";
import type { CheckedCascadeModel, CheckedFallbackModel, CheckedFuseModel, FieldModel, ModelReference, NoneModel } from "../../types.ts";
import { createCascadeScorer } from "./cascade.ts";
import { createFallbackScorer } from "./fallback.ts";
import { createFieldScorer } from "./field.ts";
import { createFuseScorer } from "./fuse.ts";
import { createNoneScorer } from "./none.ts";

/** Models that are made of others, or of nothing. */
export type CompositeModel = CheckedFallbackModel | CheckedCascadeModel | CheckedFuseModel | FieldModel | NoneModel;

/** @param createPart makes the scorer of a model inside the model */
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
