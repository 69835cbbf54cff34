import { RerankError } from "../../index.ts";
import { readDocuments } from "../input.ts";
import type { Io } from "../io.ts";
import { installedVersion, readMachine } from "../machine.node.ts";
import { toJson } from "../output.ts";
import { summarizeWarnings } from "../rank.ts";
import { type Contender, prepareContender } from "./bench-contender.node.ts";
import { type Measurement, measureInTurns, type Schedule } from "./bench-measure.node.ts";
import { type BenchOptions, configurationsOf } from "./bench-options.ts";
import { type BenchReport, type ConfigurationReport, compare, describeReport, type WorkloadReport } from "./bench-report.ts";
import { generateWorkloads, type Workload } from "./bench-workload.ts";

const defaultRounds = 10;
const defaultWarmUpRounds = 2;

/**
 * Measures one configuration, or two in turns, on the documents of files or on generated ones.
 *
 * @throws RerankError of any code
 */
export async function benchCommand(io: Io, version: string, files: readonly string[], options: BenchOptions): Promise<void> {
  const configurations = configurationsOf(options);
  const workloads = await workloadsOf(io, files, options);
  const schedule: Schedule = {
    rounds: options.rounds ?? defaultRounds,
    warmUpRounds: options.warmUp ?? defaultWarmUpRounds,
    fields: options.field,
    signal: io.signal,
  };
  const contenders: Contender[] = [];
  let report: BenchReport;
  try {
    for (const configuration of configurations) contenders.push(await prepareContender(io, configuration, options));
    report = await measure(io, version, contenders, workloads, schedule, options.quiet === true);
  } finally {
    // Wait for the running forward pass: the runtime crashes a process that exits during one.
    await Promise.all(contenders.map(({ reranker }) => reranker.close()));
  }
  if (options.json === true) await io.write(`${toJson(report, 2)}\n`);
  else for (const line of describeReport(report)) await io.write(`${line}\n`);
}

async function workloadsOf(io: Io, files: readonly string[], options: BenchOptions): Promise<Workload[]> {
  const { query } = options;
  if (files.length === 0) return generateWorkloads(query);
  if (query === undefined) throw new RerankError("invalid-input", "bench: documents without a query. Give one with --query.");
  const { documents } = await readDocuments(io, files, options);
  if (documents.length === 0)
    throw new RerankError("invalid-input", `bench: no documents in ${files.join(", ")}. Name a file that has some.`);
  const name = files.length > 1 ? `${files.length} files` : files[0] === "-" ? "stdin" : files[0]!;
  return [{ name, query, documents }];
}

async function measure(
  io: Io,
  version: string,
  contenders: readonly Contender[],
  workloads: readonly Workload[],
  schedule: Schedule,
  isQuiet: boolean,
): Promise<BenchReport> {
  const reports: WorkloadReport[] = [];
  const models = new Map<Contender, string>();
  for (const workload of workloads) {
    const measurements = await measureInTurns(contenders, workload, schedule);
    for (const [index, contender] of contenders.entries()) models.set(contender, measurements[index]!.result.model);
    if (!isQuiet) for (const line of describeWarnings(workload, contenders, measurements)) io.note(`crossrank: ${line}`);
    reports.push(reportOf(workload, contenders, measurements));
  }
  return {
    crossrank: version,
    onnxruntime: installedVersion("onnxruntime-node") ?? null,
    machine: readMachine(),
    rounds: schedule.rounds,
    warmUpRounds: schedule.warmUpRounds,
    configurations: contenders.map((contender) => describeContender(contender, models.get(contender)!)),
    workloads: reports,
  };
}

function describeWarnings({ name, documents }: Workload, contenders: readonly Contender[], measurements: readonly Measurement[]): string[] {
  return contenders.flatMap(({ configuration }, index) => {
    const whose = contenders.length === 1 ? name : `${name}, ${configuration.name}`;
    return summarizeWarnings(measurements[index]!.result.warnings, documents.length).map((line) => `${whose}: ${line}`);
  });
}

function reportOf({ name }: Workload, contenders: readonly Contender[], measurements: readonly Measurement[]): WorkloadReport {
  const runs = contenders.map(({ configuration }, index) => ({ configuration: configuration.name, ...measurements[index]!.figures }));
  const [first, second] = measurements;
  return second === undefined ? { name, runs } : { name, runs, comparison: compare(first!, second) };
}

function describeContender({ configuration, reranker, files, loadMs, loadBytes }: Contender, model: string): ConfigurationReport {
  const { name, config, isSync } = configuration;
  return { name, model, files, sync: isSync, batchSize: config.batchSize ?? 32, loadMs, loadBytes, scorer: reranker.stats().scorer };
}
