/** How dialects write documents, and how they are read back. */
import { RerankError } from "../errors.ts";
import { isRecord } from "../values.ts";
import type { WireDocument } from "./codec.ts";

/** A document out of a reply: null where there is none, undefined where the value is no document of the dialect. */
export type DocumentReader = (value: unknown) => WireDocument | null | undefined;

/**
 * The documents of a request, for dialects that take texts only; not copied.
 *
 * @throws RerankError `invalid-input` naming the first object
 */
export function onlyTexts(documents: readonly WireDocument[], dialect: string): readonly string[] {
  const index = documents.findIndex((document) => typeof document !== "string");
  if (index === -1) return documents as readonly string[];
  throw new RerankError("invalid-input", `${dialect}: documents[${index}] is an object, and this format takes texts only. Send its text.`);
}

/** A text as it is; an object as its own `text`, else as JSON. */
export function textOf(document: WireDocument): string {
  if (typeof document === "string") return document;
  return typeof document.text === "string" ? document.text : JSON.stringify(document);
}

/** A text as `{text}`; an object as it came. */
export function wrapText(document: WireDocument): Exclude<WireDocument, string> {
  return typeof document === "string" ? { text: document } : document;
}

/** Reads what {@link textOf} wrote, bare or as `{text}`; keys beside `text` are ignored. */
export const readText: DocumentReader = (value) => {
  if (typeof value === "string") return value;
  if (!isRecord(value)) return undefined;
  const text = value.text ?? null;
  return typeof text === "string" || text === null ? text : undefined;
};

/** Reads what {@link wrapText} wrote: `{text}` with no other key is a string. */
export const readWrapped: DocumentReader = (value) => {
  if (isRecord(value) && typeof value.text === "string" && Object.keys(value).length === 1) return value.text;
  return readAny(value);
};

/** Reads a string or an object, as it is. */
export const readAny: DocumentReader = (value) => (typeof value === "string" || isRecord(value) ? value : undefined);
