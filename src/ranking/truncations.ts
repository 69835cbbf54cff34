import type { PairTokens } from "../scorer.ts";
import type { RerankWarning } from "../types.ts";

/** A warning for each pair that was cut. */
export function truncations(pairTokens: PairTokens | undefined): RerankWarning[] {
  const warnings: RerankWarning[] = [];
  pairTokens?.full?.forEach((full, index) => {
    if (full === 0) return;
    const maxTokens = pairTokens.read[index]!;
    const isLowerBound = pairTokens.lowerBounds?.[index] === 1;
    warnings.push({
      type: "truncated",
      index,
      tokens: full,
      ...(isLowerBound ? { isLowerBound } : {}),
      maxTokens,
      message: `documents[${index}]: only ${maxTokens} of the pair's ${isLowerBound ? "at least " : ""}${full} tokens were read`,
    });
  });
  return warnings;
}
