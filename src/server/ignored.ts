/** Finds the keys of a request that have no effect, in the client's spelling. */
import type { RequestField, RequestFields } from "../dialects/codec.ts";
import { spellingIn } from "../dialects/request-fields.ts";

/** The keys of a body that have an effect. */
export interface KnownKeys {
  requestFields: RequestFields;
  /** Keys that have an effect but are no field's, such as the key of the documents. */
  otherKeys: readonly string[];
}

/** Maximum number of names in the header. */
const maxNames = 32;

/**
 * Lists the keys of a body that have a value but no effect. If two keys of one field have values, only the first has an effect.
 *
 * @param body the body as the client sent it, including keys that its schema does not know
 */
export function ignoredKeys(body: object, { requestFields, otherKeys }: KnownKeys): string[] {
  // No scorer reads less of a document than of the pair.
  const said = [...requestFields].flatMap(([field, keys]) =>
    field === "maxTokensPerDocument" ? [] : (spellingIn(body, field, keys) ?? []),
  );
  const heeded = new Set([...otherKeys, ...said]);
  return keysOf(body, [...heeded])
    .filter(([key, value]) => !heeded.has(key) && hasContent(value))
    .map(([key]) => key);
}

/** Maps the library's options to the keys that set them in this body. */
export function optionNames(body: object, requestFields: RequestFields): Readonly<Record<string, string>> {
  const said = Object.entries(optionFields).map(([option, field]) => [option, spellingIn(body, field, requestFields.get(field) ?? [])]);
  return Object.fromEntries(said.filter(([, key]) => key !== undefined));
}

/** The request field that sets each option of a call. */
const optionFields: Readonly<Record<string, RequestField>> = {
  truncation: "truncate",
  truncationSide: "truncationSide",
  maxLength: "maxTokens",
  return: "rawScores",
};

/** Joins names for a header: each name once, up to a maximum, encoded so that a name cannot look like two. */
export function headerOf(names: readonly string[]): string {
  const said = [...new Set(names)].filter((name) => name !== "");
  const safe = said.slice(0, maxNames).map((name) => encodeURIComponent(name.slice(0, 64).toWellFormed()));
  return safe.join(", ");
}

/** Lists keys with their values. If some key inside an object has an effect, lists the object's keys one by one. */
function keysOf(body: object, heeded: readonly string[]): [string, unknown][] {
  return Object.entries(body).flatMap(([key, value]: [string, unknown]): [string, unknown][] => {
    const isOpen = heeded.some((name) => name.startsWith(`${key}.`)) && typeof value === "object" && value !== null;
    return isOpen ? Object.entries(value as object).map(([name, item]) => [`${key}.${name}`, item]) : [[key, value]];
  });
}

/** Whether a value is more than an empty default. Clients also send fields that their user did not set: Go's as zero values, Xinference's as "{}". */
function hasContent(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === "" || value === "{}") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
