/** Open sessions, each shared by every scorer of the process that needs the same one, however it reads its texts. */
import { statSync } from "node:fs";
import { LRUCache } from "lru-cache";
import type { LocatedModel } from "../../hub/locate.node.ts";
import { freeMemoryBytes, usableCores } from "../../machine/machine.node.ts";
import { type GroupBounds, planWorkers, sessionBytes, type WorkerPlan } from "../../threads/plan.ts";
import { Pool } from "../../threads/worker-pool.ts";
import { openWorkerThread } from "../../threads/worker-thread.node.ts";
import type { Acceleration } from "../../types.ts";
import { createExecutor, type Executor } from "./executor.node.ts";
import type { Group, GroupScores } from "./group.ts";
import { ModelFiles, type OpenableFiles } from "./model-files.node.ts";
import type { ExecutorOptions } from "./open-model.ts";
import type { ModelReading } from "./reading.ts";
import { ScoreCache } from "./score-cache.node.ts";
import { disableTelemetry } from "./session.node.ts";

/** Whatever a session's threads depend on. */
export interface SessionNeeds {
  located: LocatedModel;
  /** As in the configuration. */
  cacheDir: string | undefined;
  executor: Omit<ExecutorOptions, "threads" | keyof OpenableFiles>;
  acceleration: Acceleration;
  /** 0 for no cache. */
  scoreCacheBytes: number;
}

/** A scorer's hold on a {@link SharedModel}. */
export interface Lease {
  model: SharedModel;
  /** The last one to let go ends the threads. Calling it again is free. */
  release(): Promise<void>;
}

// About 500 tokens, a pass or a few: calls take turns often and an abort drops nearly all that is left, while a message's 0.2 ms
// stay small beside the work.
const groupCharacters = 2048;
// A hundred calls of the largest size that the HTTP interface takes.
const defaultMaxQueued = 100_000;
/** Ways of reading that were tried on a session and found good. */
const maxCheckedReadings = 256;

const shared = new Map<string, { model: SharedModel; users: number }>();

/** The session of these needs: the one that is open, or a new one, whose threads start with its first call. */
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

/** One model's threads, and its session on the calling thread for synchronous calls. */
export class SharedModel {
  readonly plan: WorkerPlan;
  /** Bounds of the groups that travel to a thread together, but for those that a call sets. */
  readonly groups: Omit<GroupBounds, "maxDocuments">;
  readonly pool: Pool<Group, GroupScores>;
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
      maxWaiting: acceleration.maxQueued ?? defaultMaxQueued,
      ...(acceleration.idleSecs === undefined ? {} : { idleMs: acceleration.idleSecs * 1000 }),
    });
  }

  /** Threads that it may have at once. */
  get maxThreads(): number {
    return this.plan.workers * this.plan.threads;
  }

  /** Memory that it is going to take, and that the system does not yet count as taken. */
  get pendingBytes(): number {
    return this.pool.threads > 0 || this.#syncExecutor !== undefined ? 0 : this.#neededBytes;
  }

  /** Opens the threads, and tries on one of them whether texts can be read that way. @throws RerankError as {@link createExecutor} */
  async warmUp(reading: ModelReading): Promise<void> {
    await this.pool.warmUp();
    const key = JSON.stringify(reading);
    let checking = this.#checked.get(key);
    if (checking === undefined) {
      checking = this.pool.run([emptyGroup(reading)], () => undefined);
      this.#checked.set(key, checking);
      checking.catch(() => this.#checked.delete(key)); // who waits for it hears of it, the next call tries again
    }
    await checking;
  }

  /** The session on the calling thread. @throws as {@link SharedModel.warmUp} */
  openSync(reading: ModelReading): Executor {
    // One session has all the cores here: nothing else of this call runs beside it.
    this.#syncExecutor ??= this.#files.useSync((openable) => createExecutor({ ...this.#options, ...openable, threads: this.maxThreads }));
    this.#syncExecutor.run(emptyGroup(reading), () => undefined);
    return this.#syncExecutor;
  }

  /** Lets running groups end. */
  async close(): Promise<void> {
    this.#syncExecutor?.close();
    this.#syncExecutor = undefined;
    await this.pool.close();
  }
}

/** Equal for needs that one session meets. A file that was replaced under its name needs another one. */
function keyOf({ located, executor, acceleration, scoreCacheBytes }: SessionNeeds): string {
  const files = [located.modelPath, located.tokenizerPath].map((path) => {
    const { size, mtimeMs, ino } = statSync(path);
    return [size, mtimeMs, ino];
  });
  return JSON.stringify([executor, located.modelPath, files, Object.entries(acceleration).sort(), scoreCacheBytes]);
}

/** What all models together take is planned here: each is told what the others hold, or are about to take. */
function planCpu(modelBytes: number, acceleration: Acceleration): WorkerPlan {
  const others = [...shared.values()].map(({ model }) => model);
  const heldThreads = others.reduce((sum, { maxThreads }) => sum + maxThreads, 0);
  const pendingBytes = others.reduce((sum, model) => sum + model.pendingBytes, 0);
  const freeBytes = Math.max(0, freeMemoryBytes() - pendingBytes);
  return planWorkers({ cores: usableCores(), freeBytes, heldThreads }, modelBytes, acceleration);
}

/** One session: a device is shared by nobody else, and takes whole batches. */
function planDevice(provider: string, { workers = 1, threads = 1 }: Acceleration): WorkerPlan {
  return { workers, threads, reason: `one session on ${provider}` };
}

function emptyGroup({ head, template, maxTokens, instruction }: ModelReading): Group {
  const call = { query: "", texts: [], indices: [], truncation: "longest_first", specialTokens: "neutralize", batchSize: 1 } as const;
  return { ...call, reading: { head, template }, maxLength: maxTokens, instruction };
}
