/** Prepares text for a terminal, so that no document can move the cursor and columns stay aligned. */

// Controls (Cc), format characters such as bidirectional overrides (Cf) and lone surrogates (Cs). The two joiners stay:
// emoji and several scripts need them, and they do not move the cursor.
const uncontrolled = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}]/gu;
// More combining marks on one letter than any script uses. They would cover the lines above and below.
const piledMarks = /(\p{M}{8})\p{M}+/gu;
const segmenter: Intl.Segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

// Blocks of East_Asian_Width W and F, joined over small gaps. @see https://www.unicode.org/reports/tr11/
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
];

/** Text as one line without terminal controls: each run of white space becomes one space, other controls become `�`. */
export function printable(text: string): string {
  return text
    .replace(/[\s\u0085]+/gu, " ")
    .replace(uncontrolled, "�")
    .replace(piledMarks, "$1");
}

/** Number of terminal columns of printable text: 2 for wide characters and emoji, 0 for combining marks. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += widthOfGrapheme(segment);
  return width;
}

/**
 * The printable form of a text, cut to a number of columns. A cut text ends with `…`.
 *
 * The time depends on the columns, not on the length of the text.
 */
export function cutToWidth(text: string, columns: number): string {
  if (columns < 1) return "";
  // Once excess marks are removed, a column needs fewer units than this, except in hostile texts.
  const shown = printable(text.slice(0, columns * 32 + 1024)).trim();
  let width = 0;
  let kept = "";
  for (const { segment } of segmenter.segment(shown)) {
    width += widthOfGrapheme(segment);
    if (width > columns) return `${cutLast(kept, columns - 1)}…`;
    kept += segment;
  }
  return kept;
}

/** Adds spaces after printable text up to a number of columns. */
export function padEnd(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - widthOf(text)));
}

/** Adds spaces before printable text up to a number of columns. */
export function padStart(text: string, columns: number): string {
  return " ".repeat(Math.max(0, columns - widthOf(text))) + text;
}

/**
 * A bar of exactly `columns` columns. A share in [0, 1] of it is filled, with a precision of an eighth of a column.
 */
export function bar(share: number, columns: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * columns * 8);
  const full = "█".repeat(Math.floor(eighths / 8));
  const part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]!;
  return (full + part).padEnd(columns);
}

/** Lines of a table. Each column is as wide as its widest cell, with two spaces in between. `rightAligned` has column indexes. */
export function alignColumns(rows: readonly (readonly string[])[], rightAligned: ReadonlySet<number> = new Set()): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, column) => (rightAligned.has(column) ? padStart : padEnd)(cell, widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}

function cutLast(text: string, columns: number): string {
  const graphemes = Array.from(segmenter.segment(text), ({ segment }) => segment);
  let width = graphemes.reduce((sum, grapheme) => sum + widthOfGrapheme(grapheme), 0);
  while (width > columns && graphemes.length > 0) width -= widthOfGrapheme(graphemes.pop()!);
  return graphemes.join("").trimEnd();
}

function widthOfGrapheme(grapheme: string): number {
  const first = grapheme.codePointAt(0)!;
  if (first < 0x300) return 1;
  if (/\p{Emoji_Presentation}|\ufe0f|^\p{RI}/u.test(grapheme)) return 2;
  if (/^[\p{M}\u200b-\u200d]+$/u.test(grapheme)) return 0;
  return wideRanges.some(([from, to]) => first >= from && first <= to) ? 2 : 1;
}
