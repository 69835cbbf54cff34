/** Writes and reads documents in the forms that dialects have for them. */
import { RerankError } from "../errors.ts";
import { isRecord } from "../values.ts";
import type { WireDocument } from "./codec.ts";

/** Reads a document in a reply. Returns null if there is none, undefined if the value is not a document of the dialect. */
export type DocumentReader = (value: unknown) => WireDocument | null | undefined;

/**
 * Checks that all documents are texts, for dialects that accept nothing else. Returns the same list.
 *
 * @throws RerankError `invalid-input` naming the first object
 */
export function onlyTexts(documents: readonly WireDocument[], dialect: string): readonly string[] {
  const index = documents.findIndex((document) => typeof document !== "string");
  if (index === -1) return documents as readonly string[];
  throw new RerankError("invalid-input", `${dialect}: documents[${index}] is an object, and this format takes texts only. Send its text.`);
}

/** Returns a text as it is, an object's `text` if it has one, and any other object as JSON. */
export function textOf(document: WireDocument): string {
  if (typeof document === "string") return document;
  return typeof document.text === "string" ? document.text : JSON.stringify(document);
}

/** Wraps a text as `{text}`. Returns an object as it is. */
export function wrapText(document: WireDocument): Exclude<WireDocument, string> {
  return typeof document === "string" ? { text: document } : document;
}

/** Reads a text, or the `text` of an object. Ignores other keys. */
export const readText: DocumentReader = (value) => {
  if (typeof value === "string") return value;
  if (!isRecord(value)) return undefined;
  const text = value.text ?? null;
  return typeof text === "string" || text === null ? text : undefined;
};

/** Reverses {@link wrapText}: an object with the only key `text` becomes a string. */
export const readWrapped: DocumentReader = (value) => {
  if (isRecord(value) && typeof value.text === "string" && Object.keys(value).length === 1) return value.text;
  return readAny(value);
};

/** Reads a string or an object without changing it. */
export const readAny: DocumentReader = (value) => (typeof value === "string" || isRecord(value) ? value : undefined);
