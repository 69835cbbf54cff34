import { messageOf, RerankError } from "../errors.ts";
import type { RankOptions, RerankDocument } from "../types.ts";
import { type FieldPath, parseFieldPath, textOfFields } from "./fields.ts";

/** How an object document becomes text: ordered field names, a function, or neither for the usual keys. */
export type DocumentTextOptions = Pick<RankOptions, "fields" | "text">;

/** Keys under which the text of an object document is looked for, in this order, where the caller names none. */
export const textKeys: readonly string[] = ["text", "pageContent", "content", "body", "document"];

/**
 * A list of the call's own with the caller's documents; holes become undefined.
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
 * The texts of a list of documents, in input order; the strings of the list are not copied.
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
 * - `text`: whatever the function returns, for string documents too.
 * - `fields`: of one field the value alone; of several one line `name: value` for each that is there, in the order of `fields`. Null and
 *   missing ones are left out, numbers and booleans written out, other values as JSON. A string document is its own text.
 * - neither: the first string among `text`, `pageContent`, `content`, `body`, `document`, inherited properties and getters included.
 *
 * @throws RerankError `invalid-input` naming `index` when there is no text: not a string or object, none of the keys or fields is there,
 *   or the `text` function throws or returns something else than a string
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
    // A getter, a toJSON or the caller's own function: theirs, so the cause is kept and the document named.
    const problem = options.text === undefined ? "reading it failed" : "the text function failed";
    throw invalidDocument(index, `${problem}: ${messageOf(error)}`, "Mend what the document or the function throws on", error);
  }
}

function textByFunction(document: RerankDocument, index: number, text: NonNullable<RankOptions["text"]>): string {
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
  // A field that is there but null is an incomplete record; none of them there is a misspelled list, which would score blank texts.
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

function kindOf(value: unknown): string {
  if (typeof value === "string") return "a string";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const kind = Object.prototype.toString.call(value).slice("[object ".length, -1);
  return kind === "Object" ? "an object" : `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
}
