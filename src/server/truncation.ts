/** Pairs that are too long, in the words of a dialect: what its requests ask for, and what its failures advise. */

import type { WireRequest } from "../dialects/codec.ts";
import type { RankOptions } from "../index.ts";

/** What a client calls what the library's messages speak of. */
export interface OwnWords {
  /** Key of the documents. Absent: messages name the library's. */
  documentsKey?: string;
  /** Keys by the library's options that they set. */
  names: Readonly<Record<string, string>>;
  /** The body of the request. */
  sent: object;
}

/** The options of a call that say how long pairs are cut. */
export function cuttingOf({ truncate, maxTokens, truncationSide }: Partial<WireRequest>): RankOptions {
  return {
    ...(truncate === false ? { truncation: "error" } : {}),
    ...(maxTokens === undefined ? {} : { maxLength: maxTokens }),
    ...(truncationSide === undefined ? {} : { truncationSide }),
  };
}

/** A message of the library with a dialect's words for documents, lengths and truncation. */
export function inOwnWords(message: string, { documentsKey = "documents", names, sent }: OwnWords): string {
  const { truncation, maxLength } = names;
  return message
    .replace(/^documents(?=[:[])/, documentsKey)
    .replace(/use truncation "longest_first"(?: or "only_second")?/, (advice) =>
      truncation === undefined ? advice : `set ${truncation} to ${JSON.stringify(cutWord(sent))}`,
    )
    .replaceAll("maxLength", maxLength ?? "maxLength");
}

/** What asks for cutting, in a request that asked for none: with truth values in most dialects, with words in NIM's and Pinecone's. */
function cutWord(sent: object): string | true {
  const { truncate, parameters } = sent as { truncate?: unknown; parameters?: { truncate?: unknown } | null };
  return [truncate, parameters?.truncate].includes("NONE") ? "END" : true;
}
