import { RerankError } from "../../errors.ts";
import type { ScoreCall, ScoreResult, Scorer } from "../../scorer.ts";

/** A scorer that reads the score of each document from one of its own keys; higher is better. */
export function createFieldScorer(key: string): Scorer {
  const score = ({ texts, documents = [] }: ScoreCall): ScoreResult => ({
    scores: Float64Array.from(texts, (_, index) => numberOf(documents[index], key, index)),
    warnings: [],
  });
  return {
    name: "field",
    model: `field:${key}`,
    capabilities: { scoreKind: "provider", options: new Set<never>() },
    score: async (call) => {
      call.signal?.throwIfAborted();
      return score(call);
    },
    scoreSync: score,
  };
}

function numberOf(document: unknown, key: string, index: number): number {
  const value = typeof document === "object" && document !== null ? (document as Record<string, unknown>)[key] : undefined;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new RerankError(
    "invalid-input",
    `documents[${index}].${key}: expected a finite number, the document's own score. Add it, or fuse without the field.`,
  );
}
