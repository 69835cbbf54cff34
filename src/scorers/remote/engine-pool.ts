import { Stopping } from "../../concurrency.ts";
import { RerankError } from "../../errors.ts";
import type { Network } from "../../http/request.ts";
import type { Clock } from "../../http/retry.ts";
import type { CheckedRemoteModel } from "../../types.ts";
import { distinctUrls } from "./addresses.ts";
import type { EngineProfile } from "./discovery.ts";
import { Engine } from "./engine.ts";
import { poolError } from "./engine-failures.ts";

/** A part's request for an engine. */
export interface LeaseRequest {
  /** How many documents of the part fit into one request to such an engine; ≥ 1. */
  countFor(profile: EngineProfile): number;
  /** Maximum unanswered documents of an engine. */
  maxOutstanding: number;
  /** The engine that failed last on this part. */
  avoid: Engine | undefined;
  /** The error of that failure. */
  lastError: RerankError | undefined;
  /** When to stop waiting for busy engines, on the pool's clock. */
  givesUpAtMs: number;
  signal: AbortSignal;
}

/** An engine with documents reserved on it. Release it after the request. */
export interface Lease {
  engine: Engine;
  documents: number;
  /** Other engines that could score the part. */
  others: readonly Engine[];
}

interface Waiter {
  request: LeaseRequest;
  resolve(lease: Lease): void;
  reject(error: unknown): void;
}

/**
 * The engines, and the parts that wait for one. The part that waits longest gets the engine with the fewest unanswered documents.
 *
 * The pool has a timer only while parts wait for busy engines. Whether a failed engine may be tried again is checked when a part asks.
 */
export class EnginePool {
  readonly engines: readonly Engine[];
  readonly #clock: Clock;
  readonly #closing = new Stopping();
  #waiters: Waiter[] = [];
  #alarm: { atMs: number; stop: AbortController } | undefined;
  /** The engines, the last chosen one at the end, so that equally loaded engines take turns. */
  #turns: Engine[];

  constructor(model: CheckedRemoteModel, network: Network, clock: Clock) {
    this.engines = distinctUrls(model.urls).map((url) => new Engine(url, model, network, clock));
    this.#turns = [...this.engines];
    this.#clock = clock;
  }

  /** Engines that may score a part of a call: all except those whose breaker is open. */
  get hopeful(): Engine[] {
    return this.engines.filter(({ breaker }) => breaker.isPromising || breaker.isDue);
  }

  /**
   * An engine for a part, as soon as one is free.
   *
   * @throws RerankError the last engine's error with the state of all engines, if none is usable or all are busy for too long; `closed`; the signal's reason
   */
  acquire(request: LeaseRequest): Promise<Lease> {
    const { signal } = request;
    return new Promise((resolve, reject) => {
      if (this.#closing.isStopped) return reject(this.#closing.reason);
      if (signal.aborted) return reject(signal.reason);
      const end = (): void => signal.removeEventListener("abort", onAbort);
      const waiter: Waiter = {
        request,
        resolve: (lease) => {
          end();
          resolve(lease);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      };
      const onAbort = (): void => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        waiter.reject(signal.reason);
        this.#serve();
      };
      signal.addEventListener("abort", onAbort);
      this.#waiters.push(waiter);
      this.#serve();
    });
  }

  release({ engine, documents }: Lease): void {
    engine.outstanding -= documents;
    this.#serve();
  }

  /** Ends probes, and rejects the parts that wait. Running requests continue. */
  close(): void {
    if (this.#closing.isStopped) return;
    const error = new RerankError("closed", "remote: the reranker was closed. Make a new one with createReranker.");
    this.#closing.stop(error);
    this.#alarm?.stop.abort();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  #serve(): void {
    this.#startProbes();
    this.#waiters = this.#waiters.filter((waiter) => !this.#tryToServe(waiter));
    this.#setAlarm();
  }

  /** Gives the waiter an engine or an error. @returns false if it must keep waiting */
  #tryToServe({ request, resolve, reject }: Waiter): boolean {
    const lease = this.#choose(request);
    if (lease !== undefined) {
      resolve(lease);
      return true;
    }
    const error = this.#hopelessness(request);
    if (error === undefined) return false;
    reject(error);
    return true;
  }

  #choose({ countFor, maxOutstanding, avoid }: LeaseRequest): Lease | undefined {
    const usable = this.#turns.filter(({ breaker, busyMs, profile }) => breaker.allowsRequest && busyMs === 0 && profile !== undefined);
    const others = usable.filter((engine) => engine !== avoid);
    // While some engines are still unknown, do not give all parts of a call to the engines that answered first.
    const isSettling = this.engines.some(({ breaker, profile }) => breaker.state === "half-open" && profile === undefined);
    let best: Lease | undefined;
    for (const engine of others.length > 0 ? others : usable) {
      const documents = countFor(engine.profile!);
      const isTrial = engine.breaker.state === "half-open" || engine.isOverloaded;
      const hasRoom = engine.outstanding === 0 || (!isTrial && !isSettling && engine.outstanding + documents <= maxOutstanding);
      if (!hasRoom || (best !== undefined && best.engine.outstanding <= engine.outstanding)) continue;
      best = { engine, documents, others: usable.filter((other) => other !== engine) };
    }
    if (best === undefined) return undefined;
    const { engine } = best;
    engine.outstanding += best.documents;
    this.#turns = [...this.#turns.filter((other) => other !== engine), engine];
    return best;
  }

  /** The error if waiting is useless; undefined if an engine may become free in time. */
  #hopelessness({ givesUpAtMs, lastError }: LeaseRequest): RerankError | undefined {
    const promising = this.engines.filter(({ breaker }) => breaker.isPromising);
    if (promising.length === 0)
      return poolError(this.engines.length === 1 ? "the engine is out of use" : "all engines are out of use", this.engines, lastError);
    const freeInMs = Math.min(...promising.map(({ busyMs }) => busyMs));
    if (freeInMs === 0 || this.#clock.now() + freeInMs <= givesUpAtMs) return undefined;
    const busy = new RerankError("hosted", "remote: they are overloaded. Try again later, or start more of them.", {
      status: 429,
      isRetryable: true,
    });
    return poolError("the engines are busy for longer than the call may wait", this.engines, lastError ?? busy);
  }

  #startProbes(): void {
    if (this.#waiters.length === 0 || this.#closing.isStopped) return;
    for (const engine of this.engines) {
      if (engine.breaker.isDue) void this.#closing.guard((signal) => engine.probe(signal)).then(() => this.#serve());
    }
  }

  /** While parts wait, sets a timer for the moment when the first busy engine accepts requests again. */
  #setAlarm(): void {
    const pauses = this.engines.filter(({ breaker, busyMs }) => breaker.allowsRequest && busyMs > 0).map(({ busyMs }) => busyMs);
    const atMs = this.#waiters.length === 0 || pauses.length === 0 ? undefined : this.#clock.now() + Math.min(...pauses);
    if (atMs !== undefined && this.#alarm !== undefined && this.#alarm.atMs <= atMs) return;
    this.#alarm?.stop.abort();
    this.#alarm = undefined;
    if (atMs === undefined) return;
    const alarm = { atMs, stop: new AbortController() };
    this.#alarm = alarm;
    void this.#clock.wait(atMs - this.#clock.now(), alarm.stop.signal).then(() => {
      if (this.#alarm !== alarm) return;
      this.#alarm = undefined;
      this.#serve();
    });
  }
}
