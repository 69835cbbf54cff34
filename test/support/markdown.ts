/** Reads the code blocks of a Markdown page. */

/** One fenced block. */
export interface CodeBlock {
  /** First word after the fence; "" without one. */
  language: string;
  code: string;
  /** Line of the opening fence, from 1. */
  line: number;
  /** For `ts` and `js`: the `text` block right below, which is what the code prints. */
  output?: string;
}

/**
 * The blocks in the order of the page; what a block prints is not in the list a second time.
 *
 * Fences of three backticks at the start of a line, as the pages of this repository write them.
 */
export function readCodeBlocks(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let previousEnd = 0;
  for (const match of page.matchAll(/^```([\w-]*)\n([\s\S]*?)^```$/gm)) {
    const [whole, language, code] = match as unknown as [string, string, string];
    const previous = blocks.at(-1);
    const isBelow = page.slice(previousEnd, match.index).trim() === "";
    if (language === "text" && isBelow && previous !== undefined && /^(ts|js)$/.test(previous.language)) previous.output = code;
    else blocks.push({ language, code, line: page.slice(0, match.index).split("\n").length });
    previousEnd = match.index + whole.length;
  }
  return blocks;
}

/** A text's numbers with a point, and the text with `0.0` in their places and every bar of the same length. */
export function splitNumbers(text: string): { text: string; numbers: number[] } {
  const pattern = /-?\d+\.\d+(?:e[+-]?\d+)?/g;
  const numbers = Array.from(text.matchAll(pattern), ([number]) => Number(number));
  return { text: text.replace(pattern, "0.0").replace(/[█▉▊▋▌▍▎▏]+ */g, "█ "), numbers };
}

/** The page with an empty line for each line of a fenced block, so that line numbers stay. */
export function withoutCode(page: string): string {
  return page.replace(/^```[\s\S]*?^```$/gm, (block) => block.replace(/[^\n]/g, ""));
}

/** The ids of a page's headings, in the order of the page, as GitHub makes them. */
export function headingIds(page: string): string[] {
  const counts = new Map<string, number>();
  return Array.from(withoutCode(page).matchAll(/^#{1,6} +(.+)$/gm), ([, heading]) => {
    const text = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const id = text.replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "").replaceAll(" ", "-");
    const count = counts.get(id) ?? 0;
    counts.set(id, count + 1);
    return count === 0 ? id : `${id}-${count}`;
  });
}
