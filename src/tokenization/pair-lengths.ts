import { RerankError } from "../errors.ts";

/**
 * How many tokens of query and document stay, so that both together fit.
 *
 * `longest_first` cuts the longer of the two down to the shorter, then both alike; where an odd token is left over, the longer text
 * keeps it. `only_second` never touches the query.
 *
 * @param target tokens that may stay in all, special tokens not counted; ≥ 0
 * @returns [query tokens, document tokens]: at most what was there, together at most `target`; unchanged where they fit
 * @throws RerankError `invalid-input` when the query of `only_second` leaves no room for a single document token
 * @see https://github.com/huggingface/tokenizers/blob/v0.22.0/tokenizers/src/utils/truncation.rs `truncate_encodings`, whose
 * arithmetic this is (releases from 0.23 stop tokenizing early, which moves the odd token in rare cases)
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
