import { raceAbort, startDeadline } from "./abort.ts";
import { parseRankOptions, withDefaults } from "./config/config.ts";
import { defaults } from "./config/schema.ts";
import { RerankError } from "./errors.ts";
import { toOneSafeLine } from "./printable.ts";
import { copyDocuments, documentTexts } from "./ranking/documents.ts";
import { missingFields } from "./ranking/fields.ts";
import { type HighlightSentence, highlightedResults, sentencesToScore, withSentences } from "./ranking/highlights.ts";
import { type Ranking, rankDocuments } from "./ranking/order.ts";
import { passageFields, passageReading } from "./ranking/passage-reading.ts";
import { truncations } from "./ranking/truncations.ts";
import { type ScoreCall, type ScoreResult, type Scorer, type ScorerOption, scorerOptions } from "./scorer.ts";
import type { CheckedRankOptions, RankOptions, RerankDocument, RerankResult, RerankTimings, RerankWarning } from "./types.ts";

/** Counters of a {@link Reranker}, since its creation. */
export interface RerankerStats {
  /** Completed calls, including failed ones. */
  calls: number;
  /** Calls that failed. */
  failures: number;
  /** Documents scored. */
  documents: number;
  /** Tokens read, as in {@link RerankUsage.tokens}. */
  tokens: number;
  /** Figures of the model itself, for example the number of its workers. */
  scorer: Record<string, number | string>;
}

interface PreparedCall<D extends RerankDocument> {
  documents: readonly D[];
  options: CheckedRankOptions;
  score: Omit<ScoreCall, "signal" | "deadlineMs">;
  durationSecs: number | undefined;
  startedMs: number;
}

/**
 * Owns one model, and ranks with it. Create it with `createReranker`. It loads the model with the first call.
 *
 * Every method throws RerankError `closed` after {@link Reranker.close}.
 */
export class Reranker {
  readonly #scorer: Scorer;
  readonly #defaults: CheckedRankOptions;
  readonly #running = new Set<Promise<unknown>>();
  readonly #counts = { calls: 0, failures: 0, documents: 0, tokens: 0 };
  /** Warnings about the model itself that were not reported yet. They are reported once. */
  #modelWarnings: readonly RerankWarning[];
  #closed: Promise<void> | undefined;

  /**
   * @internal
   * @param scorer its `modelWarnings` are reported by `warmUp` if `defaults` has `onWarning`; otherwise by the first ranking
   * @param defaults for options that a call does not set
   */
  constructor(scorer: Scorer, defaults: CheckedRankOptions = {}) {
    this.#scorer = scorer;
    this.#defaults = defaults;
    this.#modelWarnings = scorer.modelWarnings ?? [];
  }

  /**
   * The documents, best first.
   *
   * Equal scores keep input order. `topK` and `threshold` apply after all documents are scored. For no documents, the result is empty and the
   * model is not loaded.
   *
   * @throws RerankError `invalid-input` for a blank query, a document without text or a wrong option; `aborted` or `timeout`
   *   between two passes; other codes if the model cannot be loaded or fails to score
   */
  async rank<D extends RerankDocument>(
    query: string,
    documents: readonly D[],
    options: RankOptions<NoInfer<D>> = {},
  ): Promise<RerankResult<D>> {
    return this.doRank(query, documents, parseRankOptions(options));
  }

  /** @internal {@link Reranker.rank} for options that are already checked. */
  async doRank<D extends RerankDocument>(query: string, documents: readonly D[], options: CheckedRankOptions): Promise<RerankResult<D>> {
    const call = this.#prepare(query, documents, options);
    const { scored, timings } = await this.#track(this.#score(call));
    return this.#finish(call, scored, timings);
  }

  /**
   * {@link Reranker.rank}, but synchronous: it blocks the calling thread.
   *
   * @throws RerankError as `rank`, and `sync-unsupported` if the model has no synchronous scores
   */
  rankSync<D extends RerankDocument>(query: string, documents: readonly D[], options: RankOptions<NoInfer<D>> = {}): RerankResult<D> {
    return this.doRankSync(query, documents, parseRankOptions(options));
  }

