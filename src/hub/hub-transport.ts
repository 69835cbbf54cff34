/** Requests to a hub: repeated when the network is bad, and with a token that only the hub itself receives. */
import type { RerankError } from "../errors.ts";
import { type Exchange, exchange, type NoAnswer, noAnswer } from "../http/exchange.ts";
import { followRedirects, maxRedirects } from "../http/redirects.ts";
import { backoffMs, isRetryableStatus, systemClock, withRetries } from "../http/retry.ts";
import { abortedError, forbiddenTokenError, networkError, statusError, unsafeRedirectError } from "./hub-errors.ts";

/** How to reach a hub. */
export interface HubAccess {
  /** Without a trailing slash, a user name and a password. */
  endpoint: string;
  /** The `authorization` header; sent to the endpoint's own origin only. */
  authorization: string | undefined;
  fetch: typeof fetch;
  signal: AbortSignal | undefined;
  /** Abort an attempt when the other side sends nothing for longer than this. */
  stallTimeoutMs: number;
  /** Upper limit of the first pause before a request is repeated; it doubles each time. @default 500 */
  retryDelayMs: number | undefined;
}

/** What to ask of a hub. */
export interface HubRequest {
  method: "GET" | "HEAD";
  url: string;
  headers?: Record<string, string>;
  /** Whether a redirect to another origin already holds all that the caller wants. It is not followed then. @default never */
  isEnough?: (response: Response) => boolean;
}

const maxRetries = 4;
// Without any answer, this machine usually has no network: say so soon.
const maxConnectionRetries = 2;
// The hub's rate limits have windows of 300 s, and its own client waits for the next one however long that takes.
// @see https://huggingface.co/docs/hub/rate-limits
const maxRetryAfterMs = 300_000;

/**
 * Sends a request until repeating it cannot change the answer.
 *
 * @returns every answer on the way, redirects included; the last one is open, and may be a failure
 * @throws RerankError `download`, `aborted`, `invalid-input` for a token that HTTP forbids
 */
export async function send(access: HubAccess, request: HubRequest): Promise<Exchange[]> {
  const { signal, retryDelayMs } = access;
  const policy = { signal, retryDelayMs, maxRetries, maxConnectionRetries, maxRetryAfterMs };
  const { result } = await withRetries(() => attempt(access, request), policy, systemClock);
  if (!("status" in result)) throw failedRequest(access, request.method, result);
  if (isRetryableStatus(result.status)) throw statusError(request.method, request.url, result);
  return result.exchanges;
}

/** Reads a body. @throws RerankError `download` (retryable) if the connection is cut or silent, `aborted` */
export async function* readChunks(access: HubAccess, { url, response, limit }: Exchange): AsyncGenerator<Uint8Array> {
  try {
    if (response.body === null) return;
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      // The time that our reader takes to write must not count as silence of the sender.
      limit.stop();
      yield chunk;
      limit.restart();
    }
  } catch (cause) {
    throw failedRequest(access, "GET", noAnswer(url, limit, cause));
  } finally {
    limit.stop();
  }
}

/**
 * Waits before a download is continued.
 *
 * @param attempts failed attempts so far, ≥ 1
 * @throws RerankError `aborted`
 */
export async function pause({ retryDelayMs, signal }: HubAccess, attempts: number): Promise<void> {
  await systemClock.wait(backoffMs({ attempts, firstMs: retryDelayMs }, systemClock), signal);
  if (signal?.aborted) throw abortedError(signal);
}

/** The error for an answer that did not arrive, or not as a whole. */
export function failedRequest(access: HubAccess, method: string, { url, isTimeout, isForbidden, cause }: NoAnswer): RerankError {
  if (access.signal?.aborted) return abortedError(access.signal);
  // The cause quotes the header.
  if (isForbidden) return forbiddenTokenError();
  const silence = `the other side was silent for ${access.stallTimeoutMs / 1000} s`;
  return networkError(method, url, isTimeout ? new Error(silence) : cause);
}

type HubAnswer = Pick<Response, "status" | "headers"> & { exchanges: Exchange[] };

async function attempt(access: HubAccess, request: HubRequest): Promise<HubAnswer | NoAnswer> {
  const { method, isEnough = () => false } = request;
  const { authorization, signal, stallTimeoutMs: timeoutMs } = access;
  const sendOnce = (url: string, credentials: string | undefined): Promise<Exchange | NoAnswer> =>
    exchange(access.fetch, { url, method, headers: () => headersOf(request, credentials), signal, timeoutMs });
  const result = await followRedirects(sendOnce, request.url, {
    origin: new URL(access.endpoint).origin,
    authorization,
    isEnough,
    refuse: (url, problem) =>
      problem === "unsafe" ? unsafeRedirectError(method, url) : networkError(method, url, new Error(`more than ${maxRedirects} redirects`)),
  });
  if (!Array.isArray(result)) {
    if (signal?.aborted) throw abortedError(signal);
    return result;
  }
  const { response, limit } = result.at(-1) as Exchange;
  const { status, headers } = response;
  if (isRetryableStatus(status)) {
    limit.stop();
    await response.body?.cancel();
  }
  return { status, headers, exchanges: result };
}

function headersOf({ headers }: HubRequest, authorization: string | undefined): Record<string, string> {
  const credentials = authorization === undefined ? {} : { authorization };
  // identity: byte ranges, sizes and hashes are those of the file, not of a compressed copy.
  return { "accept-encoding": "identity", "user-agent": "crossrank", ...headers, ...credentials };
}
