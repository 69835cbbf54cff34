/** The report of `crossrank bench`, and its tables. */
import { formatBytes } from "../../hub/download-progress.node.ts";
import { alignColumns, printable } from "../display.ts";
import type { Machine } from "../machine.node.ts";
import type { ModelFile } from "./bench-contender.node.ts";
import { type Figures, type Measurement, quantile } from "./bench-measure.node.ts";

/** One measured configuration. */
export interface ConfigurationReport {
  name: string;
  /** Identity with revision. */
  model: string;
  /** The ONNX file and its external data; empty for hosted models and backends. */
  files: ModelFile[];
  sync: boolean;
  batchSize: number;
  loadMs: number;
  /** Growth of the process's memory while loading. */
  loadBytes: number;
  /** The scorer's own numbers, for example its workers. */
  scorer: Readonly<Record<string, number | string>>;
}

/** Comparison of two configurations, round by round. */
export interface Comparison {
  /** Speed of the second divided by the speed of the first; above 1 the second is faster. */
  speedRatio: { min: number; median: number; max: number };
  /** Largest difference between the two scores of the same document. */
  largestScoreDifference: number;
}

/** All figures of one workload. */
export interface WorkloadReport {
  name: string;
  runs: ({ configuration: string } & Figures)[];
  /** Present with two configurations. */
  comparison?: Comparison;
}

/** All results of bench, as `--json` writes them. */
export interface BenchReport {
  crossrank: string;
  /** Version of onnxruntime-node; null if it is not installed. */
  onnxruntime: string | null;
  machine: Machine;
  rounds: number;
  warmUpRounds: number;
  configurations: ConfigurationReport[];
  workloads: WorkloadReport[];
}

interface Column {
  heading: string;
  figures: Figures;
}

const unknown = "–";

/** Compares two configurations that were measured in turns. */
export function compare(first: Measurement, second: Measurement): Comparison {
  const ratios = first.figures.roundsMs.map((ms, round) => ms / second.figures.roundsMs[round]!);
  const scores = new Map(first.result.results.map(({ index, score }) => [index, score]));
  const differences = second.result.results.map(({ index, score }) => Math.abs(score - scores.get(index)!));
  return {
    speedRatio: { min: quantile(ratios, 0), median: quantile(ratios, 0.5), max: quantile(ratios, 1) },
    largestScoreDifference: quantile(differences, 1),
  };
}

/** Lines for people: the environment, then one table of all workloads, or with two configurations one table per workload. */
export function* describeReport(report: BenchReport): Generator<string> {
  yield* alignColumns([...describeMachine(report), ...report.configurations.flatMap(describeConfiguration)]);
  if (report.configurations.length === 1) {
    yield "";
    yield* describeRuns(
      "",
      report.workloads.map(({ name, runs }) => ({ heading: name, figures: runs[0]! })),
    );
    return;
  }
  for (const { name, runs, comparison } of report.workloads) {
    yield "";
    yield* describeRuns(
      name,
      runs.map((figures) => ({ heading: figures.configuration, figures })),
    );
    if (comparison !== undefined) yield describeComparison(comparison);
  }
}

function describeMachine({ crossrank, onnxruntime, machine, rounds, warmUpRounds, configurations }: BenchReport): string[][] {
  const runtime = onnxruntime === null ? "" : `, onnxruntime-node ${onnxruntime}`;
  const cores = `${machine.usableCores} usable of ${machine.cores} cores`;
  const turns = configurations.length === 1 ? "" : ", in turns";
  return [
    ["crossrank", `${crossrank}${runtime}, node ${machine.node}`],
    ["machine", `${printable(machine.processor) || machine.platform}, ${cores}, ${formatBytes(machine.totalMemoryBytes)}`],
    ["rounds", `${rounds} on each list after ${warmUpRounds} to warm up${turns}`],
  ];
}

function describeConfiguration(configuration: ConfigurationReport, _index: number, all: readonly ConfigurationReport[]): string[][] {
  const { name, model, files, sync, batchSize, loadMs, loadBytes, scorer } = configuration;
  const { plan, plannedWorkers = unknown, threadsPerWorker = unknown } = scorer;
  const workers = `${plannedWorkers} × ${threadsPerWorker} threads${plan === undefined ? "" : ` (${plan})`}`;
  const way = sync ? "rerankSync, on the calling thread" : `rerank, ${workers}`;
  return [
    [all.length === 1 ? "model" : name, printable(model)],
    ...files.map(({ path, sizeBytes, sha256 }) => ["", `${printable(path)} (${formatBytes(sizeBytes)}, sha256 ${sha256})`]),
    ["", `${way}; batch size ${batchSize}; loaded in ${loadMs.toFixed(0)} ms, ${formatBytes(Math.max(0, loadBytes))}`],
  ];
}

function describeRuns(title: string, columns: readonly Column[]): string[] {
  const row = (name: string, show: (figures: Figures) => string): string[] => [name, ...columns.map(({ figures }) => show(figures))];
  const rows = [
    [printable(title), ...columns.map(({ heading }) => printable(heading))],
    row("documents", ({ documents }) => String(documents)),
    row("tokens", ({ tokens }) => rounded(tokens)),
    row("passes", ({ passes }) => rounded(passes)),
    ...(["p50", "p95", "p99"] as const).map((key) => row(`latency ${key}, ms`, ({ latencyMs }) => latencyMs[key].toFixed(1))),
    row("pairs a second", ({ pairsPerSecond }) => pairsPerSecond.toFixed(1)),
    row("tokens a second", ({ tokensPerSecond }) => rounded(tokensPerSecond)),
    row("padding waste", ({ paddingWaste }) => (paddingWaste === null ? unknown : `${(paddingWaste * 100).toFixed(1)} %`)),
    ...(["p50", "p99", "max"] as const).map((key) =>
      row(`event-loop delay ${key}, ms`, ({ eventLoopDelayMs }) => eventLoopDelayMs[key].toFixed(1)),
    ),
    row("memory (RSS)", (figures) => formatBytes(figures.residentBytes)),
  ];
  return alignColumns(rows, new Set(columns.map((_column, index) => index + 1)));
}

function describeComparison({ speedRatio, largestScoreDifference }: Comparison): string {
  const { min, median, max } = speedRatio;
  const ratio = `min ${min.toFixed(2)}, median ${median.toFixed(2)}, max ${max.toFixed(2)}`;
  const scores = largestScoreDifference === 0 ? "equal scores" : `scores differ by at most ${largestScoreDifference.toPrecision(2)}`;
  return `second / first in speed, by pair of rounds: ${ratio}; ${scores}`;
}

function rounded(value: number | null): string {
  return value === null ? unknown : value.toFixed(0);
}
