import { messageOf, RerankError } from "./errors.ts";

/**
 * A signal that fires when the caller aborts (`aborted`) or when the time is over (`timeout`), and whose reason is always
 * a RerankError.
 */
export interface Deadline {
  signal: AbortSignal;
  /** On the clock of `performance.now()`; Infinity without a limit. */
  deadlineMs: number;
  /** Stops the timer; call it when the work has ended. */
  clear(): void;
}

/**
 * Starts the clock.
 *
 * @param source for messages
 * @param durationSecs undefined for no limit
 * @throws RerankError `invalid-input` for a signal that cannot be listened to
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
  // A timer takes at most 2^31 − 1 ms; a longer limit is none.
  const timer = durationSecs === undefined || durationSecs * 1000 >= 2 ** 31 ? undefined : setTimeout(onTime, durationSecs * 1000);
  return {
    signal: controller.signal,
    deadlineMs: durationSecs === undefined ? Infinity : performance.now() + durationSecs * 1000,
    clear() {
      clearTimeout(timer);
      try {
        signal?.removeEventListener("abort", onAbort);
      } catch {
        // A signal that keeps its listener cannot take the call's outcome away: aborting what has ended does nothing.
      }
    },
  };
}

/** The promise's outcome, or the signal's reason if it fires first; the work itself goes on unheard. */
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
    work.catch(() => undefined); // after an abort nobody waits for its failure
  }
}

/** The promise's outcome, or this failure if it does not settle in time; the work itself goes on unheard. */
export async function withTimeout<T>(work: Promise<T>, durationSecs: number, createError: () => RerankError): Promise<T> {
  const controller = new AbortController();
  // Not unref'd: a program that awaits it must not end before.
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
    cause = error; // nobody could catch it: this runs in the signal's event
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