  /** @internal {@link Reranker.rankSync} for options that are already checked. */
  doRankSync<D extends RerankDocument>(query: string, documents: readonly D[], options: CheckedRankOptions): RerankResult<D> {
    const call = this.#prepare(query, documents, options);
    try {
      const { scored, timings } = this.#scoreSync(call);
      this.#counts.calls += 1;
      return this.#finish(call, scored, timings);
    } catch (error) {
      this.#counts.calls += 1;
      this.#counts.failures += 1;
      throw error;
    }
  }

  /**
   * Raw scores: logits for local models; for others, the numbers that the model returned.
   *
   * @returns one number for each document, in input order
   */
  async score(query: string, documents: readonly RerankDocument[], options: RankOptions = {}): Promise<number[]> {
    const call = this.#prepare(query, documents, parseRankOptions(options));
    const { scored } = await this.#track(this.#score(call));
    this.#countTokens(scored);
    return Array.from(scored.scores);
  }

  /**
   * Downloads and loads the model, so that the first call is fast. Calling it again does nothing.
   *
   * @throws RerankError `closed` if the Reranker is closed meanwhile, which also stops a download
   */
  async warmUp(): Promise<void> {
    this.#refuseClosed();
    await this.#count(this.#scorer.warmUp?.() ?? Promise.resolve());
    this.#reportModelWarnings();
  }

  /** {@link Reranker.warmUp} for synchronous calls. */
  warmUpSync(): void {
    this.#refuseClosed();
    this.#scorer.warmUpSync?.();
    this.#reportModelWarnings();
  }

  /** The model with its revision, as in results. Before the model is loaded, a name from the configuration. */
  get model(): string {
    return this.#scorer.model;
  }

  /** Counts calls, documents and tokens since the Reranker was created. */
  stats(): RerankerStats {
    return { ...this.#counts, scorer: this.#scorer.stats?.() ?? {} };
  }

  /** Refuses new calls, waits for running ones, then releases the model. Calling it again returns the same promise. */
  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#running).then(() => this.#scorer.close?.());
    return this.#closed;
  }

