/** Readers of option values, for commander: what they refuse is told with the option's name, and ends with exit code 2. */
import { InvalidArgumentError } from "commander";

/** Reads an integer from `least` up. */
export function integerFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) throw new InvalidArgumentError(`Give an integer ≥ ${least}.`);
    return value;
  };
}

/** Reads any finite number. */
export function finiteNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("Give a number.");
  return value;
}

/** Gathers the values of an option that may be given several times. */
export function collect(text: string, earlier: string[] = []): string[] {
  if (text.trim() === "") throw new InvalidArgumentError("Give a value that is not blank.");
  return [...earlier, text];
}
