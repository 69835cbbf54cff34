import { mapConcurrently, Stopping } from "../../concurrency.ts";
import { RerankError } from "../../errors.ts";
import type { Clock } from "../../http/retry.ts";
import type { ScoreCall, ScoreResult } from "../../scorer.ts";
import type { RerankWarning } from "../../types.ts";
import type { Engine } from "./engine.ts";
import { poolError, stateOf } from "./engine-failures.ts";
import type { EnginePool, Lease } from "./engine-pool.ts";
import { PartCollector } from "./part-collector.ts";
import { type BodySizes, bodySizesOf, countFitting, cutParts, type Part, partCount, splitPart } from "./spans.ts";

/** Parts per engine: one runs and one waits, so that the engine never waits for the network. More would leave less choice for the other parts. */
const partsPerEngine = 2;
/** Attempts beyond one for each engine, for engines that work again. */
const extraAttempts = 2;
/** How long a part waits while all engines are busy, if the call has no time limit. */
const maxBusyMs = 60_000;
/** Pause before the same engine is tried again because there is no other one. It doubles. */
const repetitionPauseMs = 250;

/** One call: its documents in parts, each on some engine, until all have their scores. */
export class RemoteCall {
  readonly #call: ScoreCall;
  readonly #pool: EnginePool;
  readonly #clock: Clock;
  readonly #collector: PartCollector;
  readonly #stopping = new Stopping();
  readonly #sizes: BodySizes;
  readonly #startedMs: number;
  readonly #endsAtMs: number;
  readonly #repeated = new Map<Engine, { count: number; error: RerankError }>();
  #queueMs: number | undefined;

  constructor(call: ScoreCall, pool: EnginePool, clock: Clock) {
    this.#call = call;
    this.#sizes = bodySizesOf(call);
    this.#pool = pool;
    this.#clock = clock;
    this.#collector = new PartCollector(call.texts.length);
    this.#startedMs = clock.now();
    this.#endsAtMs = this.#startedMs + (call.deadlineMs ?? Number.POSITIVE_INFINITY) - performance.now();
  }

