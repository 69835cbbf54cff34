/** What every scorer behind HTTP shares: one request that survives a bad network and tells no secrets. */
import { type Answer, attempt } from "./attempt.ts";
import { abortReason, noAnswer, notJson, refused } from "./http-errors.ts";
import { type Clock, isPassing, pauseMs, systemClock } from "./retry.ts";

/** The surroundings, as the composition root gives them. */
export interface Network {
  /** The platform's fetch; on Node it obeys proxy variables. */
  fetch: typeof fetch;
  /** An environment variable, trimmed; undefined where it is absent, empty, or there is no environment. */
  readVariable(name: string): string | undefined;
  /** Whether there is an environment, so that messages may name its variables. */
  hasEnvironment: boolean;
}

/** One request with JSON in and JSON out. It may be sent several times, so it must change nothing on the other side. */
export interface JsonRequest {
  /** Who asks, at the head of messages: `cohere`. */
  place: string;
  /** @default "POST" with a body, "GET" without */
  method?: "POST" | "GET" | undefined;
  url: string;
  /** Beside `accept` and `content-type`; names in lower case. */
  headers: Record<string, string>;
  /** Written as JSON; absent: no body. */
  body?: unknown;
  /** Headers that depend on the body and on the time: asked for anew before each attempt. */
  sign?: ((body: string) => Promise<Record<string, string>>) | undefined;
  signal?: AbortSignal | undefined;
  /** When the time of the whole call is over, on the clock of `performance.now()`: no pause begins that would end later. @default never */
  deadlineMs?: number | undefined;
  /** Ceiling of one attempt, until the last byte of its answer. */
  timeoutMs: number;
  /** Attempts beside the first. */
  maxRetries: number;
  /** First pause at most; it doubles each time, up to 30 s, and chance cuts it by up to a half. @default 500 */
  retryDelayMs?: number | undefined;
  /** Never told in any error: API keys, and whatever else the headers hold. Texts of less than 4 characters hide nothing. */
  secrets: readonly string[];
  /** The message for people in the body of an answer that is no success. @default the body's text */
  decodeError?: ((body: unknown) => string | undefined) | undefined;
  /** Most bytes of an answer, after decompression. @default 64 MiB */
  maxBytes?: number | undefined;
  /** What to do where the other side refuses the key, for the message. @default "Check the key" */
  keyAdvice?: string | undefined;
}

/** A successful answer. */
export interface JsonReply {
  /** 200 to 299. */
  status: number;
  headers: Headers;
  /** Parsed; undefined where the answer has no body. */
  body: unknown;
  /** Requests that were answered, by failures too. */
  requests: number;
}

/**
 * Sends a request, and again while that may help: after network errors and time-outs, 408, 409, 425, 429 and 5xx but 501.
 *
 * A pause is as long as the answer's `Retry-After` says, and never shorter than {@link backoffMs} allows. Redirects are not followed: they
 * would carry the key and the documents to wherever they point.
 *
 * @throws RerankError `hosted` with the status and the other side's own words, or without a status where no answer came; `timeout`;
 *   `bad-response` for a success that is no JSON or too large; `invalid-input` for a header or a URL that HTTP forbids; the signal's
 *   reason when it fires, at any moment. No error holds a secret in any form, and neither do its causes
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ for the rule, there called equal jitter
 */
export async function requestJson(network: Network, request: JsonRequest, clock: Clock = systemClock): Promise<JsonReply> {
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  let answered = 0;
  for (let attempts = 1; ; attempts += 1) {
    const outcome = await attempt(network.fetch, request, body);
    if (request.signal?.aborted) throw abortReason(request);
    const isAnswer = "status" in outcome;
    if (isAnswer) answered += 1;
    if (isAnswer && outcome.isSuccess) return success(request, outcome, answered);
    const mayPass = isAnswer ? isPassing(outcome.status) : outcome.isRetryable;
    const pause = mayPass && attempts <= request.maxRetries ? pauseMs(request, outcome, attempts, clock) : undefined;
    if (pause === undefined)
      throw isAnswer ? refused(request, outcome, attempts) : noAnswer(request, outcome, attempts, network.hasEnvironment);
    await clock.wait(pause, request.signal);
    if (request.signal?.aborted) throw abortReason(request);
  }
}

function success(request: JsonRequest, { status, headers, text }: Answer, requests: number): JsonReply {
  if (text === "") return { status, headers, body: undefined, requests };
  try {
    return { status, headers, body: JSON.parse(text) as unknown, requests };
  } catch {
    // The parser's own error quotes the body; the message does so too, cut and without secrets.
    throw notJson(request, headers, text);
  }
}
