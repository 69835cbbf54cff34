/** Runs many asynchronous tasks: a limited number at once, and all stopped together. */

/**
 * Stops any number of tasks at once. Each task has its own signal.
 *
 * One signal for all tasks would do the same, but Node prints a warning if more than ten listeners wait on one signal.
 */
export class Stopping {
  readonly #controllers = new Set<AbortController>();
  #cause: { reason: unknown } | undefined;

  /** Whether {@link Stopping.stop} was called. */
  get isStopped(): boolean {
    return this.#cause !== undefined;
  }

  /** The reason of the first stop; undefined before it. */
  get reason(): unknown {
    return this.#cause?.reason;
  }

  /** Aborts the signals of all tasks, also of those that start later. Only the first reason counts. */
  stop(reason: unknown): void {
    if (this.#cause !== undefined) return;
    this.#cause = { reason };
    for (const controller of this.#controllers) controller.abort(reason);
  }

  /** Runs a task with its own signal. */
  async guard<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    if (this.#cause !== undefined) controller.abort(this.#cause.reason);
    this.#controllers.add(controller);
    try {
      return await task(controller.signal);
    } finally {
      this.#controllers.delete(controller);
    }
  }
}

/** Options of {@link mapConcurrently}. */
export interface ConcurrencyOptions {
  /** Maximum tasks at once, ≥ 1. */
  limit: number;
  /** Whether the other tasks wait until the first has ended. @default false */
  firstAlone?: boolean;
  /** Stops all tasks when it is aborted. @default none */
  signal?: AbortSignal | undefined;
  /** Stops all tasks when it is stopped. @default one of its own */
  stopping?: Stopping;
}

/**
 * Runs a task for each item, and returns the results in the order of the items.
 *
 * The first failure starts no more tasks and aborts the running ones. It is thrown once all of them have ended.
 *
 * @throws what the first failing task threw, or the reason of the signal
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  { limit, firstAlone = false, signal, stopping = new Stopping() }: ConcurrencyOptions,
  task: (item: Item, index: number, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  const runNext = async (): Promise<void> => {
    const index = next;
    next += 1;
    try {
      results[index] = await stopping.guard((taskSignal) => task(items[index]!, index, taskSignal));
    } catch (error) {
      stopping.stop(error);
    }
  };
  const runAll = async (): Promise<void> => {
    while (next < items.length && !stopping.isStopped) await runNext();
  };
  const onAbort = (): void => stopping.stop(signal!.reason);
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort);
  try {
    if (firstAlone && items.length > 0 && !stopping.isStopped) await runNext();
    await Promise.all(Array.from({ length: Math.min(limit, items.length) }, runAll));
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
  if (stopping.isStopped) throw stopping.reason;
  return results;
}
