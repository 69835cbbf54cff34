import { messageOf, RerankError } from "../../errors.ts";
import type { Scorer } from "../../scorer.ts";
import type { RerankWarning } from "../../types.ts";
import { type Composition, composeScorer } from "./combined-parts.ts";

/**
 * Asks one model after another until one answers. A warning names that model, and the reasons of those that failed.
 *
 * After `invalid-input`, it asks no other model: the caller's mistake would fail there, too.
 *
 * @throws the last model's error if none answers
 */
export function createFallbackScorer(parts: readonly Scorer[]): Scorer {
  const composition: Composition = function* (call) {
    const warnings: RerankWarning[] = [];
    for (const [index, scorer] of parts.entries()) {
      const [outcome] = yield { parts: [{ scorer, call }] };
      if (outcome!.status === "fulfilled") {
        const { value } = outcome!;
        const model = value.model ?? scorer.model;
        if (index > 0) warnings.push({ type: "fallback", message: `${model} answered, model ${index + 1} of ${parts.length}` });
        return { ...value, model, scoreKind: value.scoreKind ?? scorer.capabilities.scoreKind, warnings: [...warnings, ...value.warnings] };
      }
      const { reason } = outcome!;
      if (index === parts.length - 1 || (RerankError.is(reason) && reason.code === "invalid-input")) throw reason;
      warnings.push({ type: "fallback", message: `${scorer.model} failed: ${messageOf(reason)}` });
    }
    throw new RerankError("invalid-input", "fallback: there are no models. Name at least one.");
  };
  const model = `fallback(${parts.map((part) => part.model).join(", ")})`;
  return composeScorer({ name: "fallback", model, parts, composition, isLenient: true });
}
