import { RerankError } from "../../errors.ts";
import type { Network } from "../../http/request.ts";
import type { Clock } from "../../http/retry.ts";
import type { CheckedRemoteModel } from "../../types.ts";
import { distinctUrls } from "./addresses.ts";
import type { EngineProfile } from "./discovery.ts";
import { Engine } from "./engine.ts";
import { poolError } from "./engine-failures.ts";
import { Stopping } from "./stopping.ts";

/** What a part wants of the pool. */
export interface Wish {
  /** Documents that a request to such an engine may hold, of those that the part has; ≥ 1. */
  countFor(profile: EngineProfile): number;
  /** Most documents that an engine may have at once. */
  mostOutstanding: number;
  /** The engine that has just failed on it. */
  avoid: Engine | undefined;
  /** What failed there. */
  lastError: RerankError | undefined;
  /** When waiting for busy engines is to end, on the pool's clock. */
  givesUpAtMs: number;
  signal: AbortSignal;
}

/** An engine that has been given so many documents; to be released. */
export interface Lease {
  engine: Engine;
  documents: number;
  /** Other engines that are in use. */
  others: readonly Engine[];
}

interface Waiter {
  wish: Wish;
  resolve(lease: Lease): void;
  reject(error: unknown): void;
}

/**
 * Engines, and who is waiting for one. Whoever waits longest is served first, by the engine with the fewest documents under way.
 *
 * It has no timer of its own but while somebody waits for busy engines; whether a failed engine may be tried again is seen when somebody asks.
 */
export class EnginePool {
  readonly engines: readonly Engine[];
  readonly #clock: Clock;
  readonly #closing = new Stopping();
  #waiters: Waiter[] = [];
  #alarm: { atMs: number; stop: AbortController } | undefined;
  /** The engines, the one that was chosen last at the end: equals take turns. */
  #turns: Engine[];

  constructor(model: CheckedRemoteModel, network: Network, clock: Clock) {
    this.engines = distinctUrls(model.urls).map((url) => new Engine(url, model, network, clock));
    this.#turns = [...this.engines];
    this.#clock = clock;
  }

  /** Engines that a call may hope for: all but those left alone for now. */
  get hopeful(): Engine[] {
    return this.engines.filter(({ breaker }) => breaker.isPromising || breaker.isDue);
  }

  /**
   * An engine for a part, as soon as one is free.
   *
   * @throws RerankError the last engine's, naming all, where none is in use or about to be, or all are busy for too long; `closed`; the signal's reason
   */
  acquire(wish: Wish): Promise<Lease> {
    const { signal } = wish;
    return new Promise((resolve, reject) => {
      if (this.#closing.isStopped) return reject(this.#closing.reason);
      if (signal.aborted) return reject(signal.reason);
      const end = (): void => signal.removeEventListener("abort", onAbort);
      const waiter: Waiter = {
        wish,
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

  /** Ends probes and waiting; requests under way go on. */
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

  /** Whether the waiter need not wait any more. */
  #tryToServe({ wish, resolve, reject }: Waiter): boolean {
    const lease = this.#choose(wish);
    if (lease !== undefined) {
      resolve(lease);
      return true;
    }
    const error = this.#hopelessness(wish);
    if (error === undefined) return false;
    reject(error);
    return true;
  }

  #choose({ countFor, mostOutstanding, avoid }: Wish): Lease | undefined {
    const usable = this.#turns.filter(({ breaker, busyMs, profile }) => breaker.isPassable && busyMs === 0 && profile !== undefined);
    const others = usable.filter((engine) => engine !== avoid);
    // While others are still being asked what they are, a call's parts are not all for those that answered first.
    const isSettling = this.engines.some(({ breaker, profile }) => breaker.state === "half-open" && profile === undefined);
    let best: Lease | undefined;
    for (const engine of others.length > 0 ? others : usable) {
      const documents = countFor(engine.profile!);
      const isTrial = engine.breaker.state === "half-open" || engine.isOverloaded;
      const hasRoom = engine.outstanding === 0 || (!isTrial && !isSettling && engine.outstanding + documents <= mostOutstanding);
      if (!hasRoom || (best !== undefined && best.engine.outstanding <= engine.outstanding)) continue;
      best = { engine, documents, others: usable.filter((other) => other !== engine) };
    }
    if (best === undefined) return undefined;
    const { engine } = best;
    engine.outstanding += best.documents;
    this.#turns = [...this.#turns.filter((other) => other !== engine), engine];
    return best;
  }

  /** Why waiting is of no use; undefined where it is. */
  #hopelessness({ givesUpAtMs, lastError }: Wish): RerankError | undefined {
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

  /** While somebody waits, looks again when the first of the busy engines wants to be asked again. */
  #setAlarm(): void {
    const pauses = this.engines.filter(({ breaker, busyMs }) => breaker.isPassable && busyMs > 0).map(({ busyMs }) => busyMs);
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
