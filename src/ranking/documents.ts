import { messageOf, RerankError } from "../errors.ts";
import type { CheckedRankOptions, RerankDocument } from "../types.ts";
import { kindOf } from "../values.ts";
import { type FieldPath, parseFieldPath, textOfFields } from "./fields.ts";

/** How an object document becomes text: ordered field names, a function, or neither for the default keys. */
export type DocumentTextOptions = Pick<CheckedRankOptions, "fields" | "text">;

/** Default keys for the text of an object document, in the order in which they are tried. */
export const textKeys: readonly string[] = ["text", "pageContent", "content", "body", "document"];

/**
 * Copies the caller's list of documents. Holes become undefined.
 *
 * @throws RerankError `invalid-input` when it is not an array, or cannot be read
 */
export function copyDocuments<D extends RerankDocument>(documents: readonly D[]): readonly D[] {
  let kind: string;
  try {
    // By index: a subclass of Array may iterate in its own way.
    if (Array.isArray(documents)) return Array.from({ length: documents.length }, (_, index) => documents[index] as D);
    kind = kindOf(documents);
  } catch (cause) {
    throw new RerankError("invalid-input", `documents: reading the list failed: ${messageOf(cause)}. Pass a plain array.`, { cause });
  }
  throw new RerankError("invalid-input", `documents: expected an array, got ${kind}. Pass a list of strings or objects.`);
}

/**
 * The texts of documents, in input order.
 *
 * @throws RerankError `invalid-input` naming the first document that has no text
 */
export function documentTexts(documents: readonly RerankDocument[], options: DocumentTextOptions = {}): string[] {
  const paths = options.fields?.map(parseFieldPath);
  return documents.map((document, index) => readText(document, index, options, paths));
}

/**
 * The text of one document; may be empty.
 *
 * - `text`: what the function returns, also for string documents.
 * - `fields`: for one field, its value alone; for several, one line `name: value` for each, in the order of `fields`. Null and missing fields are
 *   left out. Numbers and booleans are written as they are, other values as JSON. A string document is its own text.
 * - neither: the first string among `text`, `pageContent`, `content`, `body` and `document`, including inherited properties and getters.
 *
 * @throws RerankError `invalid-input`, naming `index`, for a document that is not a string or an object, that has none of the keys or fields, or for
 *   which the `text` function throws or does not return a string
 */
export function documentText(document: RerankDocument, index: number, options: DocumentTextOptions = {}): string {
  return readText(document, index, options, options.fields?.map(parseFieldPath));
}

function readText(document: RerankDocument, index: number, options: DocumentTextOptions, paths: readonly FieldPath[] | undefined): string {
  if (typeof document !== "string" && (typeof document !== "object" || document === null)) {
    throw invalidDocument(index, `expected a string or an object, got ${kindOf(document)}`, "Leave it out, or pass its text");
  }
  try {
    if (options.text !== undefined) return textByFunction(document, index, options.text);
    if (typeof document === "string") return document;
    const record = document as Readonly<Record<string, unknown>>;
    return paths === undefined ? textByUsualKeys(record, index) : textByFields(record, index, paths);
  } catch (error) {
    if (RerankError.is(error)) throw error;
    // The caller's own code threw: a getter, a toJSON or the `text` function. So the error names the document and keeps the cause.
    const problem = options.text === undefined ? "reading it failed" : "the text function failed";
    throw invalidDocument(index, `${problem}: ${messageOf(error)}`, "Mend what the document or the function throws on", error);
  }
}

function textByFunction(document: RerankDocument, index: number, text: NonNullable<CheckedRankOptions["text"]>): string {
  const result: unknown = text(document, index);
  if (typeof result === "string") return result;
  throw invalidDocument(index, `the text function returned ${kindOf(result)}`, "Return a string");
}

function textByUsualKeys(record: Readonly<Record<string, unknown>>, index: number): string {
  for (const key of textKeys) {
    const value = record[key];
    if (typeof value === "string") return value;
  }
  throw invalidDocument(index, `no string under ${textKeys.join(", ")} (${keysOf(record)})`, "Name the keys with fields, or pass text");
}

function textByFields(record: object, index: number, paths: readonly FieldPath[]): string {
  const text = textOfFields(record, paths);
  if (text !== undefined) return text;
  // A null field means an incomplete record. If no field exists at all, the list is probably misspelled, and would score empty texts.
  const names = paths.map(({ name }) => name).join(", ");
  throw invalidDocument(index, `has none of the fields ${names} (${keysOf(record)})`, "Correct fields, or leave it out");
}

function invalidDocument(index: number, what: string, advice: string, cause?: unknown): RerankError {
  return new RerankError("invalid-input", `documents[${index}]: ${what}. ${advice}.`, cause === undefined ? {} : { cause });
}

function keysOf(record: object): string {
  const keys = Object.keys(record);
  if (keys.length === 0) return "it has no keys";
  const shown = keys.slice(0, 12).map((key) => (key.length > 40 ? `${key.slice(0, 40)}…` : key));
  return `its keys: ${shown.join(", ")}${keys.length > shown.length ? ", …" : ""}`;
}
