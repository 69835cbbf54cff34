import type { Run } from "./metrics.ts";

/**
 * A run without each query's own document, the one that has the query's id.
 *
 * In collections such as ArguAna and Quora a query is one of the documents, and finding it again is no merit.
 *
 * @see https://github.com/beir-cellar/beir beir/retrieval/evaluation.py, `ignore_identical_ids`
 */
export function withoutIdenticalIds(run: Run): Map<string, Map<string, number>> {
  return new Map(Array.from(run, ([queryId, scores]) => [queryId, new Map([...scores].filter(([id]) => id !== queryId))]));
}
