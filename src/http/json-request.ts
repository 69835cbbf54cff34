/** A JSON request that is repeated when the network is bad, and whose errors contain no secrets. Every scorer behind HTTP uses it. */

import { attempt } from "./attempt.ts";
import type { NoAnswer } from "./exchange.ts";
import { abortReason, notJson, refused, unanswered } from "./http-errors.ts";
import type { Answer, JsonReply, JsonRequest, Network } from "./request.ts";
import { type Clock, systemClock, withRetries } from "./retry.ts";

/**
 * Sends a request, and repeats it while that may help: after network errors and time-outs, and for the statuses of `isRetryableStatus`.
 *
 * Pauses are those of {@link withRetries}. Redirects are not followed: they would send the key and the documents to another address.
 *
 * @throws RerankError `hosted` with the status and the other side's own words, or without a status if no answer came; `timeout`;
 *   `bad-response` for a success that is not JSON or too large; `invalid-input` for a header or a URL that HTTP forbids; the signal's
 *   reason when it fires, at any moment. No error contains a secret in any form, and neither do its causes
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ for the rule, there called equal jitter
 */
export async function requestJson(network: Network, request: JsonRequest, clock: Clock = systemClock): Promise<JsonReply> {
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const send = async (): Promise<Answer | NoAnswer> => {
    const result = await attempt(network.fetch, request, body);
    if (request.signal?.aborted) throw abortReason(request);
    return result;
  };
  const { result, attempts, answers } = await withRetries(send, request, clock);
  if (!("status" in result)) throw unanswered(request, result, attempts, network.hasEnvironment);
  if (!result.isSuccess) throw refused(request, result, attempts);
  return success(request, result, answers);
}

function success(request: JsonRequest, { status, headers, text }: Answer, requests: number): JsonReply {
  if (text === "") return { status, headers, body: undefined, requests };
  try {
    return { status, headers, body: JSON.parse(text) as unknown, requests };
  } catch {
    // Not the parser's own error, which quotes the body: the message quotes it too, but cut and without secrets.
    throw notJson(request, headers, text);
  }
}
