/** Local cross-encoders on ONNX Runtime: a pool of inference threads for `score`, a session on the calling thread for `scoreSync`. */
import os from "node:os";
import { planGroups, planWorkers, type WorkerPlan } from "../../engine/plan.ts";
import { Pool } from "../../engine/pool.ts";
import { openWorkerThread } from "../../engine/worker-thread.node.ts";
import { RerankError } from "../../errors.ts";
import { getPreset } from "../../models/catalogue.ts";
import type { LocatedModel } from "../../models/locate.node.ts";
import type { ScoreCall, ScoreResult, Scorer } from "../../scorer.ts";
import { tokenLimit } from "../../tokenization/token-limit.ts";
import type { Acceleration, CustomModel, PresetModel } from "../../types.ts";
import { createExecutor, type Executor, type ExecutorOptions, type Group, type GroupScores } from "./executor.node.ts";
import { resolveRelevantClass } from "./head.ts";
import { type ObtainOptions, obtainModel, obtainModelSync } from "./obtain.node.ts";

/** What a local scorer is made of. */
export interface OnnxScorerOptions {
  model: PresetModel | CustomModel;
  /** Most pairs of a pass. */
  batchSize: number;
  cacheDir?: string;
  showDownloadProgress: boolean;
  acceleration: Acceleration;
}

interface LoadedModel {
  executor: ExecutorOptions;
  plan: WorkerPlan;
  pool: Pool<Group, GroupScores>;
}

// About 1,000 tokens: a few passes, so that calls take turns often and an abort drops nearly all that is left,
// while a message's 0.2 ms stay small beside the work.
const groupCharacters = 4096;

/** Most tokens of a custom model whose configuration sets none: its files may promise more than is sensible. */
const customTokenLimit = 512;

/**
 * A scorer for one local model; nothing is read or started before its first call.
 *
 * @throws RerankError `missing-dependency` for a provider that this platform's runtime does not have
 */
export function createOnnxScorer(options: OnnxScorerOptions): Scorer {
  const { provider = "auto" } = options.acceleration;
  if (provider !== "auto" && provider !== "cpu") {
    throw new RerankError(
      "missing-dependency",
      `onnx-node: provider "${provider}" is not available: this version runs local models on the CPU. Use provider "cpu" or "auto".`,
    );
  }
  return new OnnxScorer(options);
}

class OnnxScorer implements Scorer {
  readonly name: string = "onnx-node";
  readonly capabilities: Scorer["capabilities"] = {
    scoreKind: "logit",
    sync: true,
    options: new Set(["truncation", "specialTokens"] as const),
  };
  readonly #options: OnnxScorerOptions;
  readonly #obtain: ObtainOptions;
  #loaded: LoadedModel | undefined;
  #loading: Promise<LoadedModel> | undefined;
  #syncExecutor: Executor | undefined;
  readonly #counts = { passes: 0, tokens: 0, paddedTokens: 0 };
  readonly #closing = new AbortController();
  #isClosed = false;

  constructor(options: OnnxScorerOptions) {
    this.#options = options;
    const { model, cacheDir, showDownloadProgress } = options;
    this.#obtain = { model, showDownloadProgress, ...(cacheDir === undefined ? {} : { cacheDir }) };
  }

  get model(): string {
    const { model } = this.#options;
    return this.#loaded?.executor.model ?? (model.type === "preset" ? model.name : model.modelId);
  }

  async score(call: ScoreCall): Promise<ScoreResult> {
    const { pool, plan, executor } = await this.#load();
    const lengths = call.texts.map((text) => text.length);
    const groups = planGroups(lengths, { workers: plan.workers, maxDocuments: executor.batchSize, maxCharacters: groupCharacters });
    const result = emptyResult(call.texts.length);
    const requests = groups.map((places) => groupOf(call, places));
    const fill = (scores: GroupScores, group: number): void => this.#fill(result, groups[group]!, scores);
    await pool.run(requests, fill, call.signal);
    return result;
  }

