/** Readers of option values, for commander: what they refuse is told with the option's name, and ends with exit code 2. */
import { InvalidArgumentError } from "commander";

/** Reads the text of one option. */
export interface ValueReader<T> {
  /** @param earlier what the same option gave before, where it may be given several times */
  (text: string, earlier?: T): T;
  /** JSON Schema of what it reads, for configuration files. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Reads an integer from `min` to `max`. */
export function integerFrom(min: number, max?: number): ValueReader<number> {
  const read = (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min && value <= (max ?? value)) return value;
    throw new InvalidArgumentError(max === undefined ? `Give an integer ≥ ${min}.` : `Give an integer from ${min} to ${max}.`);
  };
  return Object.assign(read, { schema: { type: "integer", minimum: min, ...(max === undefined ? {} : { maximum: max }) } });
}

/** Reads any finite number. */
export const finiteNumber: ValueReader<number> = Object.assign(readNumber, { schema: { type: "number" } });

// What a timer of Node can wait: 2³¹ − 1 ms. Beyond it would not wait at all.
const maxSeconds = 2_147_483;

/** Reads a duration in seconds, from `min` on. */
export function secondsFrom(min: number): ValueReader<number> {
  const read = (text: string): number => {
    const value = readNumber(text);
    if (value >= min && value <= maxSeconds) return value;
    throw new InvalidArgumentError(`Give a number of seconds from ${min} to ${maxSeconds}.`);
  };
  return Object.assign(read, { schema: { type: "number", minimum: min, maximum: maxSeconds } });
}

/** Gathers the values of an option that may be given several times. */
export const collect: ValueReader<string[]> = Object.assign(
  (text: string, earlier: string[] = []): string[] => {
    if (text.trim() === "") throw new InvalidArgumentError("Give a value that is not blank.");
    return [...earlier, text];
  },
  { schema: { type: "array", items: { type: "string", minLength: 1 } } },
);

function readNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("Give a number.");
  return value;
}
