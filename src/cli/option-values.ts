/** Parsers of option values for commander. If one throws, commander reports the option's name and exits with code 2. */
import { InvalidArgumentError } from "commander";

/** Parses the text of one option. */
export interface ValueReader<T> {
  /** @param earlier the value so far, if the option is repeated */
  (text: string, earlier?: T): T;
  /** JSON Schema of its values, for configuration files. */
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

// Maximum delay of a Node timer: 2³¹ − 1 ms. With a longer delay it fires at once.
const maxSeconds = 2_147_483;

/** Reads a duration in seconds, at least `min`. */
export function secondsFrom(min: number): ValueReader<number> {
  const read = (text: string): number => {
    const value = readNumber(text);
    if (value >= min && value <= maxSeconds) return value;
    throw new InvalidArgumentError(`Give a number of seconds from ${min} to ${maxSeconds}.`);
  };
  return Object.assign(read, { schema: { type: "number", minimum: min, maximum: maxSeconds } });
}

/** Collects the values of a repeatable option. */
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
