/** Tables of the documentation that are made from data: `UPDATE_DOCS=1` writes them into their pages. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { root } from "./command.node.ts";

const isUpdate = process.env.UPDATE_DOCS === "1";

export function rowOf(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/**
 * Expects that a page has this table.
 *
 * @param firstLine its header
 * @param rows below the two lines of the header, or made of those that are there
 */
export function expectTable(path: string, firstLine: string, rows: readonly string[] | ((shown: readonly string[]) => string[])): void {
  const file = join(root, path);
  const text = readFileSync(file, "utf8");
  const start = text.indexOf(firstLine);
  expect(start, `${path} has no table ${firstLine}`).toBeGreaterThanOrEqual(0);
  const shown = /^(?:\|.*\n)+/.exec(text.slice(start))![0].trimEnd().split("\n");
  const [head, rule, ...shownRows] = shown;
  const table = [head!, rule!, ...(typeof rows === "function" ? rows(shownRows) : rows)];
  if (isUpdate)
    writeFileSync(
      file,
      text.replace(shown.join("\n"), () => table.join("\n")),
    );
  else expect(shown).toEqual(table);
}