  /** {@link Reranker.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #prepare<D extends RerankDocument>(query: string, list: readonly D[], given: CheckedRankOptions): PreparedCall<D> {
    const startedMs = performance.now();
    this.#refuseClosed();
    const options = withDefaults(given, this.#defaults);
    if (typeof query !== "string" || query.trim() === "") {
      throw new RerankError(
        "invalid-input",
        `query: expected a text with a visible character, got ${typeof query === "string" ? "a blank one" : typeof query}.`,
      );
    }
    // Copy the list: the caller may change it while the call runs, even in its own `text` function.
    const documents = copyDocuments(list);
    const texts = documentTexts(documents, options);
    const { truncation = defaults.truncation, specialTokens = defaults.specialTokens } = options;
    const { batchSize = defaults.batchSize, onError = defaults.onError } = options;
    const score = {
      query,
      texts,
      documents,
      truncation,
      specialTokens,
      batchSize,
      onError,
      ...pick(options, "instruction", "truncationSide", "maxLength"),
      ...passageReading(documents, options, defaults),
    };
    const durationSecs = options.maxRerankDurationSecs ?? this.#scorer.capabilities.defaultDurationSecs;
    return { documents, options, score, durationSecs, startedMs };
  }

  async #score(call: PreparedCall<RerankDocument>): Promise<{ scored: ScoreResult; timings: RerankTimings }> {
    const { signal } = call.options;
    // Two deadlines: loading can be aborted but has no time limit; scoring has both.
    const loading = startDeadline("rerank", signal, undefined);
    let scoring: ReturnType<typeof startDeadline> | undefined;
    try {
      loading.signal.throwIfAborted();
      if (call.score.texts.length === 0) return { scored: noScores(), timings: timingsOf(call, noScores(), performance.now()) };
      await raceAbort(this.#scorer.warmUp?.() ?? Promise.resolve(), loading.signal);
      const loadedMs = performance.now();
      scoring = startDeadline("rerank", signal, call.durationSecs);
      const { onProgress } = call.options;
      const limits = { signal: scoring.signal, deadlineMs: scoring.deadlineMs };
      const progress = onProgress === undefined ? {} : { onProgress: guarded(onProgress) };
      const scored = await this.#scorer.score({ ...call.score, ...progress, ...limits });
      const sentences = this.#sentences(call, scored);
      const again = sentences.length === 0 ? undefined : await this.#scorer.score({ ...sentenceCall(call, sentences), ...limits });
      const all = again === undefined ? scored : withSentences(scored, sentences, again);
      return { scored: all, timings: timingsOf(call, all, loadedMs) };
    } finally {
      loading.clear();
      scoring?.clear();
    }
  }

  #scoreSync(call: PreparedCall<RerankDocument>): { scored: ScoreResult; timings: RerankTimings } {
    // No event can fire while this thread is blocked, so only a signal that is already aborted counts.
    const beforehand = startDeadline("rerank", call.options.signal, undefined);
    beforehand.clear();
    beforehand.signal.throwIfAborted();
    if (call.score.texts.length === 0) return { scored: noScores(), timings: timingsOf(call, noScores(), performance.now()) };
    if (this.#scorer.scoreSync === undefined) {
      throw new RerankError("sync-unsupported", `${this.#scorer.name}: its scores can only be awaited. Use rerank instead of rerankSync.`);
    }
    this.#scorer.warmUpSync?.();
    const loadedMs = performance.now();
    const deadlineMs = call.durationSecs === undefined ? Infinity : loadedMs + call.durationSecs * 1000;
    const scored = this.#scorer.scoreSync({ ...call.score, deadlineMs });
    const sentences = this.#sentences(call, scored);
    const again = sentences.length === 0 ? undefined : this.#scorer.scoreSync({ ...sentenceCall(call, sentences), deadlineMs });
    const all = again === undefined ? scored : withSentences(scored, sentences, again);
    return { scored: all, timings: timingsOf(call, all, loadedMs) };
  }

  /** The sentences of the best results that need scores for highlights. */
  #sentences(call: PreparedCall<RerankDocument>, scored: ScoreResult): HighlightSentence[] {
    const isWanted = call.score.wantsSentences === true && this.#scorer.capabilities.isPointwise === true;
    if (!isWanted || scored.passages === undefined) return [];
    const best = rankDocuments({ ...this.#rankingOf(call, scored), topK: call.options.topK ?? highlightedResults });
    return sentencesToScore(
      call.score.texts,
      scored,
      best.map(({ index }) => index),
    );
  }

  #rankingOf<D extends RerankDocument>(call: PreparedCall<D>, scored: ScoreResult): Ranking<D> {
    return {
      documents: call.documents,
      scores: scored.scores,
      scoreKind: scored.scoreKind ?? this.#scorer.capabilities.scoreKind,
      calibration: this.#scorer.calibration,
      ...pick(scored, "pairTokens", "tiers", "failures", "passages"),
      texts: call.score.texts,
      ...pick(call.options, "topK", "threshold", "return"),
    };
  }

  #finish<D extends RerankDocument>(call: PreparedCall<D>, scored: ScoreResult, timings: RerankTimings): RerankResult<D> {
    const { documents, options } = call;
    this.#countTokens(scored);
    // Without documents, the model was not loaded.
    const modelWarnings = documents.length === 0 ? [] : this.#takeModelWarnings();
    const ignored = this.#ignoredOptions(options, scored);
    const missing = missingFields(documents, options.fields);
    const warnings = [
      ...modelWarnings,
      ...ignored,
      ...missing,
      ...scored.warnings,
      ...truncations(scored.pairTokens),
      ...partial(scored),
    ].map(safeWarning);
    reportWarnings(warnings, options.onWarning);
    const results = rankDocuments(this.#rankingOf(call, scored));
    const usage = { ...scored.usage, documents: documents.length, tokens: tokensOf(scored) };
    return { results, model: scored.model ?? this.#scorer.model, usage, timings, warnings };
  }

  #reportModelWarnings(): void {
    const { onWarning } = this.#defaults;
    if (onWarning !== undefined) reportWarnings(this.#takeModelWarnings().map(safeWarning), onWarning);
  }

  #takeModelWarnings(): readonly RerankWarning[] {
    const warnings = this.#modelWarnings;
    this.#modelWarnings = [];
    return warnings;
  }

