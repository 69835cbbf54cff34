/** When a request is sent again, and after what pause. */
import type { Answer, JsonRequest, NoAnswer } from "./request.ts";

/** Time and chance. */
export interface Clock {
  /** Milliseconds, as `performance.now()`. */
  now(): number;
  /** Milliseconds since 1970. */
  date(): number;
  /** At least 0, below 1. */
  random(): number;
  /** Resolves after the time, or as soon as the signal fires. */
  wait(durationMs: number, signal: AbortSignal | undefined): Promise<void>;
}

/** The platform's. */
export const systemClock: Clock = { now: () => performance.now(), date: () => Date.now(), random: () => Math.random(), wait };

const defaultRetryDelayMs = 500;
const maxBackoffMs = 30_000;
// Who wants a longer pause than this has closed for now: the caller is better told so.
const longestRetryAfterMs = 60_000;

/** Whether an answer may be another one in a moment. */
export function isPassing(status: number): boolean {
  // 409 is a lock that another request holds, 425 a server that wants the request once more.
  return status === 408 || status === 409 || status === 425 || status === 429 || (status >= 500 && status !== 501);
}

/** What a pause depends on. */
export interface Backoff {
  /** How often it was tried in vain, ≥ 1. */
  attempts: number;
  /** The first pause is at most so long. */
  firstMs: number;
  /** What the other side asks for; undefined where it says nothing. */
  askedMs: number | undefined;
}

/**
 * The pause before a request is sent again, the same for every client: what the other side asks for, but at least half of
 * `firstMs` × 2^(attempts − 1), and up to as much again by chance; both halves stop growing at 15 s.
 *
 * The lower bound holds whatever the other side says: some say 0, a negative number, or a date that is over.
 */
export function backoffMs({ attempts, firstMs, askedMs = 0 }: Backoff, clock: Pick<Clock, "random">): number {
  const halfMs = Math.min(maxBackoffMs, firstMs * 2 ** (attempts - 1)) / 2;
  // By chance: clients that were refused together should not come back together.
  return Math.max(askedMs, halfMs) + clock.random() * halfMs;
}

/** How long to wait before the next attempt; undefined: it is not worth waiting. @param attempts so many were made */
export function pauseMs(request: JsonRequest, outcome: Answer | NoAnswer, attempts: number, clock: Clock): number | undefined {
  const askedMs = "headers" in outcome ? retryAfterMs(outcome.headers, clock) : undefined;
  if (askedMs !== undefined && askedMs > longestRetryAfterMs) return undefined;
  const pause = backoffMs({ attempts, firstMs: request.retryDelayMs ?? defaultRetryDelayMs, askedMs }, clock);
  return clock.now() + pause >= (request.deadlineMs ?? Infinity) ? undefined : pause;
}

/**
 * What an answer's `Retry-After` says, in seconds or as a date; undefined where it says nothing.
 *
 * A date is measured from the answer's own `Date`, if it has one: both are of one clock, and this machine's may be wrong.
 */
export function retryAfterMs(headers: Headers, clock: Pick<Clock, "date">): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (!value) return undefined;
  const sentMs = Date.parse(headers.get("date") ?? "");
  const waitMs = Number(value) * 1000;
  const asked = Number.isNaN(waitMs) ? Date.parse(value) - (Number.isNaN(sentMs) ? clock.date() : sentMs) : waitMs;
  return Number.isNaN(asked) ? undefined : Math.max(0, asked);
}

function wait(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, durationMs);
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end);
  });
}