  scoreSync(call: ScoreCall): ScoreResult {
    call.signal?.throwIfAborted();
    const executor = this.#openSync();
    const places = [...call.texts.keys()];
    const result = emptyResult(places.length);
    const scores = executor.run(groupOf(call, places), () => {
      if (call.deadlineMs !== undefined && performance.now() > call.deadlineMs) {
        throw new RerankError(
          "timeout",
          `${this.model}: the call took longer than allowed. Raise maxRerankDurationSecs or pass fewer documents.`,
        );
      }
    });
    this.#fill(result, places, scores);
    return result;
  }

  async warmUp(): Promise<void> {
    const { pool } = await this.#load();
    await pool.warmUp();
  }

  warmUpSync(): void {
    this.#openSync();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closing.abort(closedError(this.model)); // ends a download
    this.#syncExecutor?.close();
    this.#syncExecutor = undefined;
    const loaded = this.#loaded ?? (await this.#loading?.catch(() => undefined)); // its caller hears of a failed load
    await loaded?.pool.close();
  }

  stats(): Record<string, number | string> {
    if (this.#loaded === undefined) return { workers: 0, ...this.#counts };
    const { pool, plan, executor } = this.#loaded;
    return {
      workers: pool.threads,
      plannedWorkers: plan.workers,
      threadsPerWorker: plan.threads,
      plan: plan.reason,
      waitingGroups: pool.waiting,
      maxTokens: executor.maxTokens,
      ...this.#counts,
    };
  }

  #fill(result: Required<ScoreResult>, places: readonly number[], group: GroupScores): void {
    places.forEach((place, row) => {
      result.scores[place] = group.scores[row]!;
      result.tokens[place] = group.tokens[row]!;
      result.fullTokens[place] = group.fullTokens[row]!;
      this.#counts.tokens += group.tokens[row]!;
    });
    this.#counts.passes += group.passes;
    this.#counts.paddedTokens += group.paddedTokens;
  }

  async #load(): Promise<LoadedModel> {
    if (this.#isClosed) throw closedError(this.model);
    if (this.#loaded !== undefined) return this.#loaded;
    this.#loading ??= obtainModel(this.#obtain, this.#closing.signal)
      .then((located) => this.#adopt(located))
      .finally(() => {
        this.#loading = undefined; // a failure is tried again by the next call
      });
    return this.#loading;
  }

  #openSync(): Executor {
    if (this.#isClosed) throw closedError(this.model);
    const { executor, plan } = this.#loaded ?? this.#adopt(obtainModelSync(this.#obtain));
    // One session has all the cores here: nothing else of this call runs beside it.
    this.#syncExecutor ??= createExecutor({ ...executor, threads: plan.workers * plan.threads });
    return this.#syncExecutor;
  }

  #adopt(located: LocatedModel): LoadedModel {
    if (this.#loaded !== undefined) return this.#loaded;
    const { model, batchSize, acceleration } = this.#options;
    const plan = planWorkers(
      { cores: os.availableParallelism(), freeBytes: process.availableMemory?.() ?? os.freemem() },
      located.sizeBytes,
      acceleration,
    );
    const executor: ExecutorOptions = {
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
      batchSize,
      isDynamicallyQuantised: located.isDynamicallyQuantised,
      threads: plan.threads,
    };
    const pool = new Pool<Group, GroupScores>({ size: plan.workers, openThread: () => openWorkerThread("onnx-worker", executor) });
    this.#loaded = { executor, plan, pool };
    return this.#loaded;
  }
}

function groupOf(call: ScoreCall, places: readonly number[]): Group {
  const { query, truncation, specialTokens } = call;
  return { query, truncation, specialTokens, texts: places.map((place) => call.texts[place]!), places };
}

function emptyResult(count: number): Required<ScoreResult> {
  return { scores: new Float64Array(count), tokens: new Uint32Array(count), fullTokens: new Uint32Array(count), warnings: [] };
}

function closedError(model: string): RerankError {
  return new RerankError("closed", `${model}: the reranker was closed. Make a new one with createReranker.`);
}
