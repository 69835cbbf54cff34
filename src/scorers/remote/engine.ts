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

/** How a part was answered. */
export type PartOutcome = ({ kind: "scored"; requests: number } & PartScores) | { kind: FailureKind; error: RerankError; requests: number };

/** Circumstances of one request. */
export interface PartOptions {
  signal: AbortSignal;
  /** Engines that could take the part over, so that this one need not be waited for without end. */
  others: readonly Engine[];
}

/** A probe is answered by a web server, not by a model. A script that never closes anything waits so long for it at its end. */
const probeTimeoutMs = 2_000;
/** An engine that takes so many times longer than it usually does is stuck, and not just busy. */
const patience = 10;
/** No answer is called late before this: a first batch, or a pause of garbage collection, takes its time. */
const leastPatienceMs = 5_000;
/** While nobody knows what is usual, it is looked again so often. */
const nextLookMs = 1_000;
/** A measure of the last few parts: each new one counts for so much. */
const paceWeight = 0.3;
/** How long an engine is left alone at most when it refuses for the first time and does not say for how long. */
const firstPauseMs = 1_000;
const defaultTimeoutSecs = 60;

/** One engine of a pool. */
export class Engine {
  /** Its address, for people. */
  readonly label: string;
  readonly breaker: CircuitBreaker;
  /** Documents that were sent and not answered yet. */
  outstanding = 0;
  /** Requests for scores, answered or not. */
  requests = 0;
  failures = 0;
  /** Requests that it was too busy for. */
  refusals = 0;
  readonly #url: string;
  readonly #model: CheckedRemoteModel;
  readonly #clock: Clock;
  readonly #connection: Connection;
  #profile: EngineProfile | undefined;
  #busyUntilMs = 0;
  /** Refusals since the last score; those of requests that were under way together count once. */
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

  /** Undefined until a probe has found it out. */
  get profile(): EngineProfile | undefined {
    return this.#profile;
  }

  /** Milliseconds for which it does not want to be asked; 0 where it does. */
  get busyMs(): number {
    return Math.max(0, this.#busyUntilMs - this.#clock.now());
  }

  /** How long it takes for a document, of late; undefined before its first answer. */
  get paceMs(): number | undefined {
    return this.#paceMs;
  }

  /** Whether its last answer was a refusal: then one request has to show that it takes work again. */
  get isOverloaded(): boolean {
    return this.#refusalsInRow > 0;
  }

  /** Finds out whether the engine lives, and before all else what it is; the breaker is told. Never rejects. */
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
   * Has a part scored, once. The breaker is told how it went.
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

  /** For a call that ended while it waited for an answer: one whose time ran out after long has found an engine that is stuck. */
  blame(reason: unknown, waitedMs: number): void {
    if (!RerankError.is(reason) || reason.code !== "timeout" || waitedMs < leastPatienceMs) return;
    this.failures += 1;
    const what = `remote: ${this.label} had not answered after ${Math.round(waitedMs / 1000)} s, when the time of the call was over`;
    this.breaker.fail(new RerankError("timeout", `${what}. Set timeoutSecs below maxRerankDurationSecs.`, { isRetryable: true }));
  }

  /**
   * Ends a request that takes far longer than usual, where another engine stands by: than usual for this engine, or else for the others. How
   * long that is may only turn out while it waits, since others have never answered before either.
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
    waitOn(leastPatienceMs);
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

  /** @param sentMs when the refused request was sent @param askedMs how long it wants to be left alone */
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
    // The request's own fault: the engine did well to say so.
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
    // Whatever a web server says about the path or the key, it lives; whether it scores, a trial will show.
    const isAlive = "reply" in answer || (answer.isAnswered && (answer.error.status ?? 200) < 500);
    if (!isAlive) throw answer.error;
  }
}
