/** When a request is sent again, and after which pause: one rule for hosted models, engines and the hub. */
import type { NoAnswer } from "./exchange.ts";

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

/** How often and how long to try. */
export interface RetryPolicy {
  /** Ends a pause. */
  signal?: AbortSignal | undefined;
  /** Attempts after the first. */
  maxRetries: number;
  /** The same where no answer came at all. @default maxRetries */
  maxConnectionRetries?: number | undefined;
  /** Upper limit of the first pause; it doubles each time, up to 30 s. A pause is at least half of its upper limit. @default 500 */
  retryDelayMs?: number | undefined;
  /** Fail instead of waiting longer than this. @default 60000 */
  maxRetryAfterMs?: number | undefined;
  /** Fail instead of waiting beyond this time, on the clock of `performance.now()`. @default no limit */
  deadlineMs?: number | undefined;
}

/** The result of one attempt: an answer of any status, or none. */
export type Attempt = Pick<Response, "status" | "headers"> | NoAnswer;

/** The last attempt. */
export interface LastAttempt<Result extends Attempt> {
  result: Result;
  /** Attempts made, ≥ 1. */
  attempts: number;
  /** Attempts that got an answer of any status. */
  answers: number;
}

/** The platform's clock. */
export const systemClock: Clock = { now: () => performance.now(), date: () => Date.now(), random: () => Math.random(), wait };

const defaultRetryDelayMs = 500;
const maxBackoffMs = 30_000;
const defaultMaxRetryAfterMs = 60_000;

/**
 * Repeats an attempt while another one may succeed and the policy allows it.
 *
 * @param attempt throws what no further attempt changes, and when the policy's signal has fired
 */
export async function withRetries<Result extends Attempt>(
  attempt: () => Promise<Result>,
  policy: RetryPolicy,
  clock: Clock,
): Promise<LastAttempt<Result>> {
  let answers = 0;
  for (let attempts = 1; ; attempts += 1) {
    const result = await attempt();
    if ("status" in result) answers += 1;
    const pause = pauseMs(policy, result, attempts, clock);
    if (pause === undefined) return { result, attempts, answers };
    await clock.wait(pause, policy.signal);
  }
}

/** Whether the same request may get another answer a moment later: 408, 409, 425, 429, and 5xx except 501. */
export function isRetryableStatus(status: number): boolean {
  // 409: another request holds a lock. 425: the server wants to receive the request again.
  return status === 408 || status === 409 || status === 425 || status === 429 || (status >= 500 && status !== 501);
}

/** What a pause depends on. */
export interface Backoff {
  /** Failed attempts so far, ≥ 1. */
  attempts: number;
  /** Upper limit of the first pause. @default 500 */
  firstMs?: number | undefined;
  /** How long the other side asks to wait; undefined if it does not say. */
  askedMs?: number | undefined;
}

/**
 * The pause before a request is sent again: as long as the other side asks, but at least half of `firstMs` × 2^(attempts − 1), plus a
 * random time of up to the same half. The half grows to 15 s at most.
 *
 * The lower limit also applies if the other side asks for 0, a negative number, or a date in the past.
 */
export function backoffMs({ attempts, firstMs = defaultRetryDelayMs, askedMs = 0 }: Backoff, clock: Pick<Clock, "random">): number {
  const halfMs = Math.min(maxBackoffMs, firstMs * 2 ** (attempts - 1)) / 2;
  // Random, so that clients that were refused together do not return together.
  return Math.max(askedMs, halfMs) + clock.random() * halfMs;
}

/**
 * How long an answer asks to wait: `Retry-After` in seconds or as a date, or else `RateLimit`; undefined if it does not say.
 *
 * A date is compared with the answer's own `Date` where it has one: both come from one clock, and the clock of this machine may be wrong.
 *
 * @see https://huggingface.co/docs/hub/rate-limits for the hub, which sends `RateLimit: "resolvers";r=0;t=55` and no `Retry-After`
 */
export function retryAfterMs(headers: Headers, clock: Pick<Clock, "date">): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (!value) return rateLimitResetMs(headers);
  const sentMs = Date.parse(headers.get("date") ?? "");
  const waitMs = Number(value) * 1000;
  const asked = Number.isNaN(waitMs) ? Date.parse(value) - (Number.isNaN(sentMs) ? clock.date() : sentMs) : waitMs;
  return Number.isNaN(asked) ? undefined : Math.max(0, asked);
}

/** When the last of the used-up quotas is available again. @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ */
function rateLimitResetMs(headers: Headers): number | undefined {
  const quotas = (headers.get("ratelimit") ?? "").split(",");
  const seconds = quotas.filter((quota) => /;\s*r=0\s*(?:;|$)/.test(quota)).map((quota) => Number(/;\s*t=(\d+)/.exec(quota)?.[1] ?? 0));
  return seconds.length === 0 ? undefined : Math.max(...seconds) * 1000;
}

/** How long to wait before the next attempt; undefined if there is none. */
function pauseMs(policy: RetryPolicy, result: Attempt, attempts: number, clock: Clock): number | undefined {
  const { maxRetries, maxConnectionRetries = maxRetries, maxRetryAfterMs = defaultMaxRetryAfterMs, deadlineMs = Infinity } = policy;
  const isAnswer = "status" in result;
  const isRetryable = isAnswer ? isRetryableStatus(result.status) : result.isRetryable;
  if (!isRetryable || attempts > (isAnswer ? maxRetries : maxConnectionRetries)) return undefined;
  const askedMs = isAnswer ? retryAfterMs(result.headers, clock) : undefined;
  if (askedMs !== undefined && askedMs > maxRetryAfterMs) return undefined;
  const pause = backoffMs({ attempts, firstMs: policy.retryDelayMs, askedMs }, clock);
  return clock.now() + pause >= deadlineMs ? undefined : pause;
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
