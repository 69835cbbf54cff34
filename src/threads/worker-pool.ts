import { RerankError } from "../errors.ts";

/** One thread of a pool: serves one request at a time. */
export interface PoolThread<Request, Response> {
  /** False once the thread has ended, by itself or by {@link PoolThread.close}. */
  readonly isAlive: boolean;
  run(request: Request): Promise<Response>;
  /** Call this when the result of the running request is no longer needed. A thread that is stuck in it may then end. */
  abandon?(): void;
  /** Ends the thread, after the running request. */
  close(): Promise<void>;
}

/** Options of a {@link Pool}. */
export interface PoolOptions<Request, Response> {
  /** Number of threads; ≥ 1. They start together, with the first call. */
  size: number;
  openThread: () => Promise<PoolThread<Request, Response>>;
  /** Maximum weight of waiting requests. A new call is refused once it is reached. @default unlimited */
  maxWaiting?: number;
  /** Threads end after this many milliseconds without a call. @default never */
  idleMs?: number;
}

/** Options of one call. */
export interface PoolCall {
  signal?: AbortSignal | undefined;
  /** How much each request counts against `maxWaiting`. @default 1 each */
  weights?: readonly number[];
  /** Called once, when a thread gets the first request. */
  onStart?: () => void;
  /** Work of each request, in a unit that all calls share. The call that received less work goes first. @default 1 each */
  costs?: readonly number[];
}

interface Call<Request, Response> {
  waiting: { request: Request; index: number; weight: number; cost: number }[];
  /** Work given to this call, on the pool's virtual clock. */
  served: number;
  running: Set<PoolThread<Request, Response>>;
  onStart: (() => void) | undefined;
  onResponse: (response: Response, index: number) => void;
  done: () => void;
  fail: (error: unknown) => void;
}

/**
 * Threads that all calls to one model share, by fair queuing. Each free thread takes the request that would finish first if all calls
 * were served at the same time. So a short call behind a long one waits only for running requests, and no call waits forever.
 *
 * @see S. J. Golestani, A Self-Clocked Fair Queueing Scheme for Broadband Applications, INFOCOM 1994: the virtual clock is the finish
 * tag of the request that was started last
 */
