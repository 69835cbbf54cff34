/** Reranks the candidates of a test collection, and compares the order before and after. */
import { RerankError } from "../errors.ts";
import type { RankOptions, RerankResult, RerankWarning } from "../types.ts";
import { type Evaluation, type Qrels, type Run, rankedIds } from "./metrics.ts";
import { bootstrapInterval, comparePaired, type Interval, type PairedComparison } from "./statistics.ts";

/** The part of a `Reranker` that {@link rerankRun} uses. */
export interface Ranker {
  /** As a Reranker of crossrank does it. */
  rank(query: string, documents: readonly string[], options: RankOptions): Promise<RerankResult<string>>;
}

/** Texts of a test collection, and the candidates of each query. */
export interface Candidates {
  /** Text by query id. */
  queries: ReadonlyMap<string, string>;
  /** Text by document id. */
  documents: ReadonlyMap<string, string>;
  /** The documents to rank for each query, and their order before. */
  run: Run;
}

/** How {@link rerankRun} ranks. */
export interface RerankRunOptions {
  /** How many of a query's best candidates to rerank; ≥ 1. The others stay below them, in their order. @default 100 */
  depth?: number;
  /** Options of each call, without `topK` and `threshold`, which would drop documents. */
  rankOptions?: Omit<RankOptions, "topK" | "top_k" | "threshold" | "return" | "signal">;
  /** Ends the run with `aborted`. @default none */
  signal?: AbortSignal;
  /** Called after each query. @param done queries so far */
  onProgress?: (done: number, total: number) => void;
}

/** One candidate with the model's score. */
export interface ScoredCandidate {
  /** Id of the query. */
  queryId: string;
  /** Id of the document. */
  documentId: string;
  /** The score as `rank` returns it and as `threshold` compares it. */
  score: number;
  /** Present for local models. */
  logit?: number;
}

/** Result of {@link rerankRun}. */
export interface RerankedRun {
  /** Values that order the documents of one query, and mean nothing else: logits if the model has them, else scores. */
  run: Map<string, Map<string, number>>;
  /** All scored pairs, query by query, best first. */
  scored: ScoredCandidate[];
  /** Identity of the model. */
  model: string;
  /** Number of scored pairs. */
  pairs: number;
  /** Time of scoring, without loading, in milliseconds. */
  scoreMs: number;
  /** `pairs` by `scoreMs`, in seconds; 0 if there were none. */
  pairsPerSecond: number;
  /** Warnings of all calls. */
  warnings: RerankWarning[];
}

/** A mean over queries, with its interval. */
export interface MeanInterval extends Interval {
  /** Mean over the queries. */
  mean: number;
}

/** One measure of two systems. */
export interface MeasureComparison {
  /** Its name: `nDCG@10`. */
  measure: string;
  /** Mean of the first system, with its interval. */
  first: MeanInterval;
  /** Mean of the second system, with its interval. */
  second: MeanInterval;
  /** Second − first. */
  comparison: PairedComparison;
}

/** What {@link judge} adds to a candidate. */
export interface Judged {
  /** Whether its grade is the relevance level or higher. */
  isRelevant: boolean;
}

/** Change of one measure for one query. */
export interface QueryChange {
  /** Id of the query. */
  queryId: string;
  /** Value of the first system, in [0, 1]. */
  first: number;
  /** Value of the second system, in [0, 1]. */
  second: number;
}

/**
 * Reranks the candidates of each query with a model, one query after the other.
 *
 * A query without candidates stays in the run, without documents.
 *
 * @throws RerankError `invalid-input` if the text of a query or document is missing; `aborted`; why the model cannot score
 * @example
 * import { createReranker } from "crossrank";
 * const reranker = createReranker();
 * const queries = new Map([["q1", "How to train a dog"]]);
 * const documents = new Map([["cats", "Cats sleep a lot."], ["dogs", "Reward a dog each time it sits."]]);
 * const run = new Bm25(documents).search("dog sleep", 10);
 * const reranked = await rerankRun(reranker, { queries, documents, run: new Map([["q1", run]]) });
 * console.log(reranked.pairs, rankedIds(reranked.run.get("q1")!)); // 2 [ 'dogs', 'cats' ]
 * await reranker.close();
 */
export async function rerankRun(ranker: Ranker, candidates: Candidates, options: RerankRunOptions = {}): Promise<RerankedRun> {
  const { depth = 100, rankOptions = {}, signal, onProgress } = options;
  const result: RerankedRun = { run: new Map(), scored: [], model: "", pairs: 0, scoreMs: 0, pairsPerSecond: 0, warnings: [] };
  for (const [queryId, scores] of candidates.run) {
    const order = rankedIds(scores);
    const top = order.slice(0, depth);
    const texts = top.map((id) => textOf(candidates.documents, id, "document"));
    const query = textOf(candidates.queries, queryId, "query");
    const ranked = await ranker.rank(query, texts, { ...rankOptions, return: ["logit"], ...(signal === undefined ? {} : { signal }) });
    const scored = ranked.results.map(({ index, score, logit }) => ({
      queryId,
      documentId: top[index]!,
      score,
      ...(logit === undefined ? {} : { logit }),
    }));
    result.run.set(queryId, asRun(scored, order));
    for (const candidate of scored) result.scored.push(candidate);
    result.model = ranked.model;
    result.pairs += top.length;
    result.scoreMs += ranked.timings.scoreMs;
    // The caller did not ask for logits, so drop warnings about them.
    for (const warning of ranked.warnings) {
      if (!(warning.type === "ignored-option" && warning.option === "return")) result.warnings.push(warning);
    }
    onProgress?.(result.run.size, candidates.run.size);
  }
  result.pairsPerSecond = result.scoreMs === 0 ? 0 : result.pairs / (result.scoreMs / 1000);
  return result;
}

