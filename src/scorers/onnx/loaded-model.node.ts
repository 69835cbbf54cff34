/** From a model's files to what its threads are opened with, and how many there are. */

import { type GroupBounds, planWorkers, type WorkerPlan } from "../../engine/plan.ts";
import { Pool } from "../../engine/pool.ts";
import { openWorkerThread } from "../../engine/worker-thread.node.ts";
import { readCalibration } from "../../models/calibration.node.ts";
import { getPreset } from "../../models/catalogue.ts";
import type { LocatedModel } from "../../models/locate.node.ts";
import { freeMemoryBytes, usableCores } from "../../models/machine.node.ts";
import { tokenLimit } from "../../tokenization/token-limit.ts";
import type { Acceleration, Calibration, CustomModel, PresetModel } from "../../types.ts";
import type { ExecutorOptions, Group, GroupScores } from "./executor.node.ts";
import { resolveRelevantClass } from "./head.ts";
import { ScoreCache } from "./score-cache.node.ts";
import { disableTelemetry, type SessionProvider } from "./session.node.ts";

/** What a local scorer is made of. */
export interface OnnxScorerOptions {
  model: PresetModel | CustomModel;
  cacheDir?: string;
  showDownloadProgress: boolean;
  allowDownload: boolean;
  acceleration: Acceleration;
  /** 0 for no cache. */
  scoreCacheBytes: number;
  /** Path of a calibration's file. */
  calibration?: string;
}

/** A model whose files are here; its threads start with the first call. */
export interface LoadedModel {
  located: LocatedModel;
  executor: ExecutorOptions;
  /** Bounds of the groups that travel to a thread together, but for those that a call sets. */
  groups: Omit<GroupBounds, "maxDocuments">;
  plan: WorkerPlan;
  pool: Pool<Group, GroupScores>;
  cache: ScoreCache | undefined;
  calibration: Calibration | undefined;
}

// About 500 tokens, a pass or a few: calls take turns often and an abort drops nearly all that is left, while a message's 0.2 ms
// stay small beside the work.
const groupCharacters = 2048;
/** Most tokens of a custom model whose configuration sets none: its files may promise more than is sensible. */
const customTokenLimit = 512;
// A hundred calls of the largest size that the HTTP interface takes.
const defaultMaxQueued = 100_000;

/** @throws RerankError `unsupported-model`, `invalid-input` for a head, a limit or a calibration that does not fit the model */
export function adoptModel(located: LocatedModel, options: OnnxScorerOptions, provider: SessionProvider): LoadedModel {
  const { acceleration, scoreCacheBytes } = options;
  disableTelemetry();
  const calibration = options.calibration === undefined ? undefined : readCalibration(options.calibration, located);
  const plan = provider === "cpu" ? planCpu(located, acceleration) : planDevice(provider, acceleration);
  const executor = executorOptions(located, options, plan.threads, provider);
  const groups = {
    workers: plan.workers,
    maxCharacters: provider === "cpu" ? groupCharacters : Number.POSITIVE_INFINITY,
  };
  const pool = new Pool<Group, GroupScores>({
    size: plan.workers,
    openThread: () => openWorkerThread("onnx-worker", executor),
    maxWaiting: acceleration.maxQueued ?? defaultMaxQueued,
    ...(acceleration.idleSecs === undefined ? {} : { idleMs: acceleration.idleSecs * 1000 }),
  });
  const identity = JSON.stringify([located.id, located.sizeBytes, executor.maxTokens, executor.relevantClass]);
  const cache = scoreCacheBytes > 0 ? new ScoreCache(identity, scoreCacheBytes) : undefined;
  return { located, executor, groups, plan, pool, cache, calibration };
}

function planCpu(located: LocatedModel, acceleration: Acceleration): WorkerPlan {
  return planWorkers({ cores: usableCores(), freeBytes: freeMemoryBytes() }, located.sizeBytes, acceleration);
}

/** One session: a device is shared by nobody else, and takes whole batches. */
function planDevice(provider: SessionProvider, { workers = 1, threads = 1 }: Acceleration): WorkerPlan {
  return { workers, threads, reason: `one session on ${provider}` };
}

function executorOptions(
  located: LocatedModel,
  { model, acceleration }: OnnxScorerOptions,
  threads: number,
  provider: SessionProvider,
): ExecutorOptions {
  return {
    model: located.id,
    modelPath: located.modelPath,
    tokenizerPath: located.tokenizerPath,
    tokenizerConfig: located.tokenizerConfig,
    maxTokens: tokenLimit({
      ...(model.maxLength === undefined ? {} : { maxLength: model.maxLength }),
      tokenizerConfig: located.tokenizerConfig,
      modelConfig: located.config,
      fallback: model.type === "preset" ? getPreset(model.name).maxLength : customTokenLimit,
    }),
    typeVocabSize: (located.config as { type_vocab_size?: number }).type_vocab_size ?? 2,
    relevantClass: resolveRelevantClass(located.id, located.config, model.type === "custom" ? model.head?.relevantClass : undefined),
    isDynamicallyQuantised: located.isDynamicallyQuantised,
    threads,
    provider,
    deviceId: acceleration.deviceId ?? 0,
  };
}
