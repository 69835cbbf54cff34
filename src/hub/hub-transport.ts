/** Requests that survive a bad network: redirects, repetitions, silence, and a token that stays at home. */
import { RerankError } from "../errors.ts";
import { splitCredentials } from "../http/credentials.ts";
import { backoffMs, retryAfterMs, systemClock } from "../http/retry.ts";
import { abortedError, isPassing, networkError, shownUrl, statusError } from "./hub-errors.ts";

/** How to reach a hub. */
export interface HubAccess {
  /** Without a trailing slash, a user name and a password. */
  endpoint: string;
  /** The header that lets in there; sent to the endpoint's own origin only. */
  authorization: string | undefined;
  fetch: typeof fetch;
  signal: AbortSignal | undefined;
  /** Longest silence of the other side. */
  stallTimeoutMs: number;
  /** First pause at most before a repetition; it doubles each time. */
  retryDelayMs: number;
}

/** One answer on the way to a file. */
export interface Hop {
  url: string;
  response: Response;
  watch: Watch;
}

/** Ends a request when the other side is silent for too long. */
export interface Watch {
  signal: AbortSignal;
  /** Something arrived. */
  reset(): void;
  stop(): void;
}

const mostRedirects = 10;
const mostRetries = 4;
// No connection at all is usually a machine without network: say so soon.
const mostConnectRetries = 2;
// A server that wants a longer pause than this has closed for the day.
const longestRetryAfterMs = 120_000;

/** Sends until there is an answer that repeating would not change; gives all hops, the last one open. */
export async function send(
  access: HubAccess,
  method: "GET" | "HEAD",
  url: string,
  headers: Record<string, string>,
  isEnough: (response: Response) => boolean,
): Promise<Hop[]> {
  for (let attempt = 0; ; attempt += 1) {
    let askedMs: number | undefined;
    try {
      const hops = await follow(access, method, url, headers, isEnough);
      const { response, watch } = hops.at(-1) as Hop;
      if (!isPassing(response.status)) return hops;
      watch.stop();
      await response.body?.cancel();
      askedMs = retryAfterMs(response.headers, systemClock);
      if (attempt >= mostRetries || (askedMs ?? 0) > longestRetryAfterMs) throw statusError(method, url, response);
    } catch (error) {
      const isNetwork = RerankError.is(error) && error.isRetryable && error.status === undefined;
      if (!isNetwork || attempt >= mostConnectRetries) throw error;
    }
    await pause(access, attempt + 1, askedMs);
  }
}

/** Follows redirects by hand: the token must not leave the endpoint's origin, and the hub's headers are on the way, not at the end. */
async function follow(
  access: HubAccess,
  method: "GET" | "HEAD",
  start: string,
  headers: Record<string, string>,
  isEnough: (response: Response) => boolean,
): Promise<Hop[]> {
  const home = new URL(access.endpoint);
  const hops: Hop[] = [];
  let next = start;
  for (let count = 0; count <= mostRedirects; count += 1) {
    // A redirect may bring credentials of its own, which are for its target.
    const { url, authorization: own } = splitCredentials(next);
    const authorization = own ?? (new URL(url).origin === home.origin ? access.authorization : undefined);
    const watch = startWatch(access);
    let response: Response;
    try {
      response = await access.fetch(url, {
        method,
        redirect: "manual",
        signal: watch.signal,
        // identity: byte ranges, sizes and hashes are those of the file, not of a compressed copy.
        headers: {
          "accept-encoding": "identity",
          "user-agent": "crossrank",
          ...headers,
          ...(authorization === undefined ? {} : { authorization }),
        },
      });
    } catch (cause) {
      watch.stop();
      throw failedRequest(access, watch, method, url, cause);
    }
    hops.push({ url, response, watch });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return hops;
    const target = redirectTarget(method, url, location);
    if (target.origin !== home.origin && isEnough(response)) return hops;
    await response.body?.cancel();
    watch.stop();
    next = target.href;
  }
  throw networkError(method, start, new Error(`more than ${mostRedirects} redirects`));
}

function redirectTarget(method: string, url: string, location: string): URL {
  const target = URL.canParse(location, url) ? new URL(location, url) : undefined;
  const isSafe = target?.protocol === "https:" || (target?.protocol === "http:" && new URL(url).protocol === "http:");
  if (target !== undefined && isSafe) return target;
  throw new RerankError("download", `hub: ${method} ${shownUrl(url)} redirects to an address that is not safe. Check HF_ENDPOINT.`);
}

export async function* readChunks(access: HubAccess, { url, response, watch }: Hop): AsyncGenerator<Uint8Array> {
  try {
    if (response.body === null) return;
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      // The reader may be slow to write: only the sender's silence counts.
      watch.stop();
      yield chunk;
      watch.reset();
    }
  } catch (cause) {
    throw failedRequest(access, watch, "GET", url, cause);
  } finally {
    watch.stop();
  }
}

function failedRequest(access: HubAccess, watch: Watch, method: string, url: string, cause: unknown): RerankError {
  if (access.signal?.aborted) return abortedError(access.signal);
  if (RerankError.is(cause)) return cause;
  return networkError(method, url, watch.signal.aborted ? watch.signal.reason : cause);
}

function startWatch(access: HubAccess): Watch {
  if (access.signal?.aborted) throw abortedError(access.signal);
  const silence = new AbortController();
  const expire = (): void => silence.abort(new Error(`the other side was silent for ${access.stallTimeoutMs / 1000} s`));
  let timer = setTimeout(expire, access.stallTimeoutMs);
  return {
    signal: access.signal === undefined ? silence.signal : AbortSignal.any([access.signal, silence.signal]),
    reset(): void {
      clearTimeout(timer);
      timer = setTimeout(expire, access.stallTimeoutMs);
    },
    stop: () => clearTimeout(timer),
  };
}

/**
 * Waits before a repetition.
 *
 * @param attempts how often it was tried in vain, ≥ 1
 * @param askedMs what the other side asks for
 * @throws RerankError `aborted`
 */
export function pause(access: HubAccess, attempts: number, askedMs?: number): Promise<void> {
  return sleep(backoffMs({ attempts, firstMs: access.retryDelayMs, askedMs }, systemClock), access.signal);
}

function sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(abortedError(signal as AbortSignal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, delayMs);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
