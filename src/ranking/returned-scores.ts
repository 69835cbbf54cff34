import { messageOf, RerankError } from "../errors.ts";

/**
 * Checks and copies the scores that a user's own code returned. The code may keep and change its list, and the list may be any object, even a Proxy.
 *
 * @param source what returned them, for messages
 * @param value an array, Float32Array or Float64Array of finite numbers, also of another realm
 * @returns shape [count]
 * @throws RerankError `plugin` for any other value, a wrong length, or a list that cannot be read
 */
export function returnedScores(source: string, value: unknown, count: number): Float64Array {
  const problem = (what: string, cause?: unknown): RerankError => new RerankError("plugin", `${source}: ${what}.`, { cause });
  let list: unknown[];
  try {
    if (!isNumberList(value)) throw problem(`it returned ${value === null ? "null" : typeof value}, not a list of numbers`);
    const { length } = value;
    if (length !== count) {
      throw problem(`it returned ${String(length)} scores for ${count} documents. It must return one per document, in input order`);
    }
    list = Array.from({ length }, (_, index) => value[index]);
  } catch (error) {
    throw RerankError.is(error) ? error : problem(`reading its scores failed: ${messageOf(error)}`, error);
  }
  const wrong = list.findIndex((score) => typeof score !== "number" || !Number.isFinite(score));
  if (wrong < 0) return Float64Array.from(list as number[]);
  const shown = typeof list[wrong] === "object" ? "an object" : String(list[wrong]);
  throw problem(`the score of documents[${wrong}] is ${shown}, not a finite number`);
}

function isNumberList(value: unknown): value is ArrayLike<unknown> {
  // By tag, not instanceof: test runners and sandboxes have their own classes.
  return Array.isArray(value) || /^\[object Float(32|64)Array\]$/.test(Object.prototype.toString.call(value));
}
