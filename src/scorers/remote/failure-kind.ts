/** What a failed request says about the engine and about the request. */
import type { RerankError } from "../../errors.ts";

/**
 * - `busy`: the engine is well, and wants to be left alone for a while.
 * - `too-large`: fewer documents may pass.
 * - `caller`: the request is wrong, and would be on every engine.
 * - `misconfigured`: this engine does not know the key, the path or the model; repeating changes nothing, another engine may.
 * - `failed`: the engine, or the way to it.
 */
export type FailureKind = "busy" | "too-large" | "caller" | "misconfigured" | "failed";

const callers: ReadonlySet<number> = new Set([400, 414, 415, 422]);

// 424 is TEI's for a backend that failed, 408, 409 and 425 pass, and so does 499, a proxy's for a client that went away.
const passing: ReadonlySet<number> = new Set([408, 409, 424, 425, 499]);

/** @param saysWhen whether the answer had a `Retry-After` */
export function kindOfFailure({ code, status }: RerankError, saysWhen: boolean): FailureKind {
  // What HTTP forbids to send, or the dialect to say.
  if (code === "invalid-input") return "caller";
  if (status === undefined || passing.has(status)) return "failed";
  if (status === 429 || (status === 503 && saysWhen)) return "busy";
  if (status === 413) return "too-large";
  if (callers.has(status)) return "caller";
  return status < 500 ? "misconfigured" : "failed";
}
