/** Checks JSON in one pass before it is parsed. Counting brackets, keys and values finds bodies that would take a parser too long. */

/** Maximum nesting of a body. A document may be 64 levels deep, a configuration less. */
const maxDepth = 128;
/** Maximum number of lists, objects and keys in a body. A thousand documents with ninety fields each have fewer. */
const maxParts = 100_000;
/** A number keeps this many digits exactly. */
const exactDigits = 15;
/** Maximum number of values in a body. A thousand documents with a vector of 384 numbers each have fewer. */
const maxValues = 500_000;

/**
 * Finds the reason why a parser would take too long for these bytes.
 *
 * @returns undefined for a normal body, `excess` naming what there is too much of, `"unbalanced"` if a bracket is missing, `"long-integers"`
 * where an integer has more digits than a number is sure to keep
 */
export function findExcess(bytes: Uint8Array): "unbalanced" | "long-integers" | { excess: string } | undefined {
  let depth = 0;
  let deepest = 0;
  let parts = 0;
  let values = 0;
  let isInString = false;
  let hasLongIntegers = false;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index]!;
    if (isInString) {
      if (byte === 0x5c) index += 1;
      else if (byte === 0x22) isInString = false;
    } else if (byte === 0x22) isInString = true;
    else if (byte === 0x2c) values += 1;
    else if (byte === 0x3a) parts += 1;
    else if (byte === 0x5b || byte === 0x7b) {
      parts += 1;
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    else if (isDigit(byte)) {
      const start = index;
      while (isDigit(bytes[index + 1])) index += 1;
      if (index - start >= exactDigits) hasLongIntegers ||= isWholeNumber(bytes, start, index);
    }
  }
  // The parser would descend through all of them before it found the error.
  if (depth !== 0) return "unbalanced";
  if (deepest > maxDepth) return { excess: `nested more than ${maxDepth} levels deep` };
  if (parts > maxParts) return { excess: `more than ${maxParts} lists, objects and keys` };
  if (values > maxValues) return { excess: `more than ${maxValues} values` };
  return hasLongIntegers ? "long-integers" : undefined;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Whether digits stand alone: neither in a fraction nor beside one, and without an exponent. */
function isWholeNumber(bytes: Uint8Array, first: number, last: number): boolean {
  const before = bytes[first - 1];
  const after = bytes[last + 1];
  return before !== 0x2e && after !== 0x2e && after !== 0x65 && after !== 0x45;
}
