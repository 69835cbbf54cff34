import { RerankError } from "../../errors.ts";
import type { Network } from "../../http/request.ts";
import { backoffMs, type Clock } from "../../http/retry.ts";
import type { CheckedRemoteModel } from "../../types.ts";
import { addressOf, labelOf, rootAddressOf } from "./addresses.ts";
import { CircuitBreaker } from "./breaker.ts";
import { Connection } from "./connection.ts";
import { type AskEngine, discover, type EngineProfile, knownProfile } from "./discovery.ts";
import { type FailureKind, kindOfFailure } from "./failure-kind.ts";
import type { PartRequest, PartScores } from "./part.ts";

/** The outcome of one request for a part. */
export type PartOutcome = ({ kind: "scored"; requests: number } & PartScores) | { kind: FailureKind; error: RerankError; requests: number };

/** Options of one request. */
export interface PartOptions {
  signal: AbortSignal;
  /** Engines that could score the part instead. If there are any, the request ends when this engine takes far too long. */
  others: readonly Engine[];
}

/** A web server answers a probe, not a model, so this is enough. A script that does not close the Reranker exits at most this much later. */
const probeTimeoutMs = 2_000;
/** An engine that takes this many times longer than usual is stuck, not just busy. */
const patience = 10;
/** No answer counts as late before this: a first batch or a pause of garbage collection can take seconds. */
const minPatienceMs = 5_000;
/** While the usual time is unknown, check again after this pause. */
const nextLookMs = 1_000;
/** Weight of the newest part in the moving average of the pace. */
const paceWeight = 0.3;
/** Maximum pause after the first refusal of an engine that sends no `Retry-After`. */
const firstPauseMs = 1_000;
const defaultTimeoutSecs = 60;

/** One engine of a pool. */
export class Engine {
  /** Its address for messages, without a query. */
  readonly label: string;
  readonly breaker: CircuitBreaker;
  /** Documents that were sent and are not answered yet. */
  outstanding = 0;
  /** Requests for scores, answered or not. */
  requests = 0;
  failures = 0;
  /** Requests that it refused because it was busy. */
  refusals = 0;
  readonly #url: string;
  readonly #model: CheckedRemoteModel;
  readonly #clock: Clock;
  readonly #connection: Connection;
  #profile: EngineProfile | undefined;
  #busyUntilMs = 0;
  /** Refusals since the last score. Refusals of requests that ran at the same time count once. */
  #refusalsInRow = 0;
  #refusedAtMs = Number.NEGATIVE_INFINITY;
  #paceMs: number | undefined;

