import type { RerankDocument } from "../types.ts";
import { parseFieldPath, textOfFields } from "./fields.ts";

/** What stands in front of the passages of each document: the text of its fields; "" for a string, and for an object without them. */
export function documentContexts(documents: readonly RerankDocument[], fields: readonly string[]): string[] {
  const paths = fields.map(parseFieldPath);
  return documents.map((document) => (typeof document === "string" ? "" : (textOfFields(document, paths) ?? "")));
}