/**
 * Compares each measure of two systems: means with 95 % bootstrap intervals, their difference with its interval, and the p-value of a
 * paired randomization test.
 *
 * @param first has the same queries and measures as `second`
 * @throws RerankError `invalid-input` if they differ
 * @example
 * const qrels = parseQrels(["q1 0 dogs 1", "q2 0 cats 1"]);
 * const [before, after] = [["q1 Q0 cats 1 2 a", "q1 Q0 dogs 2 1 a", "q2 Q0 cats 1 1 a"], ["q1 Q0 dogs 1 1 b", "q2 Q0 cats 1 1 b"]]
 *   .map((lines) => evaluateRun(qrels, parseRun(lines), ["MRR"]));
 * console.log(compareEvaluations(before, after)[0].comparison.difference); // 0.25
 */
export function compareEvaluations(first: Evaluation, second: Evaluation): MeasureComparison[] {
  checkQueries(first, second);
  return Object.keys(first.values).map((measure) => {
    const [before, after] = [valuesOf(first, measure), valuesOf(second, measure)];
    return {
      measure,
      first: { mean: first.means[measure]!, ...bootstrapInterval(before) },
      second: { mean: second.means[measure]!, ...bootstrapInterval(after) },
      comparison: comparePaired(before, after),
    };
  });
}

/**
 * Sorts queries by the change of one measure, from the greatest gain to the greatest loss. Equal changes keep the order of the queries.
 *
 * @example
 * const qrels = parseQrels(["q1 0 dogs 1", "q2 0 cats 1"]);
 * const [before, after] = [["q1 Q0 cats 1 2 a", "q1 Q0 dogs 2 1 a", "q2 Q0 cats 1 1 a"], ["q1 Q0 dogs 1 1 b", "q2 Q0 cats 1 1 b"]]
 *   .map((lines) => evaluateRun(qrels, parseRun(lines), ["MRR"]));
 * console.log(queryChanges(before, after, "MRR")[0]); // { queryId: 'q1', first: 0.5, second: 1 }
 */
export function queryChanges(first: Evaluation, second: Evaluation, measure: string): QueryChange[] {
  checkQueries(first, second);
  const [before, after] = [valuesOf(first, measure), valuesOf(second, measure)];
  return first.queryIds
    .map((queryId, index) => ({ queryId, first: before[index]!, second: after[index]! }))
    .sort((left, right) => right.second - right.first - (left.second - left.first));
}

/**
 * Adds to each candidate whether it is relevant. A candidate without a judgment is not.
 *
 * @example
 * const scored = [{ queryId: "q1", documentId: "dogs", score: 0.9 }];
 * console.log(judge(scored, parseQrels(["q1 0 dogs 1"]))[0].isRelevant); // true
 */
export function judge<T extends ScoredCandidate>(scored: readonly T[], qrels: Qrels, relevanceLevel = 1): (T & Judged)[] {
  return scored.map((candidate) => ({
    ...candidate,
    isRelevant: (qrels.get(candidate.queryId)?.get(candidate.documentId) ?? 0) >= relevanceLevel,
  }));
}

function asRun(scored: readonly ScoredCandidate[], order: readonly string[]): Map<string, number> {
  const values = scored.map(({ score, logit }) => logit ?? score);
  // A cascade stacks tiers with different score scales. Then only the positions give the order.
  const isFalling = values.every((value, index) => index === 0 || value <= values[index - 1]!);
  const run = new Map(scored.map(({ documentId }, index) => [documentId, isFalling ? values[index]! : -index]));
  const lowest = isFalling ? (values.at(-1) ?? 0) : -scored.length;
  let below = 0;
  for (const id of order) {
    if (run.has(id)) continue;
    below += 1;
    // Steps that float64 can represent next to any logit.
    run.set(id, lowest - below * Math.max(1, Math.abs(lowest)));
  }
  return run;
}

function textOf(texts: ReadonlyMap<string, string>, id: string, kind: "query" | "document"): string {
  const text = texts.get(id);
  if (text !== undefined) return text;
  const where = kind === "query" ? "queries" : "documents";
  throw new RerankError("invalid-input", `eval: ${kind} ${JSON.stringify(id)} of the run is not among the ${where}. Add its text.`);
}

function valuesOf({ values }: Evaluation, measure: string): readonly number[] {
  const found = values[measure];
  if (found !== undefined) return found;
  throw new RerankError("invalid-input", `eval: ${measure} was not evaluated. Known: ${Object.keys(values).join(", ")}.`);
}

function checkQueries(first: Evaluation, second: Evaluation): void {
  const isSame = first.queryIds.length === second.queryIds.length && first.queryIds.every((id, index) => id === second.queryIds[index]);
  if (isSame) return;
  throw new RerankError("invalid-input", 'eval: the two evaluations are of different queries. Evaluate both with missing: "zero".');
}