  constructor(url: string, model: CheckedRemoteModel, network: Network, clock: Clock) {
    this.label = labelOf(url);
    this.#url = url;
    this.#model = model;
    this.#clock = clock;
    this.#connection = new Connection(model, network, clock);
    this.#profile = knownProfile(model);
    this.breaker = new CircuitBreaker(clock, this.#profile === undefined ? "new" : "closed");
  }

  /** Undefined until a probe has found out what the engine is. */
  get profile(): EngineProfile | undefined {
    return this.#profile;
  }

  /** Milliseconds until it accepts requests again; 0 if it accepts them now. */
  get busyMs(): number {
    return Math.max(0, this.#busyUntilMs - this.#clock.now());
  }

  /** Recent time for one document, milliseconds; undefined before its first answer. */
  get paceMs(): number | undefined {
    return this.#paceMs;
  }

  /** Whether its last answer was a refusal. Then the pool sends one request only, to see whether it accepts work again. */
  get isOverloaded(): boolean {
    return this.#refusalsInRow > 0;
  }

  /** Checks whether the engine is alive; the first probe also finds out what it is. Reports the outcome to the breaker. Never rejects. */
  async probe(signal: AbortSignal): Promise<void> {
    this.breaker.startProbe();
    try {
      if (this.#profile === undefined) this.#profile = await this.#discover(signal);
      else await this.#checkHealth(this.#profile, signal);
      this.breaker.passProbe();
    } catch (error) {
      this.breaker.trip(error);
    }
  }

  /**
   * Sends a part once, without repetition, and reports the outcome to the breaker.
   *
   * @throws the signal's reason, and nothing else
   */
  async score(part: PartRequest, { signal, others }: PartOptions): Promise<PartOutcome> {
    const { dialect, hasProbabilities, identity } = this.#profile!;
    const startedMs = this.#clock.now();
    const timeoutMs = (this.#model.timeoutSecs ?? defaultTimeoutSecs) * 1000;
    const watch = this.#watch(part.texts.length, { signal, others });
    this.requests += 1;
    const request = { url: dialect.rankAddress(this.#url), body: dialect.encode(part), signal: watch.signal, timeoutMs };
    const answer = await this.#connection.send(request);
    watch.stop();
    const requests = answer.isAnswered ? 1 : 0;
    try {
      if ("error" in answer) throw answer.error;
      const decoded = dialect.decode(answer.reply, part);
      this.breaker.succeed();
      this.#refusalsInRow = 0;
      this.#measure((this.#clock.now() - startedMs) / part.texts.length);
      const named = identity === undefined ? {} : { model: identity };
      return { kind: "scored", requests, ...decoded, ...named, ...(hasProbabilities ? { scoreKind: "provider" as const } : {}) };
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      const error = RerankError.from(thrown, "bad-response", "remote");
      const kind = kindOfFailure(error, answer.pauseMs !== undefined);
      if (kind === "busy") this.#spare(startedMs, answer.pauseMs);
      else this.#note(kind, error);
      return { kind, error, requests };
    }
  }

  /** Counts a failure if a call's time limit ended while it waited for this engine for long: the engine is stuck. */
  blame(reason: unknown, waitedMs: number): void {
    if (!RerankError.is(reason) || reason.code !== "timeout" || waitedMs < minPatienceMs) return;
    this.failures += 1;
    const what = `remote: ${this.label} had not answered after ${Math.round(waitedMs / 1000)} s, when the time of the call was over`;
    this.breaker.fail(new RerankError("timeout", `${what}. Set timeoutSecs below maxRerankDurationSecs.`, { isRetryable: true }));
  }

  /**
   * Ends a request that takes far longer than usual if another engine can score the part. Usual means the pace of this engine, or else of the
   * others. That pace may become known only during the wait, when the other engines answer for the first time.
   */
  #watch(documents: number, { signal, others }: PartOptions): { signal: AbortSignal; stop(): void } {
    if (others.length === 0) return { signal, stop: () => undefined };
    const late = new AbortController();
    const onAbort = (): void => late.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
    let waitedMs = 0;
    let timer: ReturnType<typeof setTimeout>;
    const waitOn = (durationMs: number): void => {
      timer = setTimeout(() => {
        waitedMs += durationMs;
        const paces = this.#paceMs === undefined ? others.flatMap(({ paceMs }) => paceMs ?? []) : [this.#paceMs];
        const limitMs = paces.length === 0 ? undefined : patience * documents * Math.max(...paces);
        if (limitMs === undefined || limitMs > waitedMs) waitOn(limitMs === undefined ? nextLookMs : limitMs - waitedMs);
        else late.abort(this.#lateError(waitedMs));
      }, durationMs);
    };
    waitOn(minPatienceMs);
    return {
      signal: late.signal,
      stop: () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
      },
    };
  }

  #lateError(waitedMs: number): RerankError {
    const usual = this.#paceMs === undefined ? "the others take" : "it usually takes";
    const what = `${this.label} took longer than ${Math.round(waitedMs / 1000)} s, which is ${patience} times what ${usual}`;
    return new RerankError("timeout", `remote: ${what}. Look after the engine.`, { isRetryable: true });
  }

  #measure(paceMs: number): void {
    this.#paceMs = this.#paceMs === undefined ? paceMs : this.#paceMs + paceWeight * (paceMs - this.#paceMs);
  }

  /** @param sentMs when the refused request was sent @param askedMs the pause that it asks for */
  #spare(sentMs: number, askedMs: number | undefined): void {
    this.refusals += 1;
    const nowMs = this.#clock.now();
    if (sentMs > this.#refusedAtMs) this.#refusalsInRow += 1;
    this.#refusedAtMs = nowMs;
    const pauseMs = backoffMs({ attempts: this.#refusalsInRow, firstMs: firstPauseMs, askedMs }, this.#clock);
    this.#busyUntilMs = Math.max(this.#busyUntilMs, nowMs + pauseMs);
    this.breaker.succeed();
  }

  #note(kind: Exclude<FailureKind, "busy">, error: RerankError): void {
    // The request is wrong, so the engine is healthy.
    if (kind === "caller" || kind === "too-large") return;
    this.failures += 1;
    if (kind === "misconfigured") this.breaker.trip(error);
    else this.breaker.fail(error);
  }

  #discover(signal: AbortSignal): Promise<EngineProfile> {
    const ask: AskEngine = (path) => {
      const url = path === "/info" ? rootAddressOf(this.#url, path) : addressOf(this.#url, path);
      return this.#connection.ask({ url, signal, timeoutMs: probeTimeoutMs });
    };
    return discover(ask, this.#model, this.label);
  }

  async #checkHealth({ dialect }: EngineProfile, signal: AbortSignal): Promise<void> {
    const answer = await this.#connection.send({ url: dialect.healthAddress(this.#url), signal, timeoutMs: probeTimeoutMs });
    // Any answer below 500 shows that the engine is alive, even one about the path or the key. A trial shows whether it scores.
    const isAlive = "reply" in answer || (answer.isAnswered && (answer.error.status ?? 200) < 500);
    if (!isAlive) throw answer.error;
  }
}
