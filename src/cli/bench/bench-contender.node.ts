/** Prepares a configuration for measuring: downloads and identifies its files, and loads its model. */
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { resolveModel } from "../../catalogue/resolve-model.ts";
import { downloadModel } from "../../hub/download.node.ts";
import { hashFile } from "../../hub/download-file.node.ts";
import { createProgressBar } from "../../hub/download-progress.node.ts";
import { type LocatedModel, locateModel } from "../../hub/locate.node.ts";
import { createReranker, RerankError, type Reranker, type RerankWarning } from "../../index.ts";
import type { CommonOptions, Io } from "../io.ts";
import type { Configuration } from "./bench-options.ts";

/** A file of weights. */
export interface ModelFile {
  path: string;
  sizeBytes: number;
  /** Lower-case hex. */
  sha256: string;
}

/** What is measured. */
export interface Contender {
  configuration: Configuration;
  reranker: Reranker;
  /** The ONNX file and its external data; empty for hosted models and backends. */
  files: ModelFile[];
  /** Time of loading, after downloading. */
  loadMs: number;
  /** Growth of the process's memory while loading. */
  loadBytes: number;
}

/**
 * Downloads missing files, hashes the files and loads the model. The caller must close `reranker`.
 *
 * @throws RerankError why the model does not load; `aborted`
 */
export async function prepareContender(io: Io, configuration: Configuration, options: CommonOptions): Promise<Contender> {
  const { config, isSync } = configuration;
  const files = await identifyFiles(await ensureDownloaded(io, configuration, options));
  const reranker = createReranker({ ...config, onWarning: (warning) => reportLicense(io, warning, options) });
  try {
    const beforeBytes = residentBytes();
    const startMs = performance.now();
    if (isSync) reranker.warmUpSync();
    else await reranker.warmUp();
    return { configuration, reranker, files, loadMs: performance.now() - startMs, loadBytes: residentBytes() - beforeBytes };
  } catch (error) {
    await reranker.close();
    throw error;
  }
}

/** Writes a license warning to standard error. It comes when the model is loaded; all other warnings come with the results of calls. */
function reportLicense(io: Io, warning: RerankWarning, { quiet }: CommonOptions): void {
  if (warning.type === "license" && quiet !== true) io.note(`crossrank: ${warning.message}`);
}

/** Current memory of the process. */
export function residentBytes(): number {
  return process.memoryUsage.rss();
}

/** Downloads a model before it is loaded, so that the user can interrupt it and it is not part of the loading time. @returns undefined for a model without files */
async function ensureDownloaded(io: Io, { config }: Configuration, options: CommonOptions): Promise<LocatedModel | undefined> {
  const { model: reference, cacheDir } = config;
  if (reference.type !== "preset" && reference.type !== "custom") return undefined;
  const model = resolveModel(reference);
  const located = locateModel(model, { cacheDir });
  if (located !== undefined) return located;
  const bar = io.stderrIsTerminal && options.quiet !== true ? createProgressBar() : undefined;
  try {
    await downloadModel(model, { cacheDir, signal: io.signal, onProgress: bar?.update });
  } finally {
    bar?.end();
  }
  const downloaded = locateModel(model, { cacheDir });
  if (downloaded !== undefined) return downloaded;
  throw new RerankError("download", "bench: the model is gone from the cache right after its download. Run it again.");
}

async function identifyFiles(located: LocatedModel | undefined): Promise<ModelFile[]> {
  if (located === undefined) return [];
  const paths = [located.modelPath, ...located.externalData.map((location) => join(dirname(located.modelPath), location))];
  return Promise.all(paths.map(async (path) => ({ path, sizeBytes: (await stat(path)).size, sha256: await hashFile(path, "sha256") })));
}
