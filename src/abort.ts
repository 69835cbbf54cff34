import { messageOf, RerankError } from "./errors.ts";

/**
 * A signal that fires when the caller aborts (`aborted`) or when the time limit is reached (`timeout`). Its reason is always
 * a RerankError.
 */
export interface Deadline {
  signal: AbortSignal;
  /** When the time limit ends, on the clock of `performance.now()`; Infinity without a limit. */
  deadlineMs: number;
  /** Stops the timer. Call it when the work has ended. */
  clear(): void;
}

/**
 * Starts a deadline.
 *
 * @param source first words of messages
 * @param durationSecs undefined for no limit
 * @throws RerankError `invalid-input` if listening to the signal fails
 */
export function startDeadline(source: string, signal: AbortSignal | undefined, durationSecs: number | undefined): Deadline {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(abortError(source, signal!));
  try {
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort);
  } catch (error) {
    throw RerankError.from(error, "invalid-input", `${source}: listening to the signal failed`);
  }
  const onTime = (): void => controller.abort(timeoutError(source, durationSecs!));
  // A timer takes at most 2^31 − 1 ms. A longer limit counts as no limit.
  const timer = durationSecs === undefined || durationSecs * 1000 >= 2 ** 31 ? undefined : setTimeout(onTime, durationSecs * 1000);
  return {
    signal: controller.signal,
    deadlineMs: durationSecs === undefined ? Infinity : performance.now() + durationSecs * 1000,
    clear() {
      clearTimeout(timer);
      try {
        signal?.removeEventListener("abort", onAbort);
      } catch {
        // Ignore the error: the listener stays, but aborting a call that has ended does nothing.
      }
    },
  };
}

/** The promise's outcome, or the signal's reason if it fires first. Then the work keeps running; its result is discarded. */
export async function raceAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort!);
    work.catch(() => undefined); // after an abort, discard its failure too
  }
}

/** The promise's outcome, or the given error if it does not settle in time. Then the work keeps running; its result is discarded. */
export async function withTimeout<T>(work: Promise<T>, durationSecs: number, createError: () => RerankError): Promise<T> {
  const controller = new AbortController();
  // Not unref'd: a program that awaits this must not end before the timer fires.
  const timer = setTimeout(() => controller.abort(createError()), Math.min(durationSecs * 1000, 2 ** 31 - 1));
  try {
    return await raceAbort(work, controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** `aborted`, with the caller's reason as its cause. */
function abortError(source: string, signal: AbortSignal): RerankError {
  let cause: unknown;
  try {
    cause = signal.reason;
  } catch (error) {
    cause = error; // do not throw: in the signal's event, no one could catch it
  }
  return new RerankError("aborted", `${source}: the call was aborted: ${messageOf(cause)}.`, { cause });
}

/** `timeout`, naming the option. */
export function timeoutError(source: string, durationSecs: number): RerankError {
  return new RerankError(
    "timeout",
    `${source}: the call took longer than ${durationSecs} s. Raise maxRerankDurationSecs or pass fewer documents.`,
    {
      isRetryable: true,
    },
  );
}
