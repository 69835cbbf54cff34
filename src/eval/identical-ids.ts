import type { Run } from "./metrics.ts";

/**
 * Removes from a run each query's own document, which has the same id as the query.
 *
 * In collections such as ArguAna and Quora, queries are also documents, and a system should get no credit for finding them.
 *
 * @see https://github.com/beir-cellar/beir beir/retrieval/evaluation.py, `ignore_identical_ids`
 */
export function withoutIdenticalIds(run: Run): Map<string, Map<string, number>> {
  return new Map(Array.from(run, ([queryId, scores]) => [queryId, new Map([...scores].filter(([id]) => id !== queryId))]));
}
