import type { RerankWarning } from "../types.ts";

/**
 * A warning for each pair that was cut.
 *
 * @param counts `tokens`: read per pair; `fullTokens`: of the whole pair where it was cut, else 0; both in input order
 */
export function truncations({ tokens, fullTokens }: { tokens?: ArrayLike<number>; fullTokens?: ArrayLike<number> }): RerankWarning[] {
  const warnings: RerankWarning[] = [];
  Array.from(fullTokens ?? []).forEach((full, index) => {
    if (full === 0) return;
    const maxTokens = tokens![index]!;
    warnings.push({
      type: "truncated",
      index,
      tokens: full,
      maxTokens,
      message: `documents[${index}]: only ${maxTokens} of the pair's ${full} tokens were read`,
    });
  });
  return warnings;
}
