/**
 * Reads a value as users write it: keys in camelCase or snake_case, `null` for "not set", and short forms. Messages show the path in the user's
 * own spelling.
 */

import * as z from "zod/mini";
import { RerankError } from "../errors.ts";
import { nearestWords } from "../spelling.ts";
import { isRecord, snakeCase } from "../values.ts";
import { definitionOf, describeValue, expected } from "./option.ts";

type Schema = z.core.$ZodType;

/** Turns a short form into the long form, and returns any other value unchanged. May throw RerankError `invalid-input`. */
type ShortForms = (value: unknown, path: string) => unknown;

/** Maximum depth of models inside models. More is a mistake, or an attack on the stack. */
const maxDepth = 8;

// Keyed by the schema's definition, which copies of the schema share.
const shortForms = new WeakMap<object, { expand: ShortForms; objectOnly: string | undefined }>();

/**
 * Lets a schema accept short forms.
 *
 * @param objectOnly if the long form must be an object: what the schema expects, for the message
 */
export function withShortForms<S extends Schema>(schema: S, expand: ShortForms, objectOnly?: string): S {
  shortForms.set(schema._zod.def, { expand, objectOnly });
  return schema;
}

/**
 * The value in crossrank's own form: camelCase keys, long forms, without `undefined` and `null`.
 *
 * It reads only own keys. It refuses unknown keys, and both spellings of one key.
 *
 * @param path of the value, for messages, for example `config`
 * @throws RerankError `invalid-input` for the first mistake
 */
export function readBySchema<T>(schema: z.core.$ZodType<T>, value: unknown, path: string): T {
  return readForeign(path, () => {
    const spellings: Spellings = new WeakMap();
    const longForm = expand(schema, value, path, { depth: 0, spellings });
    const result = z.safeParse(schema, longForm);
    if (result.success) return result.data;
    throw refusal(result.error.issues[0]!, longForm, path, spellings);
  });
}

/**
 * Reads a value of the caller. Its getters and proxy traps may throw anything.
 *
 * @throws RerankError `invalid-input` with the thrown value as its cause; a thrown RerankError unchanged
 */
export function readForeign<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw RerankError.from(error, "invalid-input", `${path}: reading it failed`);
  }
}

/** The error for a wrong value. */
function wrongValue(path: string, message: string): RerankError {
  return new RerankError("invalid-input", `${path}: ${message}${message.endsWith(".") ? "" : ". Change or remove it."}`);
}

/** For each object that {@link expand} made: the user's spelling of each key. */
type Spellings = WeakMap<object, ReadonlyMap<string, string>>;

interface Expansion {
  depth: number;
  spellings: Spellings;
}

function expand(schema: Schema, given: unknown, path: string, expansion: Expansion): unknown {
  const forms = shortForms.get(schema._zod.def);
  const value = forms === undefined ? given : forms.expand(given, path);
  const def = definitionOf(schema);
  switch (def.type) {
    case "optional":
      return expand(def.innerType, value, path, expansion);
    case "lazy": {
      const depth = expansion.depth + 1;
      if (depth > maxDepth) throw new RerankError("invalid-input", `${path}: models are nested more than ${maxDepth} deep. Flatten them.`);
      return expand(def.getter(), value, path, { ...expansion, depth });
    }
    case "array":
      // Array.from, not map: it visits a hole as undefined, which the schema then refuses.
      return Array.isArray(value)
        ? Array.from(value, (item: unknown, index) => expand(def.element, item, `${path}[${index}]`, expansion))
        : value;
    case "object":
      if (!isRecord(value)) throw wrongValue(path, expected("an object")({ input: value }));
      return expandKeys(def.shape, value, path, expansion);
    case "union": {
      if (forms?.objectOnly !== undefined && !isRecord(value)) throw wrongValue(path, expected(forms.objectOnly)({ input: value }));
      const key = (def as z.core.$ZodDiscriminatedUnionDef).discriminator ?? "type";
      const option = def.options.find((candidate) => fits(candidate, value, key));
      return option === undefined ? value : expand(option, value, path, expansion);
    }
    default:
      return value;
  }
}

function expandKeys(shape: z.core.$ZodShape, value: object, path: string, expansion: Expansion): object {
  const names = keysOf(shape);
  const expanded: Record<string, unknown> = {};
  const spellings = new Map<string, string>();
  for (const [key, item] of Object.entries(value)) {
    const name = names.get(key);
    if (name === undefined) throw unknownKey(path, key, Object.keys(shape));
    if (item === undefined || item === null) continue;
    const other = spellings.get(name);
    if (other !== undefined) throw new RerankError("invalid-input", `${path}: has both ${other} and ${key}. Give one of them.`);
    spellings.set(name, key);
    expanded[name] = expand(shape[name]!, item, `${path}.${key}`, expansion);
  }
  expansion.spellings.set(expanded, spellings);
  return expanded;
}

const namesOfShapes = new WeakMap<object, ReadonlyMap<string, string>>();

/** Maps both spellings of each key of a shape to the key's name. */
function keysOf(shape: z.core.$ZodShape): ReadonlyMap<string, string> {
  let names = namesOfShapes.get(shape);
  if (names === undefined) {
    names = new Map(Object.keys(shape).flatMap((name) => [[name, name] as const, [snakeCase(name), name] as const]));
    namesOfShapes.set(shape, names);
  }
  return names;
}

/** Whether a value belongs to an alternative of a union: an array, or an object with the alternative's literal under `key`. */
function fits(option: Schema, value: unknown, key: string): boolean {
  const def = definitionOf(option);
  if (def.type === "array") return Array.isArray(value);
  if (def.type !== "object" || !isRecord(value)) return false;
  const values = def.shape[key]?._zod.values;
  return values === undefined || (Object.hasOwn(value, key) && values.has((value as Readonly<Record<string, string>>)[key]!));
}

function refusal(issue: z.core.$ZodIssue, root: unknown, path: string, spellings: Spellings): RerankError {
  if (issue.code === "invalid_union") {
    // The alternative that got furthest has the most useful message.
    const deepest = issue.errors.map(([first]) => first!).find((first) => first.path.length > 0);
    if (deepest !== undefined) return refusal({ ...deepest, path: [...issue.path, ...deepest.path] }, root, path, spellings);
  }
  let value = root;
  let spelledPath = path;
  for (const key of issue.path) {
    const spelled = typeof value === "object" && value !== null ? (spellings.get(value)?.get(String(key)) ?? key) : key;
    spelledPath += typeof key === "number" ? `[${key}]` : `.${String(spelled)}`;
    value = typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }
  const isMissing = value === undefined && typeof issue.path.at(-1) === "string" && !("discriminator" in issue);
  return wrongValue(spelledPath, isMissing ? "missing. Give it a value." : issue.message);
}

function unknownKey(path: string, key: string, names: readonly string[]): RerankError {
  const known = key.includes("_") ? names.map(snakeCase) : names;
  const [near] = nearestWords(key, known, 1);
  const shownKey = /^[\w-]{1,60}$/.test(key) ? `.${key}` : `[${describeValue(key)}]`;
  const advice = near === undefined ? `Known keys: ${known.join(", ")}.` : `Did you mean ${near}?`;
  return new RerankError("invalid-input", `${path}${shownKey}: unknown key. ${advice}`);
}
