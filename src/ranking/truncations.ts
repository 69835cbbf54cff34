import type { RerankWarning } from "../types.ts";

/** What is known of the pairs of a call, each in input order. */
interface PairTokens {
  /** Read per pair. */
  tokens?: ArrayLike<number>;
  /** Of the whole pair where it was cut, else 0. */
  fullTokens?: ArrayLike<number>;
  /** 1 where `fullTokens` is a lower bound, else 0. */
  lowerBounds?: ArrayLike<number>;
}

/** A warning for each pair that was cut. */
export function truncations({ tokens, fullTokens, lowerBounds }: PairTokens): RerankWarning[] {
  const warnings: RerankWarning[] = [];
  Array.from(fullTokens ?? []).forEach((full, index) => {
    if (full === 0) return;
    const maxTokens = tokens![index]!;
    const isLowerBound = lowerBounds?.[index] === 1;
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
