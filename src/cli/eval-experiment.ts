/** What `eval run`, `compare` and `calibrate` share: a collection, the candidates of its queries, and a model that scores them. */
import { Bm25 } from "../eval/bm25.ts";
import { type Candidates, type RerankedRun, rerankRun } from "../eval/evaluate.ts";
import { defaultMeasures, type Qrels, type Run } from "../eval/metrics.ts";
import { createReranker, RerankError, type RerankerConfig } from "../index.ts";
import { type CollectionOptions, readJudgements, readRun, readTexts } from "./eval-collection.node.ts";
import type { CommonOptions, Io } from "./io.ts";
import { type LocalModelOptions, parseModel } from "./model-argument.ts";
import { createCounter } from "./progress.node.ts";
import { summariseWarnings } from "./rank.ts";

/** Options of measuring, as commander names them. */
export interface MeasureOptions extends CommonOptions {
  measure?: string[];
  relevanceLevel?: number;
}

/** Options of candidates and models, as commander names them. */
export interface ExperimentOptions extends MeasureOptions, CollectionOptions, LocalModelOptions {
  candidates?: string;
  depth?: number;
  limit?: number;
  batchSize?: number;
  calibration?: string;
  cacheDir?: string;
}

/** Judged queries and their candidates. */
export interface Experiment extends Candidates {
  name: string;
  qrels: Qrels;
  /** Where the candidates come from, for people. */
  source: string;
  depth: number;
}

const defaultDepth = 100;

/** Tells on standard error how many judged queries a run lacks. @param done what became of them */
export function noteMissing(io: Io, qrels: Qrels, run: Run, place: string, { quiet }: CommonOptions, done = "counted as 0"): void {
  const missing = [...qrels.keys()].filter((id) => !run.has(id)).length;
  if (missing > 0 && quiet !== true) io.note(`crossrank: ${missing} of ${qrels.size} judged queries are not in ${place}: ${done}.`);
}

/** Names of measures; the first decides who wins a query. */
export function measuresOf({ measure }: MeasureOptions): readonly string[] {
  return measure ?? defaultMeasures;
}

/**
 * Reads a collection, and the candidates of its judged queries from a run, or finds them by BM25.
 *
 * @throws RerankError `invalid-input` for files that are missing or wrong
 */
export async function prepareExperiment(io: Io, dataset: string, options: ExperimentOptions): Promise<Experiment> {
  const { limit = Number.POSITIVE_INFINITY, depth = defaultDepth } = options;
  const { name, qrels: all } = await readJudgements(io, dataset, options);
  const qrels = new Map([...all].slice(0, limit));
  const texts = await readTexts(io, dataset, options);
  if (options.candidates === undefined) {
    return { ...texts, name, qrels, depth, run: searchAll(qrels, texts, depth), source: "BM25 (k1 0.9, b 0.4, no stemming)" };
  }
  const given = await readRun(io, options.candidates);
  noteMissing(io, qrels, given, options.candidates, options);
  const run = new Map([...qrels.keys()].map((id) => [id, given.get(id) ?? new Map<string, number>()]));
  return { ...texts, name, qrels, depth, run, source: options.candidates };
}

/**
 * Loads a model and has it score candidates.
 *
 * @param model as an argument names it; absent: the library's default
 * @param depth how many candidates of each query
 * @throws RerankError of any code
 */
export async function rerankBy(
  io: Io,
  model: string | undefined,
  candidates: Candidates,
  depth: number,
  options: ExperimentOptions,
): Promise<RerankedRun> {
  const { quiet, batchSize, cacheDir, calibration } = options;
  const config: RerankerConfig = {
    model: parseModel(model, options),
    showDownloadProgress: io.stderrIsTerminal && quiet !== true,
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(cacheDir === undefined ? {} : { cacheDir }),
    ...(calibration === undefined ? {} : { calibration }),
  };
  const reranker = createReranker(config);
  const counter = createCounter(io, options, "reranking queries");
  try {
    await reranker.warmUp();
    counter.start();
    const reranked = await rerankRun(reranker, candidates, { depth, signal: io.signal, onProgress: counter.update });
    counter.end();
    if (quiet !== true) for (const line of summariseWarnings(reranked.warnings, reranked.pairs)) io.note(`crossrank: ${line}`);
    return reranked;
  } finally {
    counter.end();
    // A running pass is waited for: a process that ends within one is killed by the runtime.
    await reranker.close();
  }
}

function searchAll(qrels: Qrels, { queries, documents }: Pick<Candidates, "queries" | "documents">, depth: number): Run {
  const index = new Bm25(documents);
  return new Map(
    [...qrels.keys()].map((id) => {
      const query = queries.get(id);
      if (query === undefined) {
        throw new RerankError("invalid-input", `eval: query ${JSON.stringify(id)} is judged and has no text. Add it to the queries.`);
      }
      return [id, index.search(query, depth)];
    }),
  );
}
