import { RerankError } from "../../index.ts";
import type { Io } from "../io.ts";
import { findQueries, readJudgments, readRun } from "./eval-collection.node.ts";
import {
  documentIdsOf,
  type ExperimentOptions,
  judgedRun,
  prepareExperiment,
  reportIdenticalIds,
  reportMissing,
  rerankBy,
} from "./eval-experiment.ts";
import { checkReport, compareSystems, type ReportOptions, type SystemRun, systemOf, writeReport } from "./eval-run.ts";

/** Options of `crossrank eval compare`, as commander names them. */
export interface CompareOptions extends ExperimentOptions, ReportOptions {
  model?: string[];
}

/**
 * Compares two systems on the same queries. A system is an existing run, or a model that reranks now.
 *
 * @param runFiles the first systems; the models follow. Both together must be two
 * @throws RerankError of any code
 */
export async function compareCommand(
  io: Io,
  version: string,
  dataset: string,
  runFiles: readonly string[],
  options: CompareOptions,
): Promise<void> {
  const models = options.model ?? [];
  if (runFiles.length + models.length !== 2) {
    const given = `${runFiles.length} runs and ${models.length} models`;
    throw new RerankError("invalid-input", `eval compare: two systems are compared, not ${given}. Name two runs, or --model twice.`);
  }
  checkReport(options);
  const labelOf = labeling([...runFiles, ...models]);
  const systems: SystemRun[] = [];
  for (const path of runFiles)
    systems.push({ report: { label: labelOf(path), name: path }, run: judgedRun(await readRun(io, path), options) });
  if (models.length === 0) {
    const { name, qrels: all } = await readJudgments(io, dataset, options);
    const qrels = new Map([...all].slice(0, options.limit));
    const queries = await findQueries(io, dataset, options);
    for (const { report, run } of systems) reportMissing(io, qrels, run, report.name, options);
    reportIdenticalIds(io, qrels, documentIdsOf([qrels, ...systems.map(({ run }) => run)]), options);
    const collection = { name, qrels, ...(queries === undefined ? {} : { queries }) };
    await writeReport(io, compareSystems(version, collection, systems[0]!, systems[1]!, options), options);
    return;
  }
  const experiment = await prepareExperiment(io, dataset, options);
  for (const { report, run } of systems) reportMissing(io, experiment.qrels, run, report.name, options);
  for (const model of models) systems.push(systemOf(labelOf(model), await rerankBy(io, model, experiment, experiment.depth, options)));
  await writeReport(io, compareSystems(version, experiment, systems[0]!, systems[1]!, options), options);
}

/** Short labels for column headings: the last part of a path or model name, or all of it if two labels would be equal. */
function labeling(names: readonly string[]): (name: string) => string {
  const last = (name: string): string => name.split(/[\\/]/).at(-1)!;
  const isUnique = new Set(names.map(last)).size === names.length;
  return (name) => (isUnique ? last(name) : name);
}
