/** Which words of a request have no effect, as the client spelled them. */
import type { RequestField, RequestFields } from "../dialects/codec.ts";
import { spellingIn } from "../dialects/request-fields.ts";

/** Which keys of a body have a meaning. */
export interface KnownKeys {
  requestFields: RequestFields;
  /** Keys that are read beside those of the fields, such as that of the documents. */
  otherKeys: readonly string[];
}

/** So many are told, in a header. */
const maxNames = 32;

/**
 * The keys of a body that say something and have no meaning; where two keys mean one field, that which does not count.
 *
 * @param body as the client sent it, keys that its schema does not know included
 */
export function ignoredKeys(body: object, { requestFields, otherKeys }: KnownKeys): string[] {
  // No scorer reads less of a document than of the pair.
  const said = [...requestFields].flatMap(([field, keys]) =>
    field === "maxTokensPerDocument" ? [] : (spellingIn(body, field, keys) ?? []),
  );
  const heeded = new Set([...otherKeys, ...said]);
  return keysOf(body, [...heeded])
    .filter(([key, value]) => !heeded.has(key) && saysSomething(value))
    .map(([key]) => key);
}

/** What a body calls the options of the library that its fields stand for. */
export function optionNames(body: object, requestFields: RequestFields): Readonly<Record<string, string>> {
  const said = Object.entries(optionFields).map(([option, field]) => [option, spellingIn(body, field, requestFields.get(field) ?? [])]);
  return Object.fromEntries(said.filter(([, key]) => key !== undefined));
}

/** Options of a call by the field that sets them. */
const optionFields: Readonly<Record<string, RequestField>> = {
  truncation: "truncate",
  truncationSide: "truncationSide",
  maxLength: "maxTokens",
  return: "rawScores",
};

/** Names for a header: each once, a bounded number of them, and none that could be read as something else. */
export function headerOf(names: readonly string[]): string {
  const said = [...new Set(names)].filter((name) => name !== "");
  const safe = said.slice(0, maxNames).map((name) => encodeURIComponent(name.slice(0, 64).toWellFormed()));
  return safe.join(", ");
}

/** Keys with their values; those of an object of which some key is heeded one by one. */
function keysOf(body: object, heeded: readonly string[]): [string, unknown][] {
  return Object.entries(body).flatMap(([key, value]: [string, unknown]): [string, unknown][] => {
    const isOpen = heeded.some((name) => name.startsWith(`${key}.`)) && typeof value === "object" && value !== null;
    return isOpen ? Object.entries(value as object).map(([name, item]) => [`${key}.${name}`, item]) : [[key, value]];
  });
}

/** Clients write out what they have nothing to say about, too: Go's as zero values, Xinference's as the JSON of no options. */
function saysSomething(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === "" || value === "{}") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
