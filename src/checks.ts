/**
 * Small checkers of values that came from outside, from which `config.ts` builds its tables.
 *
 * A checker gets a value and the path to it as the user wrote it, and returns the value in the form crossrank keeps, or throws
 * RerankError `invalid-input` with that path in its message.
 */
import { RerankError } from "./errors.ts";
import { nearestWords } from "./spelling.ts";

/** Gives the checked value; throws RerankError `invalid-input` naming `path`. */
export type Checker<T> = (value: unknown, path: string) => T;

/** One checker for each key of a shape, by its camelCase name. */
export type Fields<T> = { readonly [K in keyof T]-?: Checker<NonNullable<T[K]>> };

/** How {@link shape} treats keys. */
export interface ShapeOptions<T> {
  /** Keys that must be there. @default [] */
  required?: readonly (keyof T & string)[];
}

/**
 * A checker for an object with known keys, each in camelCase or snake_case; the result has camelCase keys only.
 *
 * Own keys only. `undefined` and `null` count as absent, for JSON clients write `null` for "not set".
 * Unknown keys and both spellings of one key are refused.
 */
export function shape<T extends object>(fields: Fields<T>, options: ShapeOptions<T> = {}): Checker<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  const bySpelling = new Map<string, keyof T & string>(names.flatMap((name) => [[name, name] as const, [snakeCase(name), name] as const]));
  return (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongType(path, "an object", value);
    const result: Partial<T> = {};
    const spellings = new Map<string, string>();
    for (const [key, item] of Object.entries(value)) {
      const name = bySpelling.get(key);
      if (name === undefined) throw unknownKey(path, key, names);
      if (item === undefined || item === null) continue;
      const other = spellings.get(name);
      if (other !== undefined) throw new RerankError("invalid-input", `${path}: has both ${other} and ${key}. Give one of them.`);
      spellings.set(name, key);
      result[name] = fields[name](item, `${path}.${key}`);
    }
    for (const name of options.required ?? []) {
      if (!spellings.has(name)) throw new RerankError("invalid-input", `${path}.${name}: missing. Give it a value.`);
    }
    return result as T;
  };
}

/**
 * Reads a value of the caller's, whose getters and traps may throw anything.
 *
 * @throws RerankError `invalid-input` with what they threw as its cause; a RerankError as it is
 */
export function readForeign<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw RerankError.from(error, "invalid-input", `${path}: reading it failed`);
  }
}

/** A whole number from `least` up, and no larger than a number holds exactly. */
export function integer(least: number): Checker<number> {
  return (value, path) => {
    if (!Number.isSafeInteger(value) || (value as number) < least) throw wrongType(path, `an integer ≥ ${least}`, value);
    return value as number;
  };
}

/** A duration in seconds: finite, above 0. */
export const duration: Checker<number> = (value, path) => {
  if (!Number.isFinite(value) || (value as number) <= 0) throw wrongType(path, "a number of seconds > 0", value);
  return value as number;
};

export const finiteNumber: Checker<number> = (value, path) => {
  if (!Number.isFinite(value)) throw wrongType(path, "a finite number", value);
  return value as number;
};

export const boolean: Checker<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw wrongType(path, "true or false", value);
  return value;
};

/** Any string, the empty one too. */
export const anyString: Checker<string> = (value, path) => {
  if (typeof value !== "string") throw wrongType(path, "a string", value);
  return value;
};

/** A string that is not blank. */
export const name: Checker<string> = (value, path) => {
  if (typeof value !== "string" || value.trim() === "") throw wrongType(path, "a string that is not blank", value);
  return value;
};

/** A string that no message may show. */
export const secret: Checker<string> = (value, path) => {
  if (typeof value !== "string") throw wrongType(path, "a string");
  return value;
};

/** An absolute `http:` or `https:` URL. */
export const httpUrl: Checker<string> = (value, path) => {
  // No value in the message: a URL may carry a password.
  if (typeof value !== "string" || !/^https?:\/\/[^/]/i.test(value) || !URL.canParse(value)) throw wrongType(path, "an http or https URL");
  return value;
};

/** One of a few literals. */
export function oneOf<const T extends string>(...allowed: readonly T[]): Checker<T> {
  return (value, path) => {
    if (!(allowed as readonly unknown[]).includes(value)) throw wrongType(path, quotedList(allowed), value);
    return value as T;
  };
}

/** An array whose every entry passes; holes are refused as `undefined`. */
export function listOf<T>(entry: Checker<T>, least = 0): Checker<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw wrongType(path, "an array", value);
    if (value.length < least) throw wrongType(path, `an array of at least ${least}`, value);
    return Array.from(value, (item: unknown, index) => entry(item, `${path}[${index}]`));
  };
}

/** An object of any keys, whose every value passes. */
export function recordOf<T>(entry: Checker<T>): Checker<Readonly<Record<string, T>>> {
  return (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongType(path, "an object", value);
    // fromEntries defines own properties, so that a key "__proto__" stays a plain key.
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, entry(item, `${path}.${key}`)]));
  };
}

/** A function; what it does is seen when it is called. */
// biome-ignore lint/suspicious/noExplicitAny: the caller names the signature, which no check at run time can see
export function functionOf<T extends (...values: any[]) => unknown>(): Checker<T> {
  return (value, path) => {
    if (typeof value !== "function") throw wrongType(path, "a function", value);
    return value as T;
  };
}

/** Passes what any of two checkers passes; the message lists what both expect. */
export function either<A, B>(first: Checker<A>, second: Checker<B>, expected: string): Checker<A | B> {
  return (value, path) => {
    for (const checker of [first, second]) {
      try {
        return checker(value, path);
      } catch (error) {
        if (!RerankError.is(error)) throw error;
      }
    }
    throw wrongType(path, expected, value);
  };
}

/**
 * The error for a value of the wrong type or out of its limits.
 *
 * @param shown the value, for the message; leave it out for secrets
 */
export function wrongType(path: string, expected: string, ...shown: [unknown?]): RerankError {
  const got = shown.length === 0 ? "something else" : describeSafely(shown[0]);
  return new RerankError("invalid-input", `${path}: expected ${expected}, got ${got}. Change or remove it.`);
}

/** {@link describe} of a value that may refuse to be looked at. */
function describeSafely(value: unknown): string {
  try {
    return describe(value);
  } catch {
    return "a value that cannot be shown";
  }
}

/** A short, single-line description of any value: `"abc"`, `3`, `an array`, `a Set`. */
function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  if (typeof value !== "object" || value === null) return String(value);
  const kind = Object.prototype.toString.call(value).slice("[object ".length, -1);
  return kind === "Object" ? "an object" : `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
}

/** `"a", "b" or "c"`. */
export function quotedList(words: readonly string[]): string {
  const quoted = words.map((word) => JSON.stringify(word));
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

function unknownKey(path: string, key: string, names: readonly string[]): RerankError {
  const known = key.includes("_") ? names.map(snakeCase) : names;
  const [near] = nearestWords(key, known, 1);
  const shownKey = /^[\w-]{1,60}$/.test(key) ? `.${key}` : `[${describe(key)}]`;
  const advice = near === undefined ? `Known keys: ${known.join(", ")}.` : `Did you mean ${near}?`;
  return new RerankError("invalid-input", `${path}${shownKey}: unknown key. ${advice}`);
}

function snakeCase(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
