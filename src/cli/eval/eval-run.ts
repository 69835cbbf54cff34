import { compareEvaluations, judge, queryChanges, type RerankedRun } from "../../eval/evaluate.ts";
import { formatRun } from "../../eval/formats.ts";
import { type Evaluation, evaluateRun, parseMeasure, type Run } from "../../eval/metrics.ts";
import { sweepThresholds } from "../../eval/threshold.ts";
import type { Io } from "../io.ts";
import { toJson } from "../output.ts";
import { checkWritable, writeTextFile } from "../text-file.node.ts";
import {
  type Experiment,
  type ExperimentOptions,
  type MeasureOptions,
  measuresOf,
  prepareExperiment,
  rerankBy,
} from "./eval-experiment.ts";
import { renderReport } from "./eval-html.ts";
import { type ComparisonReport, describeComparison, type SystemReport } from "./eval-report.ts";

/** Output options of a comparison, as commander names them. */
export interface ReportOptions {
  format?: "table" | "json";
  /** Path of the HTML report to write. */
  html?: string;
}

/** Options of `crossrank eval run`, as commander names them. */
export interface EvalRunOptions extends ExperimentOptions, ReportOptions {
  model?: string;
  threshold?: boolean;
  /** Path of the file for the reranked run. */
  output?: string;
}

/** One of two systems, with its run. */
export interface SystemRun {
  report: SystemReport;
  run: Run;
}

/**
 * Reranks the candidates of a collection's queries, and compares the order before with that after.
 *
 * @throws RerankError of any code
 */
export async function evalRunCommand(io: Io, version: string, dataset: string, options: EvalRunOptions): Promise<void> {
  checkReport(options);
  const experiment = await prepareExperiment(io, dataset, options);
  const reranked = await rerankBy(io, options.model, experiment, experiment.depth, options);
  if (options.output !== undefined) {
    writeTextFile(options.output, [...formatRun(reranked.run, /\.jsonl$/i.test(options.output) ? "jsonl" : "trec", reranked.model)]);
  }
  const before: SystemRun = { report: { label: "before", name: experiment.source }, run: experiment.run };
  const report = compareSystems(version, experiment, before, systemOf("after", reranked), options);
  if (options.threshold === true) {
    report.threshold = sweepThresholds(judge(reranked.scored, experiment.qrels, options.relevanceLevel), experiment.qrels.size);
  }
  await writeReport(io, report, options);
}

/** Checks the output options before the work starts. @throws RerankError `invalid-input` for an unknown measure or an unwritable file */
export function checkReport(options: MeasureOptions & ReportOptions & { output?: string }): void {
  for (const name of measuresOf(options)) parseMeasure(name);
  checkWritable(options.html, options.output);
}

/** A model's run. */
export function systemOf(label: string, { run, model, pairs, scoreMs, pairsPerSecond }: RerankedRun): SystemRun {
  return { report: { label, name: model, pairs, scoreSecs: scoreMs / 1000, pairsPerSecond }, run };
}

/** Compares two systems on the same queries. A query that is missing in one of them counts as 0. */
export function compareSystems(
  version: string,
  experiment: Pick<Experiment, "name" | "qrels"> & Partial<Experiment>,
  first: SystemRun,
  second: SystemRun,
  options: ExperimentOptions,
): ComparisonReport {
  const { name, qrels, queries, documents, source, depth } = experiment;
  const evaluate = ({ run }: SystemRun): Evaluation =>
    evaluateRun(qrels, run, measuresOf(options), options.relevanceLevel === undefined ? {} : { relevanceLevel: options.relevanceLevel });
  const [before, after] = [evaluate(first), evaluate(second)];
  const measures = compareEvaluations(before, after);
  return {
    crossrank: version,
    dataset: { name, queries: qrels.size, ...(documents === undefined ? {} : { documents: documents.size }) },
    ...(source === undefined || depth === undefined ? {} : { candidates: { source, depth } }),
    first: first.report,
    second: second.report,
    measures,
    queries: queryChanges(before, after, measures[0]!.measure).map((change) => {
      const text = queries?.get(change.queryId);
      return text === undefined ? change : { ...change, text };
    }),
  };
}

/** Writes a table or JSON to standard output, and with `html` also the page. */
export async function writeReport(io: Io, report: ComparisonReport, options: ReportOptions): Promise<void> {
  if (options.html !== undefined) writeTextFile(options.html, [renderReport(report)]);
  if ((options.format ?? (io.stdoutIsTerminal ? "table" : "json")) === "json") await io.write(`${toJson(report, 2)}\n`);
  else for (const line of describeComparison(report, io.columns)) await io.write(`${line}\n`);
}
