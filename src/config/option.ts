/**
 * The building blocks of the configuration's schema: one function for each kind of value, with the message for a wrong value, and
 * {@link documented}, which adds the meaning of an option. Types, checks, the OpenAPI document and the tables of the docs all come from here.
 */

import * as z from "zod/mini";
import { isRecord, kindOf } from "../values.ts";

/** Documentation of an option. */
export interface OptionInfo {
  /** One or more sentences: meaning, unit, range. */
  description: string;
  /** The value of an absent option, or words for it. Required options have none. */
  default?: string | number | boolean | readonly never[];
  /** Its type in TypeScript for users, where that knows more than the check. `D` is the type of the caller's documents. */
  userType?: string;
}

/** Name and documentation of a type, for TypeScript users. */
export interface TypeInfo {
  name: string;
  description: string;
}

type Schema<T> = z.ZodMiniType<T>;

/** The documentation of every option. */
export const optionInfo: z.core.$ZodRegistry<OptionInfo> = z.registry<OptionInfo>();

// Keyed by the schema's definition, which copies of the schema share.
const typeInfo = new WeakMap<object, TypeInfo>();
const typeTexts = new WeakMap<object, string>();

/** A copy of a schema, with the documentation of the option that it checks. */
export function documented<S extends z.core.$ZodType>(schema: S, info: OptionInfo): S {
  const copy = z.clone(schema);
  optionInfo.add(copy, info);
  return copy;
}

/** Gives a schema's type a name for TypeScript users. */
export function named<S extends z.core.$ZodType>(name: string, description: string, schema: S): S {
  typeInfo.set(schema._zod.def, { name, description });
  return schema;
}

/** The name that {@link named} gave. */
export function typeInfoOf(schema: z.core.$ZodType): TypeInfo | undefined {
  return typeInfo.get(schema._zod.def);
}

/** The TypeScript type of a schema of {@link customType}. */
export function typeTextOf(schema: z.core.$ZodType): string | undefined {
  return typeTexts.get(schema._zod.def);
}

/** The definition of a schema. Its fields depend on the kind of schema. */
export function definitionOf(schema: z.core.$ZodType): z.core.$ZodTypes["_zod"]["def"] {
  return (schema as z.core.$ZodTypes)._zod.def;
}

/** A value that needs its own check. @param type its type in TypeScript */
export function customType<T>(type: string, accepts: (value: unknown) => boolean, expectation: string): Schema<T> {
  return withTypeText(type, z.custom<T>(accepts, { error: expected(expectation) }));
}

function withTypeText<S extends z.core.$ZodType>(type: string, schema: S): S {
  typeTexts.set(schema._zod.def, type);
  return schema;
}

/** A whole number from `min` to the largest safe integer. */
export function integer(min: number): Schema<number> {
  const error = expected(`an integer ≥ ${min}`);
  return z.int({ error }).check(z.minimum(min, { error, abort: true }));
}

/** A duration in seconds: finite, > 0. */
export function seconds(): Schema<number> {
  const error = expected("a number of seconds > 0");
  return z.number({ error }).check(z.gt(0, { error }));
}

/** Any number except NaN and ±Infinity. */
export function finiteNumber(): Schema<number> {
  return z.number({ error: expected("a finite number") });
}

/** A number that is 0 or more. */
export function nonNegativeNumber(): Schema<number> {
  const error = expected("a number ≥ 0");
  return z.number({ error }).check(z.minimum(0, { error }));
}

/** `true` or `false`. */
export function boolean(): Schema<boolean> {
  return z.boolean({ error: expected("true or false") });
}

/** Any string, also the empty one. */
export function anyString(): Schema<string> {
  return z.string({ error: expected("a string") });
}

/** A string that is not blank. */
export function nonBlank(): Schema<string> {
  const error = expected("a string that is not blank");
  return z.string({ error }).check(z.regex(/\S/, { error, abort: true }));
}

const notToBeShown = "expected a string, got something else";

/** A string that messages must not show. */
export function secret(): Schema<string> {
  return z.string({ error: notToBeShown });
}

/** Strings that messages must not show, under any keys, even `__proto__`. */
export function secretRecord(): Schema<Readonly<Record<string, string>>> {
  const schema = z.custom<Readonly<Record<string, string>>>(isRecord, { error: expected("an object") });
  const checked = schema.check(({ value, issues }) => {
    if (!isRecord(value)) return;
    for (const [key, item] of Object.entries(value)) {
      if (typeof item !== "string") issues.push({ code: "custom", input: value, path: [key], message: notToBeShown });
    }
  });
  return withTypeText("Readonly<Record<string, string>>", checked);
}

/** An absolute `http:` or `https:` URL. Messages do not show it, because it may contain a password. */
export function httpUrl(): Schema<string> {
  const error = "expected an http or https URL, got something else";
  return z.string({ error }).check(z.refine((value) => /^https?:\/\/[^/]/i.test(value) && URL.canParse(value), { error }));
}

/** One of a few words. */
export function oneOf<const T extends string>(...allowed: readonly T[]): Schema<T> {
  return z.enum(allowed as unknown as Record<T, T>, { error: expected(quotedList(allowed)) }) as unknown as Schema<T>;
}

/** A list of at least `min` entries. */
export function listOf<T>(entry: z.core.$ZodType<T>, min = 0): Schema<readonly T[]> {
  const schema = z.array(entry, { error: expected("an array") });
  return min === 0 ? schema : schema.check(z.minLength(min, { error: expected(`an array of at least ${min}`), abort: true }));
}

/** A function. @param type its type in TypeScript */
export function functionOf<T>(type: string): Schema<T> {
  return customType<T>(type, (value) => typeof value === "function", "a function");
}

/** A value that one of two schemas accepts. Their own checks must abort; otherwise the message of one would stand for both. */
export function either<A, B>(first: z.core.$ZodType<A>, second: z.core.$ZodType<B>, expectation: string): Schema<A | B> {
  return z.union([first, second], { error: expected(expectation) });
}

/** Makes a schema's `error`: the message for a value that does not meet the expectation. */
export function expected(expectation: string): (issue: { input?: unknown }) => string {
  return ({ input }) => `expected ${expectation}, got ${describeValue(input)}`;
}

/** `"a", "b" or "c"`. */
export function quotedList(words: readonly string[]): string {
  const quoted = words.map((word) => JSON.stringify(word));
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

/** A short description of any value, on one line: `"abc"`, `3`, `an array`, `a Set`. Reading the value may throw. */
export function describeValue(value: unknown): string {
  try {
    return describeReadable(value);
  } catch {
    return "a value that cannot be shown";
  }
}

function describeReadable(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  return Array.isArray(value) && value.length === 0 ? "an empty array" : kindOf(value);
}
