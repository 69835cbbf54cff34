/** One HTTP request and its whole answer, under a time limit. */

import { RerankError } from "../errors.ts";
import { isLasting } from "./connection-failures.ts";
import { forbidden, redirected, tooLarge } from "./http-errors.ts";
import type { Answer, JsonRequest, NoAnswer } from "./request.ts";

const mostBytes = 64 * 2 ** 20;
// A failure is to give one message, not a page.
const mostFailureBytes = 64 * 2 ** 10;
const longestTimerMs = 2 ** 31 - 1;

/**
 * @param body JSON, or undefined for none
 * @throws RerankError for what no further attempt changes: `hosted` for a redirect, `bad-response` for an answer that is too large,
 *   `invalid-input` for a header or a URL that HTTP forbids; the signal's reason, if that is a RerankError
 */
export async function attempt(send: typeof fetch, request: JsonRequest, body: string | undefined): Promise<Answer | NoAnswer> {
  const { signal, timeoutMs } = request;
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal?.reason);
  let isTimeout = false;
  const expire = (): void => {
    isTimeout = true;
    controller.abort();
  };
  // A longer limit than a timer takes is none.
  const timer = timeoutMs > longestTimerMs ? undefined : setTimeout(expire, timeoutMs);
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort);
  try {
    controller.signal.throwIfAborted();
    const response = await send(request.url, {
      method: request.method ?? (body === undefined ? "GET" : "POST"),
      redirect: "manual",
      headers: await headersOf(request, body),
      signal: controller.signal,
      ...(body === undefined ? {} : { body }),
    });
    return await readAnswer(request, response);
  } catch (cause) {
    if (RerankError.is(cause)) throw cause;
    if (!controller.signal.aborted && isForbidden(request)) throw forbidden(request);
    return { isTimeout, isRetryable: isTimeout || !isLasting(cause), cause };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

async function headersOf({ headers, sign }: JsonRequest, body: string | undefined): Promise<Record<string, string>> {
  const signature = sign === undefined ? undefined : await sign(body ?? "");
  const type = body === undefined ? undefined : { "content-type": "application/json" };
  return { accept: "application/json", ...type, ...headers, ...signature };
}

async function readAnswer(request: JsonRequest, response: Response): Promise<Answer> {
  const { status, headers, ok: isSuccess } = response;
  // Browsers hide where a redirect leads, and show neither its status nor its headers.
  if ((status >= 300 && status < 400) || response.type === "opaqueredirect") {
    await response.body?.cancel();
    throw redirected(request, status, headers.get("location"));
  }
  const limit = request.maxBytes ?? mostBytes;
  const { text, isCut } = await readText(response, isSuccess ? limit : Math.min(limit, mostFailureBytes));
  if (isCut && isSuccess) throw tooLarge(request, limit);
  return { status, isSuccess, headers, text };
}

async function readText({ body }: Response, limit: number): Promise<{ text: string; isCut: boolean }> {
  if (body === null) return { text: "", isCut: false };
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), isCut: false };
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      return { text: text + decoder.decode(value.subarray(0, value.length - (size - limit))), isCut: true };
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** Whether the platform refuses to send such a request at all, whatever the network is like. */
function isForbidden({ url, headers }: JsonRequest): boolean {
  try {
    return new Request(url, { headers }).url === "";
  } catch {
    return true;
  }
}
