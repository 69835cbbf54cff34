/** Reads values of unknown type, such as parsed JSON and what callers pass. */

/** Whether a value is an object and no array. */
export function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * What kind of value it is, for messages: `a string`, `an array`, `a Set`; numbers, booleans, null and undefined as they are. Never shows the content
 * of a string or an object, which may be long or secret. Reading a Proxy may throw.
 */
export function kindOf(value: unknown): string {
  if (typeof value === "string") return "a string";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const kind = Object.prototype.toString.call(value).slice("[object ".length, -1);
  return kind === "Object" ? "an object" : `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
}

/** `top_k` → `topK`; a camelCase key stays as it is. */
export function camelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `topK` → `top_k`; a snake_case key stays as it is. */
export function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
