import type { WireResult } from "../../dialects/codec.ts";
import { RerankError } from "../../errors.ts";

/**
 * The scores of a reply in the order of the documents that were sent.
 *
 * @throws RerankError `bad-response` unless each document stands in it exactly once
 */
export function placeScores(place: string, results: readonly WireResult[], count: number): Float64Array {
  const scores = new Float64Array(count).fill(Number.NaN);
  for (const { index, score } of results) {
    if (index >= count) throw wrong(place, `index ${index} for ${count} documents`);
    if (!Number.isNaN(scores[index])) throw wrong(place, `index ${index} stands twice in the reply`);
    scores[index] = score;
  }
  if (results.length < count) {
    throw wrong(place, `only ${results.length} results for ${count} documents, without index ${scores.findIndex(Number.isNaN)}`);
  }
  return scores;
}

function wrong(place: string, what: string): RerankError {
  return new RerankError("bad-response", `${place}: ${what}. An engine has to score each document once: check its version and dialect.`);
}
