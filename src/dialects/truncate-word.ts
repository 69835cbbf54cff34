/** Pinecone and NIM say with a word whether long pairs are cut: at the end, or not at all. */
import type { Maybe } from "./codec.ts";

/** The word for a truth value; undefined for undefined. */
export function truncateWord(truncate: boolean | undefined): "END" | "NONE" | undefined {
  if (truncate === undefined) return undefined;
  return truncate ? "END" : "NONE";
}

/** The truth value of a word; undefined where it says nothing. */
export function readTruncateWord(word: Maybe<"END" | "NONE">): boolean | undefined {
  return word === undefined || word === null ? undefined : word !== "NONE";
}