  #ignoredOptions(options: CheckedRankOptions, scored: ScoreResult): RerankWarning[] {
    const { options: understood } = this.#scorer.capabilities;
    const scoreKind = scored.scoreKind ?? this.#scorer.capabilities.scoreKind;
    const ignored = scorerOptions.filter((option) => isSet(options, option) && !understood.has(option)).map((option): string => option);
    const wanted = options.return ?? [];
    const isLost = wanted.some((field) => {
      if (passageFields.includes(field)) return scored.passages === undefined || (field === "highlights" && !hasHighlights(scored));
      return scoreKind === "provider" || (scoreKind === "similarity" && field === "logit");
    });
    if (isLost) ignored.push("return");
    return ignored.map((option) => ({
      type: "ignored-option",
      option,
      message: `${option} has no meaning for ${this.#scorer.model} and was not used`,
    }));
  }

  #countTokens(scored: ScoreResult): void {
    this.#counts.documents += scored.scores.length;
    this.#counts.tokens += tokensOf(scored);
  }

  /** Runs work that `close` waits for. */
  async #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await this.#count(work);
    } finally {
      this.#running.delete(work);
    }
  }

  async #count<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.#counts.failures += 1;
      throw error;
    } finally {
      this.#counts.calls += 1;
    }
  }

  #refuseClosed(): void {
    if (this.#closed === undefined) return;
    throw new RerankError("closed", `${this.#scorer.name}: the reranker was closed. Make a new one with createReranker.`);
  }
}

/** The call that scores sentences as documents. */
function sentenceCall({ score }: PreparedCall<RerankDocument>, sentences: readonly HighlightSentence[]): ScoreCall {
  const { passages, contexts, documents, wantsSentences, ...call } = score;
  return { ...call, texts: sentences.map(({ document, start, end }) => score.texts[document]!.slice(start, end)) };
}

/** Whether any document has highlights, or there is none that could have. */
function hasHighlights({ passages = [] }: ScoreResult): boolean {
  return passages.every((list) => list.length === 0) || passages.some((list) => list.some(({ sentences }) => sentences !== undefined));
}

/** Whether an option asks for something else than the default. */
function isSet(options: CheckedRankOptions, option: ScorerOption): boolean {
  if (option === "longDocuments") return options.longDocuments?.type === "passages";
  return options[option] !== undefined;
}

/** Passes warnings to the caller's function. @throws RerankError `invalid-input` if it throws; a RerankError that it throws, unchanged */
function reportWarnings(warnings: readonly RerankWarning[], onWarning: CheckedRankOptions["onWarning"]): void {
  for (const warning of warnings) {
    try {
      onWarning?.(warning);
    } catch (error) {
      throw RerankError.from(error, "invalid-input", `onWarning: it threw on a warning of type "${warning.type}"`);
    }
  }
}

function timingsOf(call: PreparedCall<RerankDocument>, scored: ScoreResult, loadedMs: number): RerankTimings {
  const now = performance.now();
  const { queueMs = 0, tokenizationMs = 0 } = scored.timings ?? {};
  return { totalMs: now - call.startedMs, loadMs: loadedMs - call.startedMs, scoreMs: now - loadedMs, queueMs, tokenizationMs };
}

/** The properties that are set. Absent ones stay absent. */
function pick<T extends object, K extends keyof T>(source: T, ...keys: K[]): Pick<T, K> {
  return Object.fromEntries(keys.filter((key) => source[key] !== undefined).map((key) => [key, source[key]])) as Pick<T, K>;
}

/** Tokens of all pairs. Some models report them for each pair, others only their sum. */
function tokensOf({ pairTokens, usage }: ScoreResult): number {
  return (usage?.tokens ?? 0) + (pairTokens?.read.reduce((sum, count) => sum + count, 0) ?? 0);
}

/** Wraps the caller's function: if it throws, the call fails with `invalid-input`. */
function guarded(onProgress: NonNullable<CheckedRankOptions["onProgress"]>): NonNullable<CheckedRankOptions["onProgress"]> {
  return (scored, total) => {
    try {
      onProgress(scored, total);
    } catch (error) {
      throw RerankError.from(error, "invalid-input", "onProgress: the function failed");
    }
  };
}

/** A warning that is safe to print: its message may contain names and replies from outside. */
function safeWarning(warning: RerankWarning): RerankWarning {
  return { ...warning, message: toOneSafeLine(warning.message) };
}

function noScores(): ScoreResult {
  return { scores: new Float64Array(0), warnings: [] };
}

function partial({ failures = [] }: ScoreResult): RerankWarning[] {
  return failures.map((failure) => ({ type: "partial", ...failure }));
}
