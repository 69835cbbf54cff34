/** A user's backend: initialized once, and shut down once, never during a call. */
import { raceAbort, withTimeout } from "../../abort.ts";
import { messageOf, RerankError } from "../../errors.ts";
import type { BackendScores, RerankerBackend } from "../../types.ts";

/** Runs a backend, on this thread or in another one. */
export interface BackendDriver {
  readonly name: string;
  readonly version: string | undefined;
  /** A promise settles within the driver's time limit. After that, the work keeps running, and the next run waits for it again. */
  initialize(): unknown;
  /** Absent if only `initialize` exists; then a synchronous caller cannot wait for its promise. */
  initializeSync?(): void;
  rerank(query: string, documents: readonly string[], signal: AbortSignal): BackendScores | Promise<BackendScores>;
  /** Absent if only `rerank` exists; then a synchronous caller cannot wait for its promise. */
  rerankSync?(query: string, documents: readonly string[], deadlineMs: number): BackendScores;
  /** A promise settles within the driver's time limit. */
  shutdown(): unknown;
  /** Releases the backend's thread, after `shutdown`. */
  dispose?(): Promise<void>;
}

/** A backend in a registry. */
export class Backend {
  readonly #driver: BackendDriver;
  #initializing: Promise<void> | undefined;
  #isInitialized = false;
  #running = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor(driver: BackendDriver) {
    this.#driver = driver;
  }

  get name(): string {
    return this.#driver.name;
  }

  get version(): string | undefined {
    return this.#driver.version;
  }

  get isInitialized(): boolean {
    return this.#isInitialized;
  }

  /** Concurrent calls share one run. After a failure, the next call tries again. @throws RerankError `plugin`, `timeout` */
  initialize(): Promise<void> {
    if (this.#isInitialized) return Promise.resolve();
    this.#initializing ??= this.#trackInitialize(Promise.resolve().then(() => this.#driver.initialize()));
    return this.#initializing;
  }

  /** @throws RerankError `sync-unsupported` if `initialize` returns a promise, and the thread cannot wait for it; `plugin` */
  initializeSync(): void {
    if (this.#isInitialized) return;
    let started: Promise<unknown>;
    try {
      const outcome =
        this.#driver.initializeSync === undefined ? (this.#initializing ?? this.#driver.initialize()) : this.#driver.initializeSync();
      if (!isPromise(outcome)) {
        this.#isInitialized = true;
        return;
      }
      started = Promise.resolve(outcome);
    } catch (error) {
      throw pluginError(this.name, "initialize failed", error);
    }
    this.#initializing ??= this.#trackInitialize(started);
    this.#initializing.catch(() => undefined); // the error below says what to do; the next awaited call repeats the run
    throw syncUnsupported(this.name, "initialize");
  }

  /** @throws RerankError `plugin`, with what the backend threw as its cause; the signal's reason, without waiting for the backend */
  rerank(query: string, documents: readonly string[], signal: AbortSignal): Promise<BackendScores> {
    const running = raceAbort(this.#rerank(query, documents, signal), signal).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  /** @throws RerankError `sync-unsupported` if the backend returns only promises; `plugin`; `timeout` for a module backend */
  rerankSync(query: string, documents: readonly string[], deadlineMs: number): BackendScores {
    try {
      const scores =
        this.#driver.rerankSync === undefined
          ? this.#driver.rerank(query, documents, new AbortController().signal)
          : this.#driver.rerankSync(query, documents, deadlineMs);
      if (!isPromise(scores)) return scores as BackendScores;
      Promise.resolve(scores).catch(() => undefined); // its answer is of no use any more
    } catch (error) {
      throw pluginError(this.name, "rerank failed", error);
    }
    throw syncUnsupported(this.name, "rerank");
  }

  /** Waits for running calls (not for those that were aborted), then runs `shutdown` if the backend was initialized. @throws RerankError `plugin`, `timeout` */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #rerank(query: string, documents: readonly string[], signal: AbortSignal): Promise<BackendScores> {
    try {
      return await this.#driver.rerank(query, documents, signal);
    } catch (error) {
      throw pluginError(this.name, "rerank failed", error);
    }
  }

  async #close(): Promise<void> {
    await Promise.allSettled([this.#initializing, ...this.#running]);
    const wasInitialized = this.#isInitialized;
    this.#isInitialized = false;
    try {
      if (wasInitialized) await this.#driver.shutdown();
    } catch (error) {
      throw pluginError(this.name, "shutdown failed", error);
    } finally {
      await this.#driver.dispose?.();
    }
  }

  async #trackInitialize(started: Promise<unknown>): Promise<void> {
    try {
      await started;
      this.#isInitialized = true;
    } catch (error) {
      throw pluginError(this.name, "initialize failed", error);
    } finally {
      this.#initializing = undefined;
    }
  }
}

/**
 * The driver of a backend registered as an object: it runs on the caller's thread.
 *
 * @param maxDurationSecs maximum wait for a promise of `initialize` or `shutdown`
 * @throws RerankError `invalid-input`
 */
export function objectDriver(backend: RerankerBackend, maxDurationSecs: number): BackendDriver {
  const { name, version } = checkBackend(backend);
  const within = (method: "initialize" | "shutdown", work: Promise<unknown>): Promise<unknown> =>
    withTimeout(work, maxDurationSecs, () => lateError(name, method, maxDurationSecs));
  let initializing: Promise<unknown> | undefined;
  return {
    name,
    version,
    initialize() {
      const started = initializing ?? backend.initialize?.();
      if (!isPromise(started)) return started;
      initializing = started;
      const forget = (): void => {
        initializing = undefined;
      };
      started.then(forget, forget);
      return within("initialize", started);
    },
    rerank: (query, documents, signal) => backend.rerank(query, documents, { signal }),
    ...(backend.rerankSync === undefined ? {} : { rerankSync: (query, documents) => backend.rerankSync!(query, documents) }),
    shutdown() {
      const started = backend.shutdown?.();
      return isPromise(started) ? within("shutdown", started) : started;
    },
  };
}

/**
 * Name and version of a value that claims to be a backend.
 *
 * @throws RerankError `invalid-input` naming what is missing
 */
export function checkBackend(value: unknown): { name: string; version: string | undefined } {
  const candidate = value as Partial<RerankerBackend> | null;
  const problem = (what: string): RerankError =>
    new RerankError(
      "invalid-input",
      `registerRerankerBackend: ${what}. A backend is an object with a name and a rerank(query, documents) function, or a URL of a module that exports one by default.`,
    );
  if (typeof candidate !== "object" || candidate === null)
    throw problem(`expected a backend, got ${candidate === null ? "null" : typeof candidate}`);
  if (typeof candidate.rerank !== "function") throw problem("the backend has no rerank function");
  for (const method of ["initialize", "shutdown", "rerankSync"] as const) {
    if (candidate[method] !== undefined && typeof candidate[method] !== "function")
      throw problem(`the backend's ${method} is not a function`);
  }
  const read = (key: "name" | "version"): unknown => {
    const found = candidate[key];
    return typeof found === "function" ? found.call(candidate) : found;
  };
  const name = read("name");
  const version = read("version");
  if (typeof name !== "string" || name.trim() === "") throw problem("the backend's name is not a string with a visible character");
  if (version !== undefined && typeof version !== "string") throw problem("the backend's version is not a string");
  return { name, version };
}

/** `plugin`, with what the backend threw as its cause. */
function pluginError(name: string, what: string, error: unknown): RerankError {
  return RerankError.is(error) ? error : new RerankError("plugin", `backend "${name}": ${what}: ${messageOf(error)}`, { cause: error });
}

/** The `timeout` error of a backend whose `initialize` or `shutdown` takes too long. */
export function lateError(name: string, method: "initialize" | "shutdown", durationSecs: number): RerankError {
  return new RerankError(
    "timeout",
    `backend "${name}": its ${method} took longer than ${durationSecs} s. Raise maxInitializeDurationSecs of registerRerankerBackend, or see what it waits for.`,
    { isRetryable: method === "initialize" },
  );
}

function syncUnsupported(name: string, method: "rerank" | "initialize"): RerankError {
  return new RerankError(
    "sync-unsupported",
    `backend "${name}": its ${method} returns a promise, which rerankSync cannot wait for. ` +
      "Use rerank, give the backend a rerankSync method, or register it by module URL, so that it runs in a thread of its own." +
      (method === "initialize" ? " Or await warmUpReranker first." : ""),
  );
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
