/** Open sessions. Scorers of this process share a session if they need the same one, even if they read texts differently. */
import { statSync } from "node:fs";
import { LRUCache } from "lru-cache";
import { defaults } from "../../config/schema.ts";
import type { LocatedModel } from "../../hub/locate.node.ts";
import { freeMemoryBytes, usableCores } from "../../machine/machine.node.ts";
import { type GroupBounds, planWorkers, sessionBytes, type WorkerPlan } from "../../threads/plan.ts";
import { Pool } from "../../threads/worker-pool.ts";
import { openWorkerThread } from "../../threads/worker-thread.node.ts";
import type { CheckedAcceleration } from "../../types.ts";
import { createExecutor, type Executor } from "./executor.node.ts";
import type { Group } from "./group.ts";
import { ModelFiles, type OpenableFiles } from "./model-files.node.ts";
import type { ExecutorOptions } from "./open-model.ts";
import type { ModelReading } from "./reading.ts";
import { ScoreCache } from "./score-cache.node.ts";
import { disableTelemetry } from "./session.node.ts";
import type { WorkerRequest, WorkerResponse } from "./worker-requests.ts";

/** Everything that a session's threads depend on. */
export interface SessionNeeds {
  located: LocatedModel;
  /** As in the configuration. */
  cacheDir: string | undefined;
  executor: Omit<ExecutorOptions, "threads" | keyof OpenableFiles>;
  acceleration: CheckedAcceleration;
  /** 0 for no cache. */
  scoreCacheBytes: number;
}

/** A scorer's right to use a {@link SharedModel}. */
export interface Lease {
  model: SharedModel;
  /** Gives the model back. The last release ends the threads. Calling it again does nothing. */
  release(): Promise<void>;
}

// About 500 tokens, one or a few passes. Small enough that calls take turns often and an abort takes effect soon; large enough that the
// 0.2 ms of a message do not matter.
const groupCharacters = 2048;
/** How many readings a session remembers as checked. */
const maxCheckedReadings = 256;

const shared = new Map<string, { model: SharedModel; users: number }>();

/** The session for these needs: an open one, or a new one. The threads of a new one start with its first call. */
export function acquireModel(needs: SessionNeeds): Lease {
  const key = keyOf(needs);
  const entry = shared.get(key) ?? { model: new SharedModel(needs), users: 0 };
  shared.set(key, entry);
  entry.users += 1;
  let released: Promise<void> | undefined;
  const releaseOnce = async (): Promise<void> => {
    entry.users -= 1;
    if (entry.users > 0) return;
    if (shared.get(key) === entry) shared.delete(key);
    await entry.model.close();
  };
  return {
    model: entry.model,
    release() {
      released ??= releaseOnce();
      return released;
    },
  };
}

/** The threads of one model, and its session on the calling thread for synchronous calls. */
export class SharedModel {
  readonly plan: WorkerPlan;
  /** Bounds of groups, except the one that a call sets. */
  readonly groups: Omit<GroupBounds, "maxDocuments">;
  readonly pool: Pool<WorkerRequest, WorkerResponse>;
  readonly cache: ScoreCache | undefined;
  readonly #options: Omit<ExecutorOptions, keyof OpenableFiles>;
  readonly #files: ModelFiles;
  readonly #neededBytes: number;
  readonly #checked: LRUCache<string, Promise<void>> = new LRUCache({ max: maxCheckedReadings });
  #syncExecutor: Executor | undefined;

