/** What both versions of Cohere's API share, and the dialects made after it. */
import type { WireError, WireFailure, WireReply } from "./codec.ts";
import type { Vendor } from "./definition.ts";
import { statusIn } from "./error-bodies.ts";
import { present } from "./present.ts";

/** The vendor of both versions. */
export const cohere: Vendor = { name: "Cohere", description: "Base URL /cohere", prefix: "cohere" };

/** Cohere recommends at most 1,000 documents. @see https://docs.cohere.com/docs/reranking-best-practices */
export const cohereLimits: { readonly maxDocuments: number } = { maxDocuments: 1000 };

/** The `meta` object of a reply. */
export interface CohereMeta {
  api_version: { version: string };
  billed_units?: { search_units: number };
  tokens?: { input_tokens: number; output_tokens: number };
}

/** Creates the `meta` object of a reply. Leaves out unknown numbers. */
export function cohereMeta({ billedUnits, tokens }: WireReply, version: string): CohereMeta {
  return {
    api_version: { version },
    ...present({
      billed_units: billedUnits === undefined ? undefined : { search_units: billedUnits },
      tokens: tokens === undefined ? undefined : { input_tokens: tokens, output_tokens: 0 },
    }),
  };
}

/** Writes a failure as `{id?, message}`. An invalid request gets 400. */
export function cohereError(failure: WireFailure): WireError {
  return { status: statusIn({ 422: 400 }, failure), body: { ...present({ id: failure.requestId }), message: failure.message } };
}
