/** One HTTP exchange: a request, sent without following redirects, and its answer, both under one time limit. */
import { RerankError } from "../errors.ts";
import { isPermanent } from "./connection-failures.ts";

/** What {@link exchange} sends. */
export interface ExchangeRequest {
  url: string;
  method: string;
  /** Called just before the request is sent, within the time limit. */
  headers(): Record<string, string> | Promise<Record<string, string>>;
  /** Absent: no body. */
  body?: string | undefined;
  signal: AbortSignal | undefined;
  /** Abort the exchange when it takes longer than this, counted from the start or from the last {@link TimeLimit.restart}. */
  timeoutMs: number;
}

/** An answer whose body nobody has read yet. The reader calls `limit.stop()` when it is done. */
export interface Exchange {
  url: string;
  response: Response;
  limit: TimeLimit;
}

/** What prevented an answer, or the rest of it. */
export interface NoAnswer {
  url: string;
  /** The other side took longer than the time limit. */
  isTimeout: boolean;
  /** The platform refuses to send such a request: a header or the URL is not valid. */
  isForbidden: boolean;
  /** Whether the next attempt may succeed. */
  isRetryable: boolean;
  /** As it was thrown. It may contain secrets. */
  cause: unknown;
}

/** Aborts a request when its time is over, or when the caller's signal fires. */
export interface TimeLimit {
  signal: AbortSignal;
  /** Whether the time was over before the exchange was done. */
  readonly isExpired: boolean;
  /** Starts the full time again. */
  restart(): void;
  stop(): void;
}

// setTimeout fires at once for a longer delay.
const maxTimerMs = 2 ** 31 - 1;

/**
 * Sends one request.
 *
 * @returns the answer, redirects included, or why there is none
 * @throws RerankError what `headers` or `send` throw as such, and the signal's reason if that is one
 */
export async function exchange(send: typeof fetch, request: ExchangeRequest): Promise<Exchange | NoAnswer> {
  const { url, method, body } = request;
  const limit = startTimeLimit(request.timeoutMs, request.signal);
  let headers: Record<string, string> = {};
  try {
    limit.signal.throwIfAborted();
    headers = await request.headers();
    const init = { method, redirect: "manual", headers, signal: limit.signal, ...(body === undefined ? {} : { body }) } as const;
    return { url, response: await send(url, init), limit };
  } catch (cause) {
    limit.stop();
    const failure = noAnswer(url, limit, cause);
    const isForbidden = !limit.signal.aborted && !isValid(url, headers);
    return isForbidden ? { ...failure, isForbidden, isRetryable: false } : failure;
  }
}

/** Why an answer did not arrive, or did not arrive as a whole. @throws RerankError `cause` itself, if it is one */
export function noAnswer(url: string, { isExpired }: TimeLimit, cause: unknown): NoAnswer {
  if (RerankError.is(cause)) throw cause;
  return { url, isTimeout: isExpired, isForbidden: false, isRetryable: isExpired || !isPermanent(cause), cause };
}

/** The text of a body, as UTF-8. @param maxBytes the rest is not read, and `isCut` says so */
export async function readText({ body }: Response, maxBytes: number): Promise<{ text: string; isCut: boolean }> {
  if (body === null) return { text: "", isCut: false };
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), isCut: false };
    size += value.length;
    if (size > maxBytes) {
      await reader.cancel();
      return { text: text + decoder.decode(value.subarray(0, value.length - (size - maxBytes))), isCut: true };
    }
    text += decoder.decode(value, { stream: true });
  }
}

function startTimeLimit(timeoutMs: number, signal: AbortSignal | undefined): TimeLimit {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isRunning = false;
  let isExpired = false;
  const abort = (): void => controller.abort(signal?.reason);
  const expire = (): void => {
    isExpired = true;
    controller.abort();
  };
  const stop = (): void => {
    if (!isRunning) return;
    isRunning = false;
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  };
  const restart = (): void => {
    stop();
    isRunning = true;
    timer = timeoutMs > maxTimerMs ? undefined : setTimeout(expire, timeoutMs);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort);
  };
  restart();
  return {
    signal: controller.signal,
    get isExpired() {
      return isExpired;
    },
    restart,
    stop,
  };
}

function isValid(url: string, headers: Record<string, string>): boolean {
  try {
    return new Request(url, { headers }).url !== "";
  } catch {
    return false;
  }
}
