import type { PassageReading, ScoreCall } from "../scorer.ts";
import type { CheckedPassageOptions, CheckedRankOptions, RerankDocument } from "../types.ts";
import { parseFieldPath, textOfFields } from "./fields.ts";

/** Fields of results that only documents read passage by passage have. */
export const passageFields: readonly string[] = ["passage", "passages", "highlights"];

/**
 * What a call needs to read documents passage by passage; nothing if it does not.
 *
 * @param defaults for options that are absent
 */
export function passageReading(
  documents: readonly RerankDocument[],
  { longDocuments, return: wanted = [] }: Pick<CheckedRankOptions, "longDocuments" | "return">,
  defaults: Required<Pick<CheckedPassageOptions, "aggregate" | "select" | "overlapTokens">>,
): Pick<ScoreCall, "passages" | "contexts" | "wantsSentences"> {
  if (longDocuments?.type !== "passages") return {};
  const { type, context, ...options } = longDocuments;
  const { aggregate, select, overlapTokens } = defaults;
  const passages: PassageReading = { aggregate, select, overlapTokens, ...options };
  return {
    passages,
    ...(context === undefined ? {} : { contexts: contextsOf(documents, context) }),
    ...(wanted.includes("highlights") ? { wantsSentences: true } : {}),
  };
}

/** What stands in front of the passages of each document: the text of its fields; "" for a string, and for an object without them. */
function contextsOf(documents: readonly RerankDocument[], fields: readonly string[]): string[] {
  const paths = fields.map(parseFieldPath);
  return documents.map((document) => (typeof document === "string" ? "" : (textOfFields(document, paths) ?? "")));
}
