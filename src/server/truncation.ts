/** Pairs that are too long: reads a request's options for them, and writes messages about them with a dialect's own keys. */

import type { WireRequest } from "../dialects/codec.ts";
import type { RankOptions } from "../index.ts";

/** The client's keys for the options that the library's messages name. */
export interface OwnWords {
  /** Key of the documents. Absent: messages use the library's name. */
  documentsKey?: string;
  /** The request's key for each option of the library. */
  names: Readonly<Record<string, string>>;
  /** The body of the request. */
  sent: object;
}

/** Converts a request's fields to the options of a call that decide about pairs that are too long. */
export function cuttingOf({ truncate, maxTokens, truncationSide }: Partial<WireRequest>): RankOptions {
  return {
    ...(truncate === false ? { truncation: "error" } : {}),
    ...(maxTokens === undefined ? {} : { maxLength: maxTokens }),
    ...(truncationSide === undefined ? {} : { truncationSide }),
  };
}

/** Replaces the library's names of documents, lengths and truncation in a message by a dialect's keys. */
export function inOwnWords(message: string, { documentsKey = "documents", names, sent }: OwnWords): string {
  const { truncation, maxLength } = names;
  return message
    .replace(/^documents(?=[:[])/, documentsKey)
    .replace(/use truncation "longest_first"(?: or "only_second")?/, (advice) =>
      truncation === undefined ? advice : `set ${truncation} to ${JSON.stringify(cutWord(sent))}`,
    )
    .replaceAll("maxLength", maxLength ?? "maxLength");
}

/** The value that turns cutting on: `true` in most dialects, a word in NIM's and Pinecone's. */
function cutWord(sent: object): string | true {
  const { truncate, parameters } = sent as { truncate?: unknown; parameters?: { truncate?: unknown } | null };
  return [truncate, parameters?.truncate].includes("NONE") ? "END" : true;
}
