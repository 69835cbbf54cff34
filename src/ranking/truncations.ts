import type { RerankWarning } from "../types.ts";

/** Token counts of the pairs of a call, in input order. */
interface PairTokens {
  /** Tokens read for each pair. */
  tokens?: ArrayLike<number>;
  /** Tokens of the whole pair if it was cut, otherwise 0. */
  fullTokens?: ArrayLike<number>;
  /** 1 if `fullTokens` is a lower bound, otherwise 0. */
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
