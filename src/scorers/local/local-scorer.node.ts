/** Local cross-encoders on ONNX Runtime: a pool of inference threads for `score`, a session on the calling thread for `scoreSync`. */
import { timeoutError } from "../../abort.ts";
import type { ModelSpec } from "../../catalogue/model-spec.ts";
import { resolveModel } from "../../catalogue/resolve-model.ts";
import { RerankError } from "../../errors.ts";
import type { LocatedModel } from "../../hub/locate.node.ts";
import type { ScoreCall, ScoreResult, Scorer } from "../../scorer.ts";
import { pairCharacters, planGroups } from "../../threads/plan.ts";
import type { RerankWarning } from "../../types.ts";
import { type DownloadRequest, ensureDownloaded, ensureDownloadedSync } from "./ensure-downloaded.node.ts";
import type { Executor } from "./executor.node.ts";
import type { Group, GroupScores } from "./group.ts";
import { type LoadedModel, type OnnxScorerOptions, prepareModel, type ResolvedOptions } from "./loaded-model.node.ts";
import { PendingScores } from "./pending-scores.ts";
import type { ModelReading } from "./reading.ts";
import { automaticProvider } from "./session.node.ts";

/** A scorer for one local model. It reads and starts nothing before the first call. */
export function createOnnxScorer(options: OnnxScorerOptions): Scorer {
  return new OnnxScorer(options);
}

class OnnxScorer implements Scorer {
  readonly name: string = "onnx-node";
  readonly capabilities: Scorer["capabilities"];
  readonly modelWarnings: readonly RerankWarning[];
  readonly #options: OnnxScorerOptions;
  #resolved: ResolvedOptions | undefined;
  #loaded: LoadedModel | undefined;
  #loading: Promise<LoadedModel> | undefined;
  #syncExecutor: Executor | undefined;
  readonly #counts = { passes: 0, tokens: 0, paddedTokens: 0 };
  readonly #warnings: RerankWarning[] = [];
  readonly #closing = new AbortController();