  /** @throws RerankError of the part that failed; the signal's reason */
  async run(): Promise<ScoreResult> {
    const { signal } = this.#call;
    signal?.throwIfAborted();
    const onAbort = (): void => this.#stopping.stop(signal!.reason);
    signal?.addEventListener("abort", onAbort);
    try {
      await this.#scoreAll();
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
    const timings = this.#queueMs === undefined ? {} : { timings: { queueMs: this.#queueMs } };
    return { ...this.#collector.finish([...this.#warnings(), ...this.#ignored()]), ...timings };
  }

  async #scoreAll(): Promise<void> {
    const { hopeful } = this.#pool;
    const engines = Math.max(1, hopeful.length);
    const documents = this.#call.texts.length;
    const idle = hopeful.filter(({ outstanding }) => outstanding === 0).length;
    const queue = cutParts(documents, partCount({ documents, maxDocuments: this.#call.batchSize, engines, idle }));
    // Not more at once than the engines have room for: later calls get their turn between the parts of this one.
    await mapConcurrently(queue, { limit: engines * partsPerEngine, stopping: this.#stopping }, (part) => this.#assign(part));
  }

  /** Waits for all tasks. If one fails, it stops the others and waits until they have ended. @throws the first failure */
  async #together(works: readonly Promise<void>[]): Promise<void> {
    // The stopped tasks fail, too, but later.
    await Promise.all(works.map((work) => work.catch((error: unknown) => this.#stopping.stop(error))));
    if (this.#stopping.isStopped) throw this.#stopping.reason;
  }

  /** Scores a part, or records its failure. @throws RerankError if that fails the call */
  async #assign(part: Part): Promise<void> {
    let lease: Lease;
    try {
      lease = await this.#acquire(part);
    } catch (error) {
      if (this.#stopping.isStopped) throw this.#stopping.reason;
      return this.#fail(part, RerankError.from(error, "hosted", "remote"));
    }
    this.#queueMs ??= this.#clock.now() - this.#startedMs;
    if (lease.documents === part.count) return this.#score(part, lease);
    const [first, rest] = splitPart(part, lease.documents);
    await this.#together([this.#score(first, lease), this.#assign(rest)]);
  }

  #acquire({ start, count, avoid, lastError, refusedAtMs }: Part): Promise<Lease> {
    return this.#stopping.guard((signal) =>
      this.#pool.acquire({
        countFor: (profile) => countFitting(this.#sizes, { start, count }, profile),
        maxOutstanding: partsPerEngine * this.#call.batchSize,
        avoid,
        lastError,
        givesUpAtMs: Math.min(this.#endsAtMs, (refusedAtMs ?? this.#clock.now()) + maxBusyMs),
        signal,
      }),
    );
  }

  async #score(part: Part, lease: Lease): Promise<void> {
    const { engine, others } = lease;
    const { texts, documents, onError, onProgress, signal: _, deadlineMs, specialTokens, ...settings } = this.#call;
    const request = { ...settings, texts: texts.slice(part.start, part.start + part.count), model: engine.profile?.model };
    const startedMs = this.#clock.now();
    let outcome: Awaited<ReturnType<Engine["score"]>>;
    try {
      outcome = await this.#stopping.guard(async (signal) => {
        if (engine === part.avoid) await this.#pause(part, signal);
        return engine.score(request, { signal, others });
      });
    } catch (error) {
      if (this.#call.signal?.aborted) engine.blame(this.#call.signal.reason, this.#clock.now() - startedMs);
      throw error;
    } finally {
      this.#pool.release(lease);
    }
    this.#collector.addRequests(outcome.requests);
    if (outcome.kind === "scored") return this.#collector.add(part, engine, outcome);
    const { kind, error } = outcome;
    if (kind === "caller" || (kind === "too-large" && part.count === 1)) return this.#fail(part, error);
    if (kind === "too-large") {
      const [first, rest] = splitPart(part, Math.ceil(part.count / 2));
      return this.#together([this.#assign(first), this.#assign(rest)]);
    }
    return this.#repeat(part, engine, error, kind === "busy");
  }

  #repeat(part: Part, engine: Engine, error: RerankError, isBusy: boolean): Promise<void> | void {
    const count = (this.#repeated.get(engine)?.count ?? 0) + 1;
    this.#repeated.set(engine, { count, error });
    if (isBusy) return this.#assign({ ...part, refusedAtMs: part.refusedAtMs ?? this.#clock.now(), lastError: error });
    const failures = part.failures + 1;
    const maxFailures = this.#pool.engines.length + extraAttempts;
    if (failures < maxFailures) return this.#assign({ ...part, failures, avoid: engine, lastError: error });
    return this.#fail(part, poolError(`${failures} attempts at ${part.count} documents failed`, this.#pool.engines, error));
  }

  async #pause({ failures }: Part, signal: AbortSignal): Promise<void> {
    const pauseMs = repetitionPauseMs * 2 ** (failures - 1) * (0.5 + this.#clock.random() / 2);
    await this.#clock.wait(pauseMs, signal);
    signal.throwIfAborted();
  }

  #fail(part: Part, error: RerankError): void {
    if (this.#call.onError !== "partial") throw error;
    this.#collector.fail(part, error);
  }

  /** One warning for the call: which engines are out of use, and which parts were repeated. */
  #warnings(): RerankWarning[] {
    const out = this.#pool.engines.filter(
      ({ breaker: { state, lastError } }) => state === "open" || (state === "half-open" && lastError !== undefined),
    );
    const said = [
      ...out.filter((engine) => !this.#repeated.has(engine)).map((engine) => `passed over: ${stateOf(engine)}`),
      ...[...this.#repeated.values()].map(
        ({ count, error }) => `${count === 1 ? "1 part" : `${count} parts`} had to be repeated: ${error.message}`,
      ),
    ];
    return said.length === 0 ? [] : [{ type: "fallback", message: `remote: ${said.join("; ")}` }];
  }

  /** Warnings for options that the engines' dialects cannot express. */
  #ignored(): RerankWarning[] {
    const dialects = new Set([...this.#collector.engines].flatMap(({ profile }) => profile?.dialect ?? []));
    return [...dialects].flatMap(({ name, ignores }) =>
      ignores(this.#call).map((option) => ({
        type: "ignored-option" as const,
        option,
        message: `${option} cannot be told to engines that speak ${name}, and was not used there`,
      })),
    );
  }
}
