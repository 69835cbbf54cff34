/** What README and docs promise their readers beside running code: short lines, short pages, links that lead somewhere. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./support/command.node.ts";

const pages = ["README.md", ...readdirSync(join(root, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : []))];
// Their lines end at 140 characters.
const wide = ["bundlers", "deploy", "evaluation", "other-languages", "server"].map((name) => `docs/${name}.md`);

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

describe.each(pages)("%s", (path) => {
  it.skipIf(wide.includes(path))("has lines of at most 120 characters, but for code, tables and pictures", () => {
    const long = proseOf(path).filter((line) => line.length > 120 && !/^(\||\[!\[|\s*<)/.test(line));
    expect(long).toEqual([]);
  });

  it("links to headings that exist", () => {
    const targets = [
      ...proseOf(path)
        .join("\n")
        .matchAll(/\]\(([\w./-]*\.md)?#([^)]+)\)/g),
    ];
    const broken = targets.filter(([, page, anchor]) => {
      const file = page === undefined ? path : join(path, "..", page);
      return !anchorsOf(file).includes(anchor!);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});

it("docs/README.md leads to every page of docs/", () => {
  const index = read("docs/README.md");
  const missing = pages.filter((path) => path.startsWith("docs/") && path !== "docs/README.md" && !index.includes(path.slice(5)));
  expect(missing).toEqual([]);
});

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The lines of a page without its code blocks. */
function proseOf(path: string): string[] {
  return read(path)
    .replace(/^```[\s\S]*?^```$/gm, "")
    .split("\n");
}

/** Anchors of a page's headings, as GitHub makes them. */
function anchorsOf(path: string): string[] {
  return proseOf(path).flatMap((line) => {
    const heading = /^#+ (.*)$/.exec(line)?.[1];
    return heading === undefined
      ? []
      : heading
          .toLowerCase()
          .replace(/[^\p{L}\p{N} _-]/gu, "")
          .replaceAll(" ", "-");
  });
}