  constructor(options: OnnxScorerOptions) {
    this.#options = options;
    try {
      this.#resolve();
    } catch (error) {
      // If there is no such model, each call throws.
      if (!RerankError.is(error)) throw error;
    }
    this.capabilities = capabilitiesOf(this.#resolved?.model);
    this.modelWarnings = this.#resolved?.model.warnings ?? [];
  }

  get model(): string {
    const { model } = this.#options;
    return this.#loaded?.located.id ?? (model.type === "preset" ? model.name : model.modelId);
  }

  get calibration(): Scorer["calibration"] {
    return this.#loaded?.calibration;
  }

  async score(call: ScoreCall): Promise<ScoreResult> {
    const startedMs = performance.now();
    const { lease, reading, templateCharacters, cache, warnings } = await this.#open();
    const { pool, groups: bounds } = lease.model;
    const pending = new PendingScores(call, cache, [...this.#warnings, ...warnings]);
    const lengthOf = (index: number): number => call.texts[index]!.length + templateCharacters;
    const lengths = pending.missing.map(lengthOf);
    const groups = planGroups(lengths, { ...bounds, maxDocuments: call.batchSize }).map((group) =>
      group.map((item) => pending.missing[item]!),
    );
    let scored = call.texts.length - pending.missing.length;
    const fill = (scores: GroupScores, group: number): void => {
      this.#fill(pending, groups[group]!, scores);
      scored += groups[group]!.length;
      call.onProgress?.(scored, call.texts.length);
    };
    await pool.run(
      groups.map((indices) => groupOf(call, reading, indices)),
      fill,
      {
        signal: call.signal,
        onStart: () => {
          pending.queueMs = performance.now() - startedMs;
        },
        weights: groups.map((indices) => indices.length),
        costs: groups.map((indices) => indices.reduce((sum, index) => sum + lengthOf(index) + pairCharacters, 0)),
      },
    );
    return pending.result();
  }

  scoreSync(call: ScoreCall): ScoreResult {
    call.signal?.throwIfAborted();
    const executor = this.#openSync();
    const { reading, cache, warnings } = this.#loaded!;
    const pending = new PendingScores(call, cache, [...this.#warnings, ...warnings]);
    const { missing } = pending;
    const { deadlineMs = Number.POSITIVE_INFINITY } = call;
    const startedMs = performance.now();
    const scores = executor.run(groupOf(call, reading, missing), () => {
      if (performance.now() > deadlineMs) throw timeoutError(this.model, Math.round(deadlineMs - startedMs) / 1000);
    });
    this.#fill(pending, missing, scores);
    return pending.result();
  }

  async warmUp(): Promise<void> {
    await this.#open();
  }

  warmUpSync(): void {
    this.#openSync();
  }

  async close(): Promise<void> {
    this.#closing.abort(new RerankError("closed", `${this.model}: the reranker was closed. Make a new one with createReranker.`));
    this.#syncExecutor = undefined;
    const loaded = this.#loaded ?? (await this.#loading?.catch(() => undefined)); // the caller that started loading receives the error
    await loaded?.lease.release();
  }

  stats(): Record<string, number | string> {
    if (this.#loaded === undefined) return { workers: 0, ...this.#counts };
    const { lease, provider, reading, cache, located, calibration } = this.#loaded;
    const { pool, plan } = lease.model;
    return {
      workers: pool.threads,
      plannedWorkers: plan.workers,
      threadsPerWorker: plan.threads,
      provider,
      plan: plan.reason,
      waitingDocuments: pool.waiting,
      maxTokens: reading.maxTokens,
      accuracy: located.accuracy,
      ...(calibration === undefined ? {} : { calibration: calibration.method }),
      ...this.#counts,
      ...(cache === undefined ? {} : { cacheHits: cache.hits, cacheMisses: cache.misses }),
    };
  }

  /** @throws RerankError as `resolveModel` */
  #resolve(): ResolvedOptions {
    this.#resolved ??= { ...this.#options, model: resolveModel(this.#options.model) };
    return this.#resolved;
  }

  #downloadRequest(): DownloadRequest {
    const { model, cacheDir, showDownloadProgress, allowDownload } = this.#resolve();
    return { model, showDownloadProgress, allowDownload, ...(cacheDir === undefined ? {} : { cacheDir }) };
  }

  #fill(pending: PendingScores, indices: readonly number[], scores: GroupScores): void {
    pending.fill(indices, scores);
    this.#counts.tokens += scores.tokens.reduce((sum, tokens) => sum + tokens, 0);
    this.#counts.passes += scores.passes;
    this.#counts.paddedTokens += scores.paddedTokens;
  }

  /** Loads the model and opens its threads. */
  async #open(): Promise<LoadedModel> {
    const loaded = await this.#load();
    try {
      await loaded.lease.model.warmUp(loaded.reading);
      return loaded;
    } catch (error) {
      const fallback = this.#fallBack(loaded, error);
      await fallback.lease.model.warmUp(fallback.reading);
      return fallback;
    }
  }

  #openSync(): Executor {
    this.#closing.signal.throwIfAborted();
    if (this.#syncExecutor !== undefined) return this.#syncExecutor;
    const loaded = this.#loaded ?? this.#prepare(ensureDownloadedSync(this.#downloadRequest()));
    const open = ({ lease, reading }: LoadedModel): Executor => lease.model.openSync(reading);
    try {
      this.#syncExecutor = open(loaded);
    } catch (error) {
      this.#syncExecutor = open(this.#fallBack(loaded, error));
    }
    return this.#syncExecutor;
  }

  async #load(): Promise<LoadedModel> {
    this.#closing.signal.throwIfAborted();
    if (this.#loaded !== undefined) return this.#loaded;
    this.#loading ??= ensureDownloaded(this.#downloadRequest(), this.#closing.signal)
      .then((located) => this.#prepare(located))
      .finally(() => {
        this.#loading = undefined; // after a failure, the next call tries again
      });
    return this.#loading;
  }

  #prepare(located: LocatedModel): LoadedModel {
    const { provider = "auto" } = this.#options.acceleration;
    this.#loaded ??= prepareModel(located, this.#resolve(), provider === "auto" ? automaticProvider() : provider);
    return this.#loaded;
  }

  /** Loads the model on the CPU, if `auto` chose a device that cannot be opened. @throws the given error in every other case */
  #fallBack(failed: LoadedModel, error: unknown): LoadedModel {
    // Another call may have fallen back already.
    if (this.#loaded !== failed) return this.#loaded!;
    const { provider = "auto" } = this.#options.acceleration;
    if (provider !== "auto" || failed.provider === "cpu" || !RerankError.is(error) || error.code !== "missing-dependency") throw error;
    this.#warnings.push({ type: "fallback", message: `running on the CPU: ${error.message}` });
    this.#loaded = prepareModel(failed.located, this.#resolve(), "cpu");
    void failed.lease.release(); // none of its threads could be opened
    return this.#loaded;
  }
}

function groupOf(call: ScoreCall, { head, template, maxTokens, instruction: usual }: ModelReading, indices: readonly number[]): Group {
  const { texts, documents, onError, onProgress, signal, deadlineMs = Infinity, instruction = usual, ...encoding } = call;
  const maxLength = Math.min(maxTokens, call.maxLength ?? maxTokens);
  return {
    ...encoding,
    texts: indices.map((index) => texts[index]!),
    indices: indices,
    reading: { head, template },
    maxLength,
    maxDurationMs: deadlineMs - performance.now(),
    instruction,
  };
}

function capabilitiesOf(model: ModelSpec | undefined): Scorer["capabilities"] {
  const takesInstruction = [model?.template ?? ""].flat().some((part) => part.includes("{instruction}"));
  return {
    scoreKind: model?.head?.type === "late-interaction" ? "similarity" : "logit",
    options: new Set([
      "truncation",
      "truncationSide",
      "maxLength",
      "specialTokens",
      ...(takesInstruction ? (["instruction"] as const) : []),
    ] as const),
  };
}
