/** JSON whose integers of any size stay what they are: ids of 64 bits are common, and a number holds 53. */
import { JSONParse, JSONStringify } from "json-with-bigint";

// Fewer digits are always exact; digits of fractions and in texts cost time only.
const mayHoldBigInteger = /\d{16}/;
const mayOverflow = /\d[eE]\+?\d{3}/;

/**
 * The value of a JSON text, with integers that a number cannot hold as bigint.
 *
 * @throws SyntaxError for what is not JSON; RangeError for a number that is too large even for that (`1e400`)
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text, mayOverflow.test(text) ? refuseInfinity : undefined);
  return mayHoldBigInteger.test(text) ? (JSONParse(text) as unknown) : value;
}

/** The JSON text of a value, bigints as the integers that they are. */
export function stringifyExactJson(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch (error) {
    // JSON.stringify itself refuses bigints; anything else it refuses is refused again.
    if (!(error instanceof TypeError)) throw error;
    return JSONStringify(value, undefined, indent) as string;
  }
}

function refuseInfinity(key: string, value: unknown): unknown {
  if (value === Infinity || value === -Infinity) throw new RangeError(`the number of ${JSON.stringify(key)} is too large`);
  return value;
}
