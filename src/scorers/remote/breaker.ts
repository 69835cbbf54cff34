import type { Clock } from "../../http/retry.ts";

/**
 * - `new`: never asked; a probe comes first.
 * - `closed`: in use.
 * - `open`: failed too often; left alone until its time has passed.
 * - `half-open`: a probe is under way, or one request is let through to see.
 */
export type BreakerState = "new" | "closed" | "open" | "half-open";

/** One failure may be a lost packet, two a restart that broke two connections; a third in a row is the engine's own. */
const maxFailures = 3;
/** As long as a container takes to start again; costs one short probe. */
const firstCoolDownMs = 5_000;
/** It doubles with every failed trial up to this: an engine that comes back is in use again within a minute. */
const longestCoolDownMs = 60_000;

/**
 * Keeps calls away from an engine that fails. It has no timer: time passes when somebody looks.
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

  /** @param state `closed` where nothing has to be found out first */
  constructor(clock: Pick<Clock, "now">, state: "new" | "closed") {
    this.#clock = clock;
    this.#state = state;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** What failed last; undefined while all went well. */
  get lastError(): unknown {
    return this.#lastError;
  }

  /** Whether it is time for a probe. */
  get isDue(): boolean {
    return this.#state === "new" || (this.#state === "open" && this.#clock.now() >= this.#reopensAtMs);
  }

  /** Whether requests may go to the engine; while half-open, one. */
  get allowsRequest(): boolean {
    return this.#state === "closed" || (this.#state === "half-open" && !this.#isProbing);
  }

  /** Whether waiting for the engine makes sense: it is in use, or a probe or a trial is about to tell. */
  get isPromising(): boolean {
    return this.#state === "closed" || this.#state === "half-open";
  }

  /** For people: `open for 4 s more`. */
  describe(): string {
    const wait = Math.ceil((this.#reopensAtMs - this.#clock.now()) / 1000);
    return this.#state === "open" && wait > 0 ? `open for ${wait} s more` : this.#state;
  }

  startProbe(): void {
    this.#isProbing = true;
    this.#state = "half-open";
  }

  /** The probe was answered. An engine that had failed has yet to pass a trial; a new one has done nothing wrong. */
  passProbe(): void {
    this.#isProbing = false;
    if (this.#openings === 0) this.succeed();
  }

  succeed(): void {
    // A late answer to a request from before a probe ends nothing: the probe itself will tell.
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

  /** Opens at once, for what a repetition does not mend. */
  trip(error: unknown): void {
    this.#lastError = error;
    this.#isProbing = false;
    // Requests that were under way when it opened fail one after the other, and are one event.
    if (this.#state === "open") return;
    this.#state = "open";
    this.#failures = 0;
    this.#reopensAtMs = this.#clock.now() + Math.min(longestCoolDownMs, firstCoolDownMs * 2 ** this.#openings);
    this.#openings += 1;
  }
}
