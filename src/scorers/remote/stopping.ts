/**
 * Ends any number of works at once, each by a signal of its own.
 *
 * One signal for all would do the same, but Node prints a warning when more than ten listen to one.
 */
export class Stopping {
  readonly #controllers = new Set<AbortController>();
  #cause: { reason: unknown } | undefined;

  get isStopped(): boolean {
    return this.#cause !== undefined;
  }

  /** Why; undefined before it is stopped. */
  get reason(): unknown {
    return this.#cause?.reason;
  }

  /** The first reason counts. */
  stop(reason: unknown): void {
    if (this.#cause !== undefined) return;
    this.#cause = { reason };
    for (const controller of this.#controllers) controller.abort(reason);
  }

  /** Does some work with a signal that fires when it is to end. */
  async guard<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    if (this.#cause !== undefined) controller.abort(this.#cause.reason);
    this.#controllers.add(controller);
    try {
      return await work(controller.signal);
    } finally {
      this.#controllers.delete(controller);
    }
  }
}
