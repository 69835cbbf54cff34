/** Follows redirects without the platform's help, so that credentials are sent to their own origin only. */
import type { RerankError } from "../errors.ts";
import { splitCredentials } from "./credentials.ts";
import type { Exchange, NoAnswer } from "./exchange.ts";

/** What a redirect may do. */
export interface RedirectPolicy {
  /** The only origin that gets `authorization`. */
  origin: string;
  /** Value of the header; undefined for none. */
  authorization: string | undefined;
  /** Whether a redirect to another origin already holds all that the caller wants. It is not followed then. */
  isEnough(response: Response): boolean;
  /** The error for a redirect that is not followed. @param url the address that redirected */
  refuse(url: string, problem: RedirectProblem): RerankError;
}

/** `unsafe`: to something other than http(s), or from https to http. `endless`: more than {@link maxRedirects} in a row. */
export type RedirectProblem = "unsafe" | "endless";

/** Redirects in a row that are followed. */
export const maxRedirects = 10;

/**
 * Sends a request, and again to where it is redirected.
 *
 * @param send sends one request with these credentials
 * @returns every answer on the way, the last one open, or why an answer did not come
 * @throws RerankError what `policy.refuse` returns
 */
export async function followRedirects(
  send: (url: string, authorization: string | undefined) => Promise<Exchange | NoAnswer>,
  start: string,
  policy: RedirectPolicy,
): Promise<Exchange[] | NoAnswer> {
  const exchanges: Exchange[] = [];
  let next = start;
  for (let count = 0; count <= maxRedirects; count += 1) {
    // The target of a redirect may contain credentials, which are meant for it.
    const { url, authorization } = splitCredentials(next);
    const outcome = await send(url, authorization ?? (new URL(url).origin === policy.origin ? policy.authorization : undefined));
    if (!("response" in outcome)) return outcome;
    exchanges.push(outcome);
    const { response, limit } = outcome;
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return exchanges;
    const target = safeTarget(url, location);
    if (target !== undefined && target.origin !== policy.origin && policy.isEnough(response)) return exchanges;
    limit.stop();
    await response.body?.cancel();
    if (target === undefined) throw policy.refuse(url, "unsafe");
    next = target.href;
  }
  throw policy.refuse(start, "endless");
}

function safeTarget(url: string, location: string): URL | undefined {
  const target = URL.canParse(location, url) ? new URL(location, url) : undefined;
  const isSafe = target?.protocol === "https:" || (target?.protocol === "http:" && new URL(url).protocol === "http:");
  return isSafe ? target : undefined;
}
