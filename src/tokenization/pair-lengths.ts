import { RerankError } from "../errors.ts";

/**
 * How many tokens of query and document remain after truncation, so that both together fit.
 *
 * `longest_first` shortens the longer text to the length of the shorter one, then both equally. If one odd token remains, the longer text
 * keeps it. `only_second` never shortens the query.
 *
 * @param target maximum tokens of both texts together, without special tokens; ≥ 0
 * @returns [query tokens, document tokens], together at most `target`; unchanged if they fit
 * @throws RerankError `invalid-input` when the query of `only_second` leaves no room for a single document token
 * @see https://github.com/huggingface/tokenizers/blob/v0.22.0/tokenizers/src/utils/truncation.rs `truncate_encodings`: the same
 * arithmetic (releases from 0.23 stop tokenizing early, which in rare cases gives the odd token to the other text)
 */
export function pairLengths(
  queryTokens: number,
  documentTokens: number,
  target: number,
  strategy: "longest_first" | "only_second",
): [number, number] {
  if (queryTokens + documentTokens <= target) return [queryTokens, documentTokens];
  if (strategy === "only_second") {
    if (queryTokens >= target) {
      throw new RerankError(
        "invalid-input",
        `tokenization: the query alone has ${queryTokens} tokens, and truncation "only_second" must fit it whole into ${target} with ` +
          'room for the document. Shorten the query, raise maxLength if the model allows it, or use truncation "longest_first".',
      );
    }
    return [queryTokens, target - queryTokens];
  }
  let shorter = Math.min(queryTokens, documentTokens);
  let longer = shorter > target ? shorter : Math.max(shorter, target - shorter);
  if (shorter + longer > target) {
    shorter = target >> 1;
    longer = shorter + (target & 1);
  }
  return queryTokens > documentTokens ? [longer, shorter] : [shorter, longer];
}
