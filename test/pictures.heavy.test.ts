/** The pictures of README.md show the committed measurements and what the command line prints. `UPDATE_DOCS=1` draws them again. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { drawSpeeds, drawTerminal, type PeerResults, type Theme } from "../scripts/pictures.ts";
import { root, runCommand } from "./support/command.node.ts";
import { splitNumbers } from "./support/markdown.ts";

const themes: Theme[] = ["light", "dark"];
const results = JSON.parse(readFileSync(join(root, "bench/peers/results.json"), "utf8")) as PeerResults;
const columns = 60;

it.each(themes)("docs/pictures/speed-%s.svg shows bench/peers/results.json", (theme) => {
  expect(pictureAt(`speed-${theme}`, drawSpeeds(results, theme))).toBe(drawSpeeds(results, theme));
});

it.each(themes)("docs/pictures/terminal-%s.svg shows what the command of README.md prints", async (theme) => {
  const [, parameters] = /^npx crossrank ("how to .*)$/m.exec(readFileSync(join(root, "README.md"), "utf8"))!;
  // A terminal gets a table with colors by itself.
  const script = `"${process.execPath}" "${join(root, "dist/cli.js")}" ${parameters} --format table`;
  const environment = { PATH: process.env.PATH!, FORCE_COLOR: "1", COLUMNS: String(columns) };
  const { stdout } = await runCommand("bash", ["-c", script], { cwd: root, env: environment });
  const [query, ...rest] = parameters!.split(/(?<=") /);
  const drawn = drawTerminal([`$ npx crossrank ${query} \\`, `    ${rest.join(" ")}`, ...stdout.trimEnd().split("\n")], theme);
  const [actual, shown] = [drawn, pictureAt(`terminal-${theme}`, drawn)].map(splitNumbers);
  expect(actual!.text).toBe(shown!.text);
  // Scores of an 8-bit model move a little with the processor, and the lengths of their bars with them.
  for (const [index, number] of shown!.numbers.entries())
    expect(Math.abs(actual!.numbers[index]! - number)).toBeLessThan(Math.max(0.1, number * 0.05));
});

/** The committed picture; with `UPDATE_DOCS=1` the drawn one, written first. */
function pictureAt(name: string, drawn: string): string {
  const path = join(root, `docs/pictures/${name}.svg`);
  if (process.env.UPDATE_DOCS === "1") writeFileSync(path, drawn);
  return readFileSync(path, "utf8");
}
