/** What every scorer behind HTTP shares: one request that survives a bad network and tells no secrets. */

import { attempt } from "./attempt.ts";
import { abortReason, noAnswer, notJson, refused } from "./http-errors.ts";
import type { Answer, JsonReply, JsonRequest, Network } from "./request.ts";
import { type Clock, isPassing, pauseMs, systemClock } from "./retry.ts";

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
