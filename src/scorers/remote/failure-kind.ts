/** What a failed request says about the engine and about the request. */
import type { RerankError } from "../../errors.ts";

/**
 * - `busy`: the engine is healthy, but asks for a pause.
 * - `too-large`: a request with fewer documents may succeed.
 * - `caller`: the request is wrong, for every engine.
 * - `misconfigured`: this engine does not know the key, the path or the model. Repeating the request does not help; another engine may answer it.
 * - `failed`: the engine or the connection failed.
 */
export type FailureKind = "busy" | "too-large" | "caller" | "misconfigured" | "failed";

const callers: ReadonlySet<number> = new Set([400, 414, 415, 422]);

// 424 is TEI's status for a backend that failed, and 499 a proxy's for a client that hung up. 408, 409 and 425 are temporary.
const retryable: ReadonlySet<number> = new Set([408, 409, 424, 425, 499]);

/**
 * The kind of a failed request.
 *
 * @param saysWhen whether the answer had a `Retry-After`
 */
export function kindOfFailure({ code, status }: RerankError, saysWhen: boolean): FailureKind {
  // The request cannot be sent by HTTP, or not be written in the dialect.
  if (code === "invalid-input") return "caller";
  if (status === undefined || retryable.has(status)) return "failed";
  if (status === 429 || (status === 503 && saysWhen)) return "busy";
  if (status === 413) return "too-large";
  if (callers.has(status)) return "caller";
  return status < 500 ? "misconfigured" : "failed";
}
