/** Reads the code blocks of a Markdown page. */

/** One fenced block. */
export interface CodeBlock {
  /** First word after the fence; "" without one. */
  language: string;
  code: string;
  /** Line of the opening fence, from 1. */
  line: number;
  /** Text of an HTML comment that stands alone right above the block. */
  remark: string | undefined;
  /** The `text` block right below: what the code prints. */
  output: CodeBlock | undefined;
}

/**
 * The blocks in the order of the page; a block's output is not in the list a second time.
 *
 * Fences of three backticks at the start of a line, as the pages of this repository write them.
 */
export function readCodeBlocks(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const fences = /^(?:<!-- (.*?) -->\n)?```([\w-]*)\n([\s\S]*?)^```$/gm;
  let previousEnd = 0;
  for (const match of page.matchAll(fences)) {
    const [whole, remark, language, code] = match as unknown as [string, string | undefined, string, string];
    const start = match.index + (remark === undefined ? 0 : remark.length + "<!--  -->\n".length);
    const block: CodeBlock = { language, code, line: page.slice(0, start).split("\n").length, remark, output: undefined };
    const previous = blocks.at(-1);
    const isOutput = language === "text" && previous !== undefined && page.slice(previousEnd, match.index).trim() === "";
    if (isOutput && /^(ts|js)$/.test(previous.language)) previous.output = block;
    else blocks.push(block);
    previousEnd = match.index + whole.length;
  }
  return blocks;
}

/** Code that runs as one program: a block, and those below it whose remark says that they continue it. */
export function joinContinued(blocks: readonly CodeBlock[]): CodeBlock[][] {
  const programs: CodeBlock[][] = [];
  for (const block of blocks) {
    if (block.remark?.startsWith("continues") === true && programs.length > 0) programs.at(-1)!.push(block);
    else programs.push([block]);
  }
  return programs;
}

/** A text's numbers with a point, and the text with `0.0` in their places and every bar of the same length. */
export function splitNumbers(text: string): { text: string; numbers: number[] } {
  const pattern = /-?\d+\.\d+(?:e[+-]?\d+)?/g;
  const numbers = Array.from(text.matchAll(pattern), ([number]) => Number(number));
  return { text: text.replace(pattern, "0.0").replace(/[█▉▊▋▌▍▎▏]+ */g, "█ "), numbers };
}
