/** Finds a dialect's status for a failure, and the message in the body of a failed request. */

import { isRecord } from "../values.ts";
import type { WireFailure } from "./codec.ts";

/** Looks up the dialect's status for a failure. If the table has none, returns crossrank's status. */
export function statusIn(own: Readonly<Record<number, number>>, failure: WireFailure): number {
  return own[failure.status] ?? failure.status;
}

/** Looks up the name that an OpenAI-like dialect gives to failures with this status. */
export function typeIn(own: Readonly<Record<number, string>>, status: number): string {
  return own[status] ?? (status >= 500 ? own[500] : own[400]) ?? "";
}

// The most informative key first. Beside `message`, `error` may be only the text of the status; `title` always is.
const messageKeys = ["message", "detail", "error", "msg", "errors", "title"];
// Known bodies are nested twice ({error: {message}}, {detail: [{msg}]}). Gateways wrap them once more.
const deepest = 4;

/**
 * Finds the message for people in the body of a failed request of any dialect; undefined if there is none.
 *
 * Reads a bare text; `message` (Cohere, NIM); `detail` (Voyage, Jina, FastAPI with pydantic's list); `error`, a text (TEI) or an object
 * with any of these keys (OpenAI and APIs like it, Pinecone); `errors` (Jina); `title` (problem details).
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
    if (message !== undefined) return `${fieldOf(value)}${message}`;
  }
  return undefined;
}

/** The field of the request that a message is about: pydantic's `loc`, Jina's `field`. */
function fieldOf({ loc, field }: Readonly<Record<string, unknown>>): string {
  if (Array.isArray(loc) && loc.length > 0) return `${loc.join(".")}: `;
  return typeof field === "string" ? `${field}: ` : "";
}
