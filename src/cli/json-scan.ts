/** Finds facts about a JSON text that the parsed value no longer has (lines), or that are needed before parsing (depth). */

/** Result of {@link scanJson}. */
export interface JsonScan {
  /** Nesting depth of arrays and objects; 0 for a string or a number. */
  depth: number;
  /** Line, from 1, on which each entry of the outermost array begins. Empty if the value is not an array. */
  entryLines: number[];
}

const quote = 0x22;
const backslash = 0x5c;

/** Scans a text once, without recursion. For invalid JSON the numbers have no meaning. */
export function scanJson(text: string): JsonScan {
  const entryLines: number[] = [];
  let [depth, deepest, line] = [0, 0, 1];
  const isArray = text.trimStart().startsWith("[");
  let isEntryNext = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0x0a) line += 1;
    if (isSpace(code)) continue;
    const isClosing = code === 0x5d || code === 0x7d;
    if (isEntryNext && depth === 1 && !isClosing) entryLines.push(line);
    isEntryNext = false;
    if (code === quote) index = endOfString(text, index);
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      deepest = Math.max(deepest, depth);
      isEntryNext = depth === 1 && isArray;
    } else if (isClosing) depth -= 1;
    else if (code === 0x2c) isEntryNext = depth === 1 && isArray;
  }
  return { depth: deepest, entryLines };
}

/** Index of the quote that ends a string, or the end of the text. JSON strings contain no line ends. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === backslash) index += 1;
    else if (code === quote) return index;
  }
  return text.length;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
