/** Failures: a dialect's own status for them, and the message out of whatever body a service answered with. */

import { isRecord } from "../values.ts";
import type { WireFailure } from "./codec.ts";

/** The dialect's own status of a failure, by crossrank's; what the dialect has no word for keeps crossrank's. */
export function statusIn(own: Readonly<Record<number, number>>, failure: WireFailure): number {
  return own[failure.status] ?? failure.status;
}

/** What OpenAI-like dialects call a failure of a status, by their own table. */
export function typeIn(own: Readonly<Record<number, string>>, status: number): string {
  return own[status] ?? (status >= 500 ? own[500] : own[400]) ?? "";
}

// From the most telling to the least: beside `message`, `error` may be a bare status phrase, and `title` always is one.
const messageKeys = ["message", "detail", "error", "msg", "errors", "title"];
// Known bodies nest twice ({error: {message}}, {detail: [{msg}]}); the rest is for gateways that wrap another's body.
const deepest = 4;

/**
 * The message for people in the body of a failed request of any dialect; undefined where there is none.
 *
 * Knows a bare text; `message` (Cohere, NIM); `detail` (Voyage, Jina, FastAPI, with pydantic's list of places); `error` as a text (TEI)
 * or an object with any of these (OpenAI's and all after it, Pinecone); `errors` (Jina); `title` (problem details).
 */
export function messageInBody(body: unknown): string | undefined {
  return findMessage(body, deepest);
}

function findMessage(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") return value.trim() === "" ? undefined : value;
  if (depth === 0) return undefined;
  if (Array.isArray(value)) {
    const messages = value.slice(0, 8).flatMap((item) => findMessage(item, depth - 1) ?? []);
    return messages.length === 0 ? undefined : messages.join("; ");
  }
  if (!isRecord(value)) return undefined;
  for (const key of messageKeys) {
    const message = findMessage(value[key], depth - 1);
    if (message !== undefined) return `${placeOf(value)}${message}`;
  }
  return undefined;
}

/** Where in the request a message belongs: pydantic's `loc`, Jina's `field`. */
function placeOf({ loc, field }: Readonly<Record<string, unknown>>): string {
  if (Array.isArray(loc) && loc.length > 0) return `${loc.join(".")}: `;
  return typeof field === "string" ? `${field}: ` : "";
}
