import type { Scorer } from "../../scorer.ts";

/** A scorer that gives every document the score 0, so that results keep the input order. */
export function createNoneScorer(): Scorer {
  const score: NonNullable<Scorer["scoreSync"]> = ({ texts }) => ({ scores: new Float64Array(texts.length), warnings: [] });
  return {
    name: "none",
    model: "none",
    capabilities: { scoreKind: "provider", options: new Set<never>() },
    score: async (call) => {
      call.signal?.throwIfAborted();
      return score(call);
    },
    scoreSync: score,
  };
}
