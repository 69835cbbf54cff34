/** Fields of object documents: finds them by their paths, makes text of them, and warns about fields that no document has. */

import { nearestWords } from "../spelling.ts";
import type { RerankDocument, RerankWarning } from "../types.ts";
import { isRecord } from "../values.ts";

/** A field's name as a path: `metadata.title` is the key `metadata.title`, or the key `title` in the object under `metadata`. */
export interface FieldPath {
  name: string;
  /** Each key that may lead into an object, with the path from there, the longest key first. */
  inner: readonly { key: string; rest: FieldPath }[];
}

// A name with more segments is a plain key, so a name with a million dots costs nothing.
const maxSegments = 9;
// Maximum keys of a document, and below each of these, among which to look for a suggestion.
const maxKnownKeys = 64;
// Maximum characters of a name in a message.
const maxNameLength = 200;

/** Parses a field's name once, for many documents. */
export function parseFieldPath(name: string): FieldPath {
  const segments = name.split(".", maxSegments + 1);
  if (segments.length > maxSegments) return { name, inner: [] };
  const pathFrom = (start: number): FieldPath => {
    const inner = [];
    for (let end = segments.length - 1; end > start; end -= 1) {
      inner.push({ key: segments.slice(start, end).join("."), rest: pathsFrom[end]! });
    }
    return { name: segments.slice(start).join("."), inner };
  };
  const pathsFrom: FieldPath[] = [];
  for (let start = segments.length - 1; start >= 0; start -= 1) pathsFrom[start] = pathFrom(start);
  return pathsFrom[0]!;
}

/**
 * The value of a field. At every level, a key that contains the dot itself comes first.
 *
 * @returns undefined if the document does not have the field
 */
export function readField(record: object, path: FieldPath): unknown {
  const fields = record as Readonly<Record<string, unknown>>;
  if (hasKey(record, path.name)) return fields[path.name];
  for (const { key, rest } of path.inner) {
    const object = hasKey(record, key) ? fields[key] : undefined;
    const value = typeof object === "object" && object !== null ? readField(object, rest) : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

/**
 * The text of a document from its fields: for one field, its value alone; for several, one line `name: value` for each. Null and missing
 * fields are left out.
 *
 * @returns undefined if the document has none of the fields, also not as null
 */
export function textOfFields(record: object, paths: readonly FieldPath[]): string | undefined {
  const values = paths.map((path) => readField(record, path));
  if (values.every((value) => value === undefined)) return undefined;
  if (paths.length === 1) return renderValue(values[0]);
  return paths.flatMap(({ name }, index) => (isAbsent(values[index]) ? [] : [`${name}: ${renderValue(values[index])}`])).join("\n");
}

/** A warning for each field that no document has, also not as null. No warnings for no documents. */
export function missingFields(documents: readonly RerankDocument[], fields: readonly string[] = []): RerankWarning[] {
  if (documents.length === 0) return [];
  const missing = new Set([...new Set(fields)].map(parseFieldPath));
  for (const document of documents) {
    if (missing.size === 0) return [];
    if (typeof document === "string") continue;
    for (const path of missing) if (readField(document, path) !== undefined) missing.delete(path);
  }
  const known = missing.size === 0 ? [] : knownFields(documents.find((document) => typeof document === "object"));
  return [...missing].map(({ name }) => {
    const [near] = nearestWords(name.slice(0, maxNameLength), known, 1);
    const guess = near === undefined ? "" : ` Did you mean ${near}?`;
    return { type: "missing-field", field: name, message: `fields: no document has the field ${name.slice(0, maxNameLength)}.${guess}` };
  });
}

/** Whether a document has a key, itself or from its class. Keys of Object.prototype do not count. */
function hasKey(record: object, key: string): boolean {
  return Object.hasOwn(record, key) || (key in record && !(key in Object.prototype));
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function renderValue(value: unknown): string {
  if (isAbsent(value)) return "";
  if (typeof value === "string") return value;
  // JSON cannot write bigints, symbols, functions and NaN.
  if (typeof value !== "object") return String(value);
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner));
}

/** The keys of a document, and those one level below, as names of fields. */
function knownFields(document: RerankDocument | undefined): string[] {
  return keysOf(document).flatMap((key) => {
    const value = (document as Readonly<Record<string, unknown>>)[key];
    return [key, ...keysOf(value).map((inner) => `${key}.${inner}`)];
  });
}

function keysOf(value: unknown): string[] {
  return isRecord(value) ? Object.keys(value).slice(0, maxKnownKeys) : [];
}
