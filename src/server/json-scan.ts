/** Looks over JSON in one pass, before it is parsed: what takes a parser long is seen by counting. */

/** Deepest nesting of a body: a document may go 64 deep, a configuration less. */
const maxDepth = 128;
/** Most lists, objects and keys of a body: a thousand documents with ninety fields each have fewer. */
const maxParts = 100_000;
/** Most values of a body: a thousand documents with a vector of 384 numbers each have fewer. */
const maxValues = 500_000;

/**
 * Says what is wrong with bytes that would take a parser too long.
 *
 * @returns what there is too much of, `"unbalanced"` for what is no JSON because a bracket is missing, or undefined
 */
export function findExcess(bytes: Uint8Array): "unbalanced" | { excess: string } | undefined {
  let depth = 0;
  let deepest = 0;
  let parts = 0;
  let values = 0;
  let isInString = false;
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
  }
  // The parser would go down all of them before it noticed.
  if (depth !== 0) return "unbalanced";
  if (deepest > maxDepth) return { excess: `nested more than ${maxDepth} levels deep` };
  if (parts > maxParts) return { excess: `more than ${maxParts} lists, objects and keys` };
  return values > maxValues ? { excess: `more than ${maxValues} values` } : undefined;
}
