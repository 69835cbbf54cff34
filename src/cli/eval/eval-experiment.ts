/** Shared by `eval run`, `compare` and `calibrate`: reads a collection, finds candidates for its queries, and scores them with a model. */
import { Bm25 } from "../../eval/bm25.ts";
import { type Candidates, type RerankedRun, rerankRun } from "../../eval/evaluate.ts";
import { withoutIdenticalIds } from "../../eval/identical-ids.ts";
import { defaultMeasures, type Qrels, type Run } from "../../eval/metrics.ts";
import { createReranker, RerankError, type RerankerConfig } from "../../index.ts";
import type { CommonOptions, Io } from "../io.ts";
import { type LocalModelOptions, parseModel } from "../model-argument.ts";
import { createCounter } from "../progress.node.ts";
import { summarizeWarnings } from "../rank.ts";
import { type CollectionOptions, readJudgments, readRun, readTexts } from "./eval-collection.node.ts";

/** Options of measuring, as commander names them. */
export interface MeasureOptions extends CommonOptions {
  measure?: string[];
  relevanceLevel?: number;
  /** Leave out the document that has the query's own id. */
  ignoreIdenticalIds?: boolean;
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
  /** Source of the candidates, as text for reports. */
  source: string;
  depth: number;
}

const defaultDepth = 100;

/** Reports on standard error how many judged queries a run lacks. @param done how they are handled */
export function reportMissing(io: Io, qrels: Qrels, run: Run, runName: string, { quiet }: CommonOptions, done = "counted as 0"): void {
  const missing = [...qrels.keys()].filter((id) => !run.has(id)).length;
  if (missing > 0 && quiet !== true) io.note(`crossrank: ${missing} of ${qrels.size} judged queries are not in ${runName}: ${done}.`);
}

/** Returns the run; with `ignoreIdenticalIds`, without the document that has the query's own id. */
export function judgedRun<T extends Run>(run: T, { ignoreIdenticalIds }: MeasureOptions): T | Run {
  return ignoreIdenticalIds === true ? withoutIdenticalIds(run) : run;
}

/** Reports on standard error how many queries have the same id as a document. Such a document may be the query itself. */
export function reportIdenticalIds(io: Io, qrels: Qrels, documentIds: Iterable<string>, options: MeasureOptions): void {
  if (options.quiet === true || options.ignoreIdenticalIds === true) return;
  const found = new Set([...documentIds].filter((id) => qrels.has(id))).size;
  if (found === 0) return;
  const advice = "If that document is the query itself, as in ArguAna, leave it out with --ignore-identical-ids";
  io.note(`crossrank: ${found} of ${qrels.size} judged queries have the id of a document. ${advice}.`);
}

/** All document ids of judgments and runs. */
export function* documentIdsOf(tables: readonly Run[]): Generator<string> {
  for (const table of tables) for (const row of table.values()) yield* row.keys();
}

/** Names of measures. The first decides which system wins a query. */
export function measuresOf({ measure }: MeasureOptions): readonly string[] {
  return measure ?? defaultMeasures;
}

/**
 * Reads a collection. Takes the candidates of its judged queries from a run, or finds them by BM25.
 *
 * @throws RerankError `invalid-input` for missing or malformed files
 */
export async function prepareExperiment(io: Io, dataset: string, options: ExperimentOptions): Promise<Experiment> {
  const { limit = Number.POSITIVE_INFINITY, depth = defaultDepth } = options;
  const { name, qrels: all } = await readJudgments(io, dataset, options);
  const qrels = new Map([...all].slice(0, limit));
  const texts = await readTexts(io, dataset, options);
  reportIdenticalIds(io, qrels, texts.documents.keys(), options);
  const { run, source } = await findCandidates(io, qrels, texts, depth, options);
  const suffix = options.ignoreIdenticalIds === true ? ", without each query's own document" : "";
  return { ...texts, name, qrels, depth, run, source: `${source}${suffix}` };
}

/**
 * Loads a model and scores candidates with it.
 *
 * @param model the argument that names it; undefined selects the library's default
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
    if (quiet !== true) for (const line of summarizeWarnings(reranked.warnings, reranked.pairs)) io.note(`crossrank: ${line}`);
    return reranked;
  } finally {
    counter.end();
    // Wait for the running forward pass: the runtime crashes a process that exits during one.
    await reranker.close();
  }
}

async function findCandidates(
  io: Io,
  qrels: Qrels,
  texts: Pick<Candidates, "queries" | "documents">,
  depth: number,
  options: ExperimentOptions,
): Promise<Pick<Experiment, "run" | "source">> {
  if (options.candidates === undefined) {
    return { run: searchAll(qrels, texts, depth, options), source: "BM25 (k1 0.9, b 0.4, no stemming)" };
  }
  const given = judgedRun(await readRun(io, options.candidates), options);
  reportMissing(io, qrels, given, options.candidates, options);
  return { run: new Map([...qrels.keys()].map((id) => [id, given.get(id) ?? new Map<string, number>()])), source: options.candidates };
}

function searchAll(
  qrels: Qrels,
  { queries, documents }: Pick<Candidates, "queries" | "documents">,
  depth: number,
  options: ExperimentOptions,
): Run {
  const index = new Bm25(documents);
  return new Map(
    [...qrels.keys()].map((id) => {
      const query = queries.get(id);
      if (query === undefined) {
        throw new RerankError("invalid-input", `eval: query ${JSON.stringify(id)} is judged and has no text. Add it to the queries.`);
      }
      // Search for one more, because the query's own document may be among them.
      const found = judgedRun(new Map([[id, index.search(query, depth + 1)]]), options).get(id)!;
      return [id, new Map([...found].slice(0, depth))];
    }),
  );
}
