/** Where an engine's paths are, and what its address is called in messages. */
import { secretsInHeaders } from "../../http/secrets.ts";
import type { CheckedRemoteModel } from "../../types.ts";

/** What goes with each request to an engine of the pool. */
export interface Access {
  /** Names in lower case. */
  headers: Record<string, string>;
  /** Never to be told. */
  secrets: readonly string[];
}

/** One key and one set of headers for all engines of the list; no environment variable is read. */
export function accessOf({ apiKey, headers = {} }: CheckedRemoteModel): Access {
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const secrets = secretsInHeaders(own);
  if (apiKey === undefined || "authorization" in own) return { headers: own, secrets };
  return { headers: { authorization: `Bearer ${apiKey}`, ...own }, secrets: [apiKey, ...secrets] };
}

/** The base URLs, each once: an engine that stands twice in the list is still one. */
export function distinctUrls(urls: readonly string[]): string[] {
  return [...new Set(urls.map((url) => addressOf(url, "").href))];
}

/**
 * A path below a base URL, whose query is kept.
 *
 * A path that begins with a version replaces the one that the base ends with: `http://host/v1` and `/v1/rerank` make
 * `http://host/v1/rerank`, which `/rerank` makes, too.
 */
export function addressOf(base: string, path: string): URL {
  const url = new URL(base);
  const folder = url.pathname.replace(/\/+$/, "");
  url.pathname = `${/^\/v\d+\//.test(path) ? withoutVersion(folder) : folder}${path}`;
  return url;
}

/** A path beside the versions, whatever the base ends with: `http://host/v1` and `/health` make `http://host/health`. */
export function rootAddressOf(base: string, path: string): URL {
  const url = addressOf(base, "");
  url.pathname = `${withoutVersion(url.pathname.replace(/\/$/, ""))}${path}`;
  return url;
}

/** The address for people: without a query, which may hold a key. */
export function labelOf(base: string): string {
  const { origin, pathname } = addressOf(base, "");
  return `${origin}${pathname.replace(/\/$/, "")}`;
}

function withoutVersion(path: string): string {
  return path.replace(/\/v\d+$/, "");
}
