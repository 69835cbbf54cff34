import { RerankError } from "../errors.ts";

/**
 * The scores of a reply, which names each by its index, in the order of the documents that were sent.
 *
 * @param source who replied, for messages
 * @param results whose indices are integers ≥ 0, and whose scores are finite
 * @param advice what to do about a wrong reply, for messages: one sentence
 * @throws RerankError `bad-response` unless each document is in it exactly once
 */
export function scoresByIndex(
  source: string,
  results: readonly { index: number; score: number }[],
  count: number,
  advice: string,
): Float64Array {
  const wrong = (what: string): RerankError => new RerankError("bad-response", `${source}: the reply has ${what}. ${advice}`);
  const scores = new Float64Array(count).fill(Number.NaN);
  for (const { index, score } of results) {
    if (index >= count) throw wrong(`index ${index} for ${count} documents`);
    if (!Number.isNaN(scores[index])) throw wrong(`two results for document ${index}`);
    scores[index] = score;
  }
  const missing = scores.findIndex(Number.isNaN);
  if (missing !== -1) throw wrong(`${results.length} results for ${count} documents: none for document ${missing}`);
  return scores;
}
