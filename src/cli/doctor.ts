import { recommend } from "../catalogue/recommendations.ts";
import { messageOf } from "../errors.ts";
import { formatBytes } from "../hub/download-progress.node.ts";
import { resolveCacheDir } from "../hub/environment.node.ts";
import { type CachedModel, listCached } from "../hub/inventory.node.ts";
import { createReranker, listPresets, type RerankerStats } from "../index.ts";
import { alignColumns, printable } from "./display.ts";
import type { CommonOptions, Io } from "./io.ts";
import { installedVersion, isWritable, type Machine, readMachine } from "./machine.node.ts";
import { toJson } from "./output.ts";

/** Options of `crossrank doctor`. */
export interface DoctorOptions extends CommonOptions {
  cacheDir?: string;
  json?: boolean;
}

/** The timed run of the default model. */
interface TimedRun {
  model: string;
  loadMs: number;
  documents: number;
  tokens: number;
  scoreMs: number;
  documentsPerSecond: number;
  scorer: RerankerStats["scorer"];
}

/** All findings of doctor, as `--json` writes them. */
interface Findings {
  crossrank: string;
  machine: Machine;
  /** Version of onnxruntime-node; null if it is not installed. */
  onnxruntime: string | null;
  cache: { folder: string; isWritable: boolean; models: CachedModel[] };
  defaultModel: string;
  /** The best measured preset for each need. */
  recommendedModels: { need: string; model: string }[];
  /** Null if the run failed. */
  run: TimedRun | null;
  failure: string | null;
}

const documentCount = 32;
const sentences: readonly string[] = [
  "Reward the dog at once when it sits, and keep each lesson shorter than ten minutes.",
  "The harbour was built in the nineteenth century and still serves a few fishing boats.",
  "A sourdough starter wants flour and water every day until it rises within six hours.",
  "Trains to the coast leave every half hour from the platform behind the station hall.",
];

/**
 * Shows what crossrank finds on this machine, and times the default model once.
 *
 * If the run fails, it still shows everything else, then throws the error.
 *
 * @throws RerankError the reason why the default model does not run
 */
export async function doctorCommand(io: Io, version: string, options: DoctorOptions): Promise<void> {
  const { findings, error } = await examine(io, version, options);
  if (options.json === true) await io.write(`${toJson(findings, 2)}\n`);
  else for (const line of alignColumns(describeFindings(findings))) await io.write(`${line}\n`);
  if (error !== undefined) throw error;
}

async function examine(io: Io, version: string, options: DoctorOptions): Promise<{ findings: Findings; error: unknown }> {
  const folder = resolveCacheDir(options.cacheDir);
  let run: TimedRun | null = null;
  let error: unknown;
  try {
    run = await timeDefaultModel(io.signal);
  } catch (caught) {
    error = caught;
  }
  const findings: Findings = {
    crossrank: version,
    machine: readMachine(),
    onnxruntime: installedVersion("onnxruntime-node") ?? null,
    cache: { folder, isWritable: await isWritable(folder), models: listCached(options) },
    defaultModel: "mini",
    recommendedModels: recommend(listPresets()).map(({ need, preset }) => ({ need, model: preset.name })),
    run,
    failure: error === undefined ? null : messageOf(error),
  };
  return { findings, error };
}

async function timeDefaultModel(signal: AbortSignal): Promise<TimedRun> {
  const reranker = createReranker({ model: "mini" });
  try {
    const startMs = performance.now();
    await reranker.warmUp();
    const loadMs = performance.now() - startMs;
    const documents = Array.from({ length: documentCount }, (_, index) => sentences[index % sentences.length]!.repeat(1 + (index % 8)));
    const { model, usage, timings } = await reranker.rank("How to train a dog", documents, { signal });
    const { scorer } = reranker.stats();
    const documentsPerSecond = (usage.documents * 1000) / timings.scoreMs;
    return { model, loadMs, ...usage, scoreMs: timings.scoreMs, documentsPerSecond, scorer };
  } finally {
    await reranker.close();
  }
}

function describeFindings(findings: Findings): string[][] {
  const { machine, cache, run, defaultModel, recommendedModels } = findings;
  const limit = machine.memoryLimitBytes === undefined ? "" : `, limited to ${formatBytes(machine.memoryLimitBytes)}`;
  return [
    ["crossrank", findings.crossrank],
    ["node", machine.node],
    ["platform", machine.platform],
    ["runtime", findings.onnxruntime === null ? "onnxruntime-node is NOT installed" : `onnxruntime-node ${findings.onnxruntime}`],
    ["processor", printable(machine.processor) || "unknown"],
    ["features", machine.cpuFeatures.join(" ") || "unknown"],
    ["cores", `${machine.usableCores} usable of ${machine.cores}`],
    ["memory", `${formatBytes(machine.freeMemoryBytes)} free of ${formatBytes(machine.totalMemoryBytes)}${limit}`],
    ["cache", `${printable(cache.folder)} (${cache.isWritable ? "writable" : "NOT writable"})`],
    ...describeCached(cache.models),
    ["default", `${defaultModel}, because it always works, without a download; better ones by need:`],
    ...recommendedModels.map(({ need, model }) => ["", `${model}: ${need}`]),
    ...(run === null ? [["run", `FAILED: ${printable(findings.failure ?? "")}`]] : describeRun(run)),
  ];
}

function describeCached(models: readonly CachedModel[]): string[][] {
  if (models.length === 0) return [["models", "none downloaded"]];
  return models.map((model, index) => {
    const where = model.cache === "hub" ? ", in the hub's own cache" : "";
    const name = printable(`${model.repository}@${model.commit.slice(0, 12)}`);
    return [index === 0 ? "models" : "", `${name} (${formatBytes(model.sizeBytes)}${where})`];
  });
}

function describeRun(run: TimedRun): string[][] {
  const { plan, plannedWorkers, workers, threadsPerWorker } = run.scorer;
  const speed = `${run.documents} documents, ${run.tokens} tokens in ${run.scoreMs.toFixed(0)} ms`;
  const workerPlan = `${plannedWorkers ?? workers} × ${threadsPerWorker ?? 1} threads${plan === undefined ? "" : `: ${plan}`}`;
  return [
    ["workers", workerPlan],
    ["run", `${run.model}: loaded in ${run.loadMs.toFixed(0)} ms; ${speed} (${run.documentsPerSecond.toFixed(0)} documents/s)`],
  ];
}