  constructor({ located, cacheDir, executor, acceleration, scoreCacheBytes }: SessionNeeds) {
    disableTelemetry();
    const isCpu = executor.provider === "cpu";
    this.plan = isCpu ? planCpu(located.sizeBytes, acceleration) : planDevice(executor.provider, acceleration);
    this.#neededBytes = isCpu ? this.plan.workers * sessionBytes(located.sizeBytes) : 0;
    this.#options = { ...executor, threads: this.plan.threads };
    this.#files = new ModelFiles(located, cacheDir);
    this.groups = { workers: this.plan.workers, maxCharacters: isCpu ? groupCharacters : Number.POSITIVE_INFINITY };
    this.cache = scoreCacheBytes > 0 ? new ScoreCache(scoreCacheBytes) : undefined;
    this.pool = new Pool({
      size: this.plan.workers,
      openThread: () => this.#files.use((openable) => openWorkerThread("onnx-worker", { ...this.#options, ...openable })),
      maxWaiting: acceleration.maxQueued ?? defaults.maxQueued,
      ...(acceleration.idleSecs === undefined ? {} : { idleMs: acceleration.idleSecs * 1000 }),
    });
  }

  /** Maximum number of threads. */
  get maxThreads(): number {
    return this.plan.workers * this.plan.threads;
  }

  /** Memory that it will use, but that the system does not count as used yet. */
  get pendingBytes(): number {
    return this.pool.threads > 0 || this.#syncExecutor !== undefined ? 0 : this.#neededBytes;
  }

  /** Opens the threads, and checks on one of them that the reading fits the model. @throws RerankError as {@link createExecutor} */
  async warmUp(reading: ModelReading): Promise<void> {
    await this.pool.warmUp();
    const key = JSON.stringify(reading);
    let checking = this.#checked.get(key);
    if (checking === undefined) {
      checking = this.#tryReading(reading);
      this.#checked.set(key, checking);
      checking.catch(() => this.#checked.delete(key)); // the await below throws the error; the next call tries again
    }
    await checking;
  }

  async #tryReading(reading: ModelReading): Promise<void> {
    await this.pool.run([emptyGroup(reading)], () => undefined);
  }

  /** The session on the calling thread. @throws as {@link SharedModel.warmUp} */
  openSync(reading: ModelReading): Executor {
    // This session may use all cores: nothing else of the call runs at the same time.
    this.#syncExecutor ??= this.#files.useSync((openable) => createExecutor({ ...this.#options, ...openable, threads: this.maxThreads }));
    this.#syncExecutor.run(emptyGroup(reading), () => undefined);
    return this.#syncExecutor;
  }

  /** Waits for running groups, then ends the threads. */
  async close(): Promise<void> {
    this.#syncExecutor?.close();
    this.#syncExecutor = undefined;
    await this.pool.close();
  }
}

/** The same key for needs that one session can serve. If a file was replaced, the key differs. */
function keyOf({ located, executor, acceleration, scoreCacheBytes }: SessionNeeds): string {
  const files = [located.modelPath, located.tokenizerPath].map((path) => {
    const { size, mtimeMs, ino } = statSync(path);
    return [size, mtimeMs, ino];
  });
  return JSON.stringify([executor, located.modelPath, files, Object.entries(acceleration).sort(), scoreCacheBytes]);
}

/** Plans the workers of a model on the CPU. It counts the threads and the memory of all other models, also memory that they will use soon. */
function planCpu(modelBytes: number, acceleration: CheckedAcceleration): WorkerPlan {
  const others = [...shared.values()].map(({ model }) => model);
  const heldThreads = others.reduce((sum, { maxThreads }) => sum + maxThreads, 0);
  const pendingBytes = others.reduce((sum, model) => sum + model.pendingBytes, 0);
  const freeBytes = Math.max(0, freeMemoryBytes() - pendingBytes);
  return planWorkers({ cores: usableCores(), freeBytes, heldThreads }, modelBytes, acceleration);
}

/** One session: a device computes whole batches, one after another. */
function planDevice(provider: string, { workers = 1, threads = 1 }: CheckedAcceleration): WorkerPlan {
  return { workers, threads, reason: `one session on ${provider}` };
}

function emptyGroup({ head, template, maxTokens, instruction }: ModelReading): Group {
  const call = { query: "", texts: [], indices: [], truncation: "longest_first", specialTokens: "neutralize", batchSize: 1 } as const;
  return { ...call, reading: { head, template }, maxLength: maxTokens, maxDurationMs: Number.POSITIVE_INFINITY, instruction };
}
