/** When a request is sent again, and after what pause. */
import type { Answer, NoAnswer } from "./attempt.ts";
import type { JsonRequest } from "./http.ts";

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
const longestPauseMs = 30_000;
// Who wants a longer pause than this has closed for now: the caller is better told so.
const longestRetryAfterMs = 60_000;
// Codes of Node and its TLS for what waiting does not mend: a wrong name, a certificate that is not trusted.
const lastingCodes = /^(?:ENOTFOUND|ERR_INVALID_|CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/** Whether an answer may be another one in a moment. */
export function isPassing(status: number): boolean {
  // 409 is a lock that another request holds, 425 a server that wants the request once more.
  return status === 408 || status === 409 || status === 425 || status === 429 || (status >= 500 && status !== 501);
}

/** Whether a failed request will fail the next time, too. */
export function isLasting(cause: unknown): boolean {
  return causes(cause).some((error) => lastingCodes.test(codeOf(error)) || error.message === "bad port");
}

/** How long to wait before the next attempt; undefined: it is not worth waiting. @param attempts so many were made */
export function pauseMs(request: JsonRequest, outcome: Answer | NoAnswer, attempts: number, clock: Clock): number | undefined {
  const delayMs = Math.min(longestPauseMs, (request.retryDelayMs ?? defaultRetryDelayMs) * 2 ** (attempts - 1));
  const askedMs = "headers" in outcome ? retryAfterMs(outcome.headers, clock) : undefined;
  if (askedMs !== undefined && askedMs > longestRetryAfterMs) return undefined;
  // Those who were sent away together should not come back together.
  const pause = (askedMs ?? 0) + clock.random() * delayMs;
  return clock.now() + pause >= (request.deadlineMs ?? Infinity) ? undefined : pause;
}

/** What an answer's `Retry-After` says, in seconds or as a date; undefined where it says nothing. */
export function retryAfterMs(headers: Headers, clock: Clock): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (!value) return undefined;
  const wait = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - clock.date();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** An error and what caused it, outermost first: fetch says "fetch failed" and keeps the reason in a chain. */
export function causes(error: unknown): Error[] {
  const chain: Error[] = [];
  // A handful: longer chains are loops.
  for (let current = error; current instanceof Error && chain.length < 5; ) {
    chain.push(current);
    // Connecting to several addresses of one host fails several times.
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return chain;
}

/** Node's code of an error; "" where it has none. */
export function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
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
