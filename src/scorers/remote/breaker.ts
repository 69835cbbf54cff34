import type { Clock } from "../../http/retry.ts";

/**
 * - `new`: never asked. A probe comes first.
 * - `closed`: in use.
 * - `open`: failed too often. It gets no requests until its pause has passed.
 * - `half-open`: a probe is running, or one request may try the engine.
 */
export type BreakerState = "new" | "closed" | "open" | "half-open";

/** One failure may be a lost packet, and two a restart that broke two connections. Three in a row mean that the engine is broken. */
const maxFailures = 3;
/** About the time in which a container restarts. Trying again too early costs only one short probe. */
const firstCoolDownMs = 5_000;
/** The pause doubles with each failed trial, up to this: an engine that works again is in use within a minute. */
const maxCoolDownMs = 60_000;

/**
 * Keeps calls away from an engine that fails. It has no timer: it compares times when it is read.
 *
 * @see https://martinfowler.com/bliki/CircuitBreaker.html
 */
export class CircuitBreaker {
  readonly #clock: Pick<Clock, "now">;
  #state: BreakerState;
  #failures = 0;
  #openings = 0;
  #reopensAtMs = 0;
  #isProbing = false;
  #lastError: unknown;

  /** @param state `closed` if no probe is needed first */
  constructor(clock: Pick<Clock, "now">, state: "new" | "closed") {
    this.#clock = clock;
    this.#state = state;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** The last failure; undefined if there was none since the last success. */
  get lastError(): unknown {
    return this.#lastError;
  }

  /** Whether it is time for a probe. */
  get isDue(): boolean {
    return this.#state === "new" || (this.#state === "open" && this.#clock.now() >= this.#reopensAtMs);
  }

  /** Whether the engine may get a request. While half-open, it gets one at a time. */
  get allowsRequest(): boolean {
    return this.#state === "closed" || (this.#state === "half-open" && !this.#isProbing);
  }

  /** Whether waiting for the engine makes sense: it is in use, or a probe or a trial is running. */
  get isPromising(): boolean {
    return this.#state === "closed" || this.#state === "half-open";
  }

  /** The state for messages: `open for 4 s more`. */
  describe(): string {
    const wait = Math.ceil((this.#reopensAtMs - this.#clock.now()) / 1000);
    return this.#state === "open" && wait > 0 ? `open for ${wait} s more` : this.#state;
  }

  startProbe(): void {
    this.#isProbing = true;
    this.#state = "half-open";
  }

  /** Records that the probe was answered. A new engine is in use now; one that had failed must pass a trial first. */
  passProbe(): void {
    this.#isProbing = false;
    if (this.#openings === 0) this.succeed();
  }

  succeed(): void {
    // Ignore late answers to requests from before the probe: the probe decides.
    if (this.#isProbing) return;
    this.#state = "closed";
    this.#failures = 0;
    this.#openings = 0;
    this.#lastError = undefined;
  }

  fail(error: unknown): void {
    this.#lastError = error;
    this.#failures += 1;
    if (this.#state === "half-open" || (this.#state === "closed" && this.#failures >= maxFailures)) this.trip(error);
  }

  /** Opens at once, for failures that a repetition does not solve. */
  trip(error: unknown): void {
    this.#lastError = error;
    this.#isProbing = false;
    // Requests that were running when it opened fail one after another. They count as one failure.
    if (this.#state === "open") return;
    this.#state = "open";
    this.#failures = 0;
    this.#reopensAtMs = this.#clock.now() + Math.min(maxCoolDownMs, firstCoolDownMs * 2 ** this.#openings);
    this.#openings += 1;
  }
}
