/** Addresses of engines: for requests and for messages. */
import { secretsInHeaders } from "../../http/secrets.ts";
import type { CheckedRemoteModel } from "../../types.ts";

/** Headers of each request to an engine of the pool. */
export interface Access {
  /** Names in lower case. */
  headers: Record<string, string>;
  /** Values that no message may contain. */
  secrets: readonly string[];
}

/** The headers of the configuration: one set for all engines of the list. Reads no environment variable. */
export function accessOf({ apiKey, headers = {} }: CheckedRemoteModel): Access {
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const secrets = secretsInHeaders(own);
  if (apiKey === undefined || "authorization" in own) return { headers: own, secrets };
  return { headers: { authorization: `Bearer ${apiKey}`, ...own }, secrets: [apiKey, ...secrets] };
}

/** The base URLs, each once: an engine that is listed twice is one engine. */
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

/** The address for messages, without its query, which may contain a key. */
export function labelOf(base: string): string {
  const { origin, pathname } = addressOf(base, "");
  return `${origin}${pathname.replace(/\/$/, "")}`;
}

function withoutVersion(path: string): string {
  return path.replace(/\/v\d+$/, "");
}
