/** One attempt of a JSON request: sent once, and its answer read to the end, under one time limit. */

import { type Exchange, exchange, type NoAnswer, noAnswer, readText } from "./exchange.ts";
import { forbidden, redirected, tooLarge } from "./http-errors.ts";
import type { Answer, JsonRequest } from "./request.ts";

const defaultMaxBytes = 64 * 2 ** 20;
// Of a failure, only a message is needed.
const maxFailureBytes = 64 * 2 ** 10;

/**
 * @param body JSON, or undefined for none
 * @throws RerankError for what no further attempt changes: `hosted` for a redirect, `bad-response` for an answer that is too large,
 *   `invalid-input` for a header or a URL that HTTP forbids; the signal's reason, if that is a RerankError
 */
export async function attempt(send: typeof fetch, request: JsonRequest, body: string | undefined): Promise<Answer | NoAnswer> {
  const { url, signal, timeoutMs } = request;
  const method = request.method ?? (body === undefined ? "GET" : "POST");
  const outcome = await exchange(send, { url, method, headers: () => headersOf(request, body), body, signal, timeoutMs });
  if ("response" in outcome) return await readAnswer(request, outcome);
  if (outcome.isForbidden) throw forbidden(request);
  return outcome;
}

async function headersOf({ headers, sign }: JsonRequest, body: string | undefined): Promise<Record<string, string>> {
  const signature = sign === undefined ? undefined : await sign(body ?? "");
  const type = body === undefined ? undefined : { "content-type": "application/json" };
  return { accept: "application/json", ...type, ...headers, ...signature };
}

async function readAnswer(request: JsonRequest, { url, response, limit }: Exchange): Promise<Answer | NoAnswer> {
  const { status, headers, ok: isSuccess } = response;
  try {
    // Browsers hide the target of a redirect, its status and its headers.
    if ((status >= 300 && status < 400) || response.type === "opaqueredirect") {
      await response.body?.cancel();
      throw redirected(request, status, headers.get("location"));
    }
    const maxBytes = request.maxBytes ?? defaultMaxBytes;
    const { text, isCut } = await readText(response, isSuccess ? maxBytes : Math.min(maxBytes, maxFailureBytes));
    if (isCut && isSuccess) throw tooLarge(request, maxBytes);
    return { status, isSuccess, headers, text };
  } catch (cause) {
    return noAnswer(url, limit, cause);
  } finally {
    limit.stop();
  }
}
