/** Fields of object documents, by their paths: how they are found, how they become text, and which of them no document has. */
import { nearestWords } from "../spelling.ts";
import type { RerankDocument, RerankWarning } from "../types.ts";

/** A field's name, read as a path: `metadata.title` is the key `metadata.title`, or `title` in the object under `metadata`. */
export interface FieldPath {
  name: string;
  /** Each key that may lead into an object, with the path from there, the longest key first. */
  inner: readonly { key: string; rest: FieldPath }[];
}

// Deeper paths are plain keys, so that a name of a million dots costs nothing.
const maxSegments = 9;
// Among so many of a document's keys, and of those below each, a suggestion is looked for.
const maxKnownKeys = 64;
// What a message shows of a name.
const maxNameLength = 200;

/** Reads a field's name once, for many documents. */
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
 * The value of a field; a key that holds the dot itself comes first, at every level.
 *
 * @returns undefined where nothing is there
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
 * The text that fields make of a document: of one field the value alone; of several a line `name: value` each, without those that are null
 * or missing.
 *
 * @returns undefined where none of the fields is there, not even as null
 */
export function textOfFields(record: object, paths: readonly FieldPath[]): string | undefined {
  const values = paths.map((path) => readField(record, path));
  if (values.every((value) => value === undefined)) return undefined;
  if (paths.length === 1) return renderValue(values[0]);
  return paths.flatMap(({ name }, index) => (isAbsent(values[index]) ? [] : [`${name}: ${renderValue(values[index])}`])).join("\n");
}

/** A warning for each field that no document has, not even as null; none where there are no documents. */
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

/** Own keys, and inherited ones that are of the document's own class: not what every object has. */
function hasKey(record: object, key: string): boolean {
  return Object.hasOwn(record, key) || (key in record && !(key in Object.prototype));
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function renderValue(value: unknown): string {
  if (isAbsent(value)) return "";
  if (typeof value === "string") return value;
  // JSON has no words for bigints, symbols and functions, and none for NaN.
  if (typeof value !== "object") return String(value);
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner));
}

/** A document's keys and those one level below, as names of fields. */
function knownFields(document: RerankDocument | undefined): string[] {
  return keysOf(document).flatMap((key) => {
    const value = (document as Readonly<Record<string, unknown>>)[key];
    return [key, ...keysOf(value).map((inner) => `${key}.${inner}`)];
  });
}

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value).slice(0, maxKnownKeys) : [];
}
