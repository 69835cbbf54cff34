import { type Evaluation, evaluateRun } from "../../eval/metrics.ts";
import { bootstrapInterval, type Interval } from "../../eval/statistics.ts";
import { alignColumns, printable } from "../display.ts";
import type { Io } from "../io.ts";
import { toJson } from "../output.ts";
import { type CollectionOptions, readJudgments, readRun } from "./eval-collection.node.ts";
import { documentIdsOf, judgedRun, type MeasureOptions, measuresOf, reportIdenticalIds, reportMissing } from "./eval-experiment.ts";

/** Options of `crossrank eval metrics`, as commander names them. */
export interface MetricsOptions extends MeasureOptions, CollectionOptions {
  perQuery?: boolean;
  skipMissing?: boolean;
  format?: "table" | "json" | "tsv";
}

/**
 * Measures a run against judgments.
 *
 * @throws RerankError `invalid-input` for missing or malformed files, or unknown measures
 */
export async function metricsCommand(io: Io, dataset: string, runFile: string, options: MetricsOptions): Promise<void> {
  const { qrels } = await readJudgments(io, dataset, options);
  const run = judgedRun(await readRun(io, runFile), options);
  const evaluation = evaluateRun(qrels, run, measuresOf(options), {
    missing: options.skipMissing === true ? "skip" : "zero",
    ...(options.relevanceLevel === undefined ? {} : { relevanceLevel: options.relevanceLevel }),
  });
  const done = options.skipMissing === true ? "left out" : "counted as 0; --skip-missing leaves them out";
  reportMissing(io, qrels, run, runFile, options, done);
  reportIdenticalIds(io, qrels, documentIdsOf([qrels, run]), options);
  const intervals = Object.fromEntries(Object.entries(evaluation.values).map(([name, values]) => [name, bootstrapInterval(values)]));
  const format = options.format ?? (io.stdoutIsTerminal ? "table" : "json");
  for (const line of describe(evaluation, intervals, format, options.perQuery === true)) await io.write(`${line}\n`);
}

function* describe(
  evaluation: Evaluation,
  intervals: Record<string, Interval>,
  format: "table" | "json" | "tsv",
  isPerQuery: boolean,
): Generator<string> {
  const { queryIds, values, means, counts } = evaluation;
  const names = Object.keys(means);
  if (format === "json") {
    const measures = Object.fromEntries(names.map((name) => [name, { mean: means[name], ...intervals[name] }]));
    const ofQuery = (index: number): object => Object.fromEntries(names.map((name) => [name, values[name]![index]]));
    const queries = Object.fromEntries(queryIds.map((id, index) => [id, ofQuery(index)]));
    yield toJson({ counts, measures, ...(isPerQuery ? { queries } : {}) }, 2);
  } else if (format === "tsv") {
    // The columns of trec_eval, with all digits.
    for (const [index, id] of isPerQuery ? queryIds.entries() : []) {
      for (const name of names) yield `${name}\t${printable(id)}\t${values[name]![index]}`;
    }
    for (const name of names) yield `${name}\tall\t${means[name]}`;
  } else {
    const rows = names.map((name) => [name, means[name]!.toFixed(4), formatInterval(intervals[name]!)]);
    yield* alignColumns([["measure", "mean", "95 %"], ...rows]);
    yield `${counts.queries} queries, ${counts.retrieved} documents, ${counts.relevantRetrieved} of ${counts.relevant} relevant ones`;
    if (!isPerQuery) return;
    yield "";
    const lines = queryIds.map((id, index) => [printable(id), ...names.map((name) => values[name]![index]!.toFixed(4))]);
    yield* alignColumns([["query", ...names], ...lines]);
  }
}

/** `0.6120 … 0.7050` */
export function formatInterval({ low, high }: Interval, digits = 4): string {
  return `${low.toFixed(digits)} … ${high.toFixed(digits)}`;
}
