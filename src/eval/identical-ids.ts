import type { Run } from "./metrics.ts";

/**
 * Removes from a run each query's own document, which has the same id as the query.
 *
 * In collections such as ArguAna and Quora, queries are also documents, and a system should get no credit for finding them.
 *
 * @see https://github.com/beir-cellar/beir beir/retrieval/evaluation.py, `ignore_identical_ids`
 * @example
 * const run = new Map([["q1", new Map([["q1", 9], ["d1", 1]])]]);
 * console.log(withoutIdenticalIds(run).get("q1")); // Map(1) { 'd1' => 1 }
 */
export function withoutIdenticalIds(run: Run): Map<string, Map<string, number>> {
  return new Map(Array.from(run, ([queryId, scores]) => [queryId, new Map([...scores].filter(([id]) => id !== queryId))]));
}
