/** What README and docs promise their readers beside running code: short lines, short pages, links that lead somewhere. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./support/command.node.ts";
import { headingIds, withoutCode } from "./support/markdown.ts";

const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
const pages = ["README.md", ...docs.map((name) => join("docs", name))];

it("README.md has at most 150 lines", () => {
  expect(read("README.md").trimEnd().split("\n").length).toBeLessThanOrEqual(150);
});

it("README.md's first example gives the right answer more than 0.9", () => {
  const [, output] = /^```text\n(.*)\n/m.exec(read("README.md"))!;
  expect(Number(output!.split(" ")[0])).toBeGreaterThan(0.9);
  expect(output).toContain("To undo the last commit");
});

describe("README.md's figures of speed are those of bench/peers/results.json", () => {
  const { speeds } = JSON.parse(read("bench/peers/results.json")) as { speeds: Record<string, { passages: number[] }> };
  const passages = (name: string): number[] => speeds[name]!.passages;
  const times = (peer: string): string =>
    median(passages("crossrank-fp32").map((speed, round) => speed / passages(peer)[round]!)).toFixed(1);

  it("times as many passages a second", () => {
    expect(read("README.md")).toContain(
      `${times("fastembed")} times as many passages a second as fastembed, and ${times("sentence-transformers")} times`,
    );
  });

  it("the row of the comparison", () => {
    const [ours, transformersJs, fastembed, flashrank] = ["crossrank-fp32", "transformers-js", "fastembed", "flashrank"].map((name) =>
      Math.round(median(passages(name))),
    );
    const row = read("README.md")
      .split("\n")
      .find((line) => line.startsWith("| passages a second"))!;
    expect(row.replace(/\]\([^)]*\)|\[/g, "")).toContain(`| ${ours} | ${transformersJs} | ${fastembed}, ${flashrank} |`);
  });
});

it.each(pages)("%s has lines of at most 120 characters, but for code, tables and pictures", (path) => {
  const lines = withoutCode(read(path)).split("\n");
  const isLong = (line: string): boolean => line.length > 120 && !/^(\||\[!\[|\s*<)/.test(line);
  expect(lines.flatMap((line, index) => (isLong(line) ? [`${path}:${index + 1}`] : []))).toEqual([]);
});

it.each([...pages, "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"])("%s links to files and headings that exist", (path) => {
  const links = withoutCode(read(path)).matchAll(/\]\(([^)\s]+)\)|\b(?:href|src|srcset)="([^"\s]+)"/g);
  const broken = Array.from(links, ([, markdown, html]) => (markdown ?? html)!).filter((target) => {
    if (/^(?:https?|mailto):/.test(target)) return false;
    const [file = "", heading] = target.split("#");
    const resolved = file === "" ? path : join(path, "..", file);
    return !existsSync(join(root, resolved)) || (heading !== undefined && !headingIds(read(resolved)).includes(heading));
  });
  expect(broken).toEqual([]);
});

it("docs/README.md leads to every page of docs/", () => {
  const index = read("docs/README.md");
  const missing = docs.filter((name) => name !== "README.md" && !index.includes(`(${name}`));
  expect(missing).toEqual([]);
});

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}