export class Pool<Request, Response> {
  readonly #options: PoolOptions<Request, Response>;
  #threads: PoolThread<Request, Response>[] = [];
  #idle: PoolThread<Request, Response>[] = [];
  #opening: Promise<void> | undefined;
  /** Calls with waiting requests, in order of arrival. */
  #calls: Call<Request, Response>[] = [];
  #virtualTime = 0;
  #isClosed = false;
  #runs = new Set<Promise<void>>();
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PoolOptions<Request, Response>) {
    this.#options = options;
  }

  /** Threads that are open now. */
  get threads(): number {
    return this.#threads.filter((thread) => thread.isAlive).length;
  }

  /** Total weight of the requests that wait for a thread. */
  get waiting(): number {
    return this.#calls.reduce((sum, call) => call.waiting.reduce((total, { weight }) => total + weight, sum), 0);
  }

  /** Opens all threads, and replaces those that died. Calling it again costs nothing. @throws what opening a thread throws */
  warmUp(): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError());
    if (this.#opening === undefined && this.threads < this.#options.size) {
      this.#opening = this.#open().finally(() => {
        this.#opening = undefined;
      });
    }
    return this.#opening ?? Promise.resolve();
  }

  /**
   * Runs the requests of one call, in order of start.
   *
   * @param onResponse receives each response with the index of its request, in order of completion
   * @throws the first failure of a request; the waiting requests of the call are then discarded
   * @throws the signal's reason once it is aborted; running requests keep running, and their results are discarded
   * @throws RerankError `overloaded` when too many requests are waiting
   */
  async run(requests: readonly Request[], onResponse: (response: Response, index: number) => void, options: PoolCall = {}): Promise<void> {
    const { signal, weights, costs, onStart } = options;
    signal?.throwIfAborted();
    this.#refuseOverload();
    await this.warmUp();
    signal?.throwIfAborted();
    if (requests.length === 0) return;
    this.#stopIdling();
    const finished = new Promise<void>((resolve, reject) => {
      const call: Call<Request, Response> = {
        waiting: requests.map((request, index) => ({ request, index, weight: weights?.[index] ?? 1, cost: costs?.[index] ?? 1 })),
        served: this.#virtualTime,
        running: new Set(),
        onStart,
        onResponse,
        done: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
        fail: (error) => {
          signal?.removeEventListener("abort", onAbort);
          this.#drop(call);
          reject(error);
        },
      };
      const onAbort = (): void => call.fail(signal!.reason);
      signal?.addEventListener("abort", onAbort);
      this.#calls.push(call);
    });
    this.#runs.add(finished);
    this.#dispatch();
    try {
      await finished;
    } finally {
      this.#runs.delete(finished);
      this.#startIdling();
    }
  }

  /** Refuses new calls, waits for the running ones, then ends the threads. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopIdling();
    await this.#opening?.catch(() => undefined); // the call that opened them receives this error
    await Promise.allSettled(this.#runs);
    await this.#endThreads();
  }

  async #endThreads(): Promise<void> {
    const threads = this.#threads;
    this.#threads = [];
    this.#idle = [];
    await Promise.all(threads.map((thread) => thread.close()));
  }

  #startIdling(): void {
    const { idleMs } = this.#options;
    if (idleMs === undefined || this.#isClosed || this.#runs.size > 0) return;
    this.#stopIdling();
    this.#idleTimer = setTimeout(() => {
      // A request of an aborted call may still run: its thread ends after it.
      if (this.#runs.size === 0) void this.#endThreads();
    }, idleMs);
    this.#idleTimer.unref?.();
  }

  #stopIdling(): void {
    clearTimeout(this.#idleTimer);
  }

  #refuseOverload(): void {
    const { maxWaiting } = this.#options;
    const { waiting } = this;
    if (maxWaiting === undefined || waiting < maxWaiting) return;
    throw new RerankError(
      "overloaded",
      `reranker: ${waiting} documents wait already, and at most ${maxWaiting} may. Try again later, or raise acceleration.maxQueued.`,
      {
        isRetryable: true,
      },
    );
  }

  async #open(): Promise<void> {
    this.#threads = this.#threads.filter((thread) => thread.isAlive);
    this.#idle = this.#idle.filter((thread) => thread.isAlive);
    const missing = Array.from({ length: this.#options.size - this.#threads.length }, () => this.#options.openThread());
    const opened = await Promise.allSettled(missing);
    for (const outcome of opened) {
      if (outcome.status === "rejected") continue;
      this.#threads.push(outcome.value);
      this.#idle.push(outcome.value);
    }
    const failure = opened.find((outcome) => outcome.status === "rejected");
    // One thread is enough to continue, for example if there was not enough memory for the second.
    if (failure !== undefined && this.#threads.length === 0) throw failure.reason;
  }

  #dispatch(): void {
    while (this.#idle.length > 0 && this.#calls.length > 0) {
      // The smallest finish tag; of equal tags, the call that came first.
      const call = this.#calls.reduce((best, other) => (finishTag(other) < finishTag(best) ? other : best));
      const thread = this.#idle.pop()!;
      call.served = finishTag(call);
      this.#virtualTime = call.served;
      const next = call.waiting.shift()!;
      if (call.waiting.length === 0) this.#calls = this.#calls.filter((other) => other !== call);
      void this.#serve(thread, call, next);
    }
  }

  async #serve(
    thread: PoolThread<Request, Response>,
    call: Call<Request, Response>,
    next: { request: Request; index: number },
  ): Promise<void> {
    call.running.add(thread);
    call.onStart?.();
    call.onStart = undefined;
    let failure: { error: unknown } | undefined;
    try {
      const response = await thread.run(next.request);
      call.onResponse(response, next.index);
    } catch (error) {
      failure = { error };
    }
    call.running.delete(thread);
    // A thread that ended for idleness, while a request of an aborted call still ran in it, is not in the list.
    if (thread.isAlive && this.#threads.includes(thread)) this.#idle.push(thread);
    else this.#replaceLater();
    if (failure !== undefined) call.fail(failure.error);
    else if (call.running.size === 0 && call.waiting.length === 0) call.done();
    this.#dispatch();
  }

  /** Replaces a thread that died, so that waiting calls do not wait forever if it was the last one. */
  #replaceLater(): void {
    if (this.#isClosed || this.waiting === 0) return; // the next call's warm-up opens a new one
    this.warmUp().then(
      () => this.#dispatch(),
      (error: unknown) => {
        if (this.threads === 0) for (const call of [...this.#calls]) call.fail(error);
      },
    );
  }

  #drop(call: Call<Request, Response>): void {
    call.waiting = [];
    for (const thread of call.running) thread.abandon?.();
    this.#calls = this.#calls.filter((other) => other !== call);
  }
}

/** When a call's next request would finish, on the virtual clock. */
function finishTag(call: Pick<Call<unknown, unknown>, "served" | "waiting">): number {
  return call.served + call.waiting[0]!.cost;
}

function closedError(): RerankError {
  return new RerankError("closed", "reranker: it was closed. Make a new one with createReranker.");
}
