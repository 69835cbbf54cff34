/** Pinecone's and NIM's option for pairs that are too long: END cuts them, NONE makes them errors. */
import type { Maybe } from "./codec.ts";

/** Converts `truncate` to the word; undefined stays undefined. */
export function truncateWord(truncate: boolean | undefined): "END" | "NONE" | undefined {
  if (truncate === undefined) return undefined;
  return truncate ? "END" : "NONE";
}

/** Converts the word to `truncate`; undefined if it is absent. */
export function readTruncateWord(word: Maybe<"END" | "NONE">): boolean | undefined {
  return word === undefined || word === null ? undefined : word !== "NONE";
}
