import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFilePassages } from "./file-passages.node.ts";

let outer: string;
let root: string;
const signal = new AbortController().signal;

beforeEach(() => {
  outer = mkdtempSync(join(tmpdir(), "crossrank-passages-"));
  root = join(outer, "root");
  mkdirSync(join(root, "docs"), { recursive: true });
  writeFileSync(join(outer, "secret.txt"), "secret outside");
  writeFileSync(join(root, "docs/a.md"), "# Title\n\nFirst paragraph.\n");
  writeFileSync(join(root, "b.txt"), "plain\r\n");
});
afterEach(() => rmSync(outer, { recursive: true }));

const read = async (patterns: string[], limits = {}) => (await createFilePassages(root, limits)).read(patterns, signal);

describe("passages of files", () => {
  it("keep a heading with its paragraph, and say where they begin", async () => {
    const { passages, files, warnings } = await read(["**/*"]);
    expect(passages).toEqual([
      { file: "b.txt", line: 1, text: "plain" },
      { file: "docs/a.md", line: 1, text: "# Title\n\nFirst paragraph." },
    ]);
    expect({ files, warnings }).toEqual({ files: 2, warnings: [] });
  });

  it("cover every line of a long file once, in order", async () => {
    const lines = Array.from({ length: 900 }, (_, index) =>
      index % 7 === 6 ? "" : `line ${index} ${"word ".repeat(index % 13)}`.trimEnd(),
    );
    writeFileSync(join(root, "long.txt"), lines.join("\n"));
    const { passages } = await read(["long.txt"]);
    const covered = passages.flatMap(({ line, text }) => text.split("\n").map((part, offset) => [line + offset, part]));
    expect(covered.filter(([, part]) => part !== "")).toEqual(lines.flatMap((part, index) => (part === "" ? [] : [[index + 1, part]])));
    expect(Math.max(...passages.map(({ text }) => text.length))).toBeLessThanOrEqual(1600);
    expect(passages.length).toBeGreaterThan(10);
  });

  it("split a line that never ends, between characters", async () => {
    const text = "🐕".repeat(5000);
    writeFileSync(join(root, "line.txt"), text);
    const { passages } = await read(["line.txt"]);
    expect(passages.map((passage) => passage.text).join("")).toBe(text);
    expect(passages.every(({ line, text: part }) => line === 1 && part.isWellFormed())).toBe(true);
  });

  it.each([
    "../secret.txt",
    "docs/../../secret.txt",
    "/etc/passwd",
    "{a,../secret}.txt",
    "~/x",
    "C:\\x",
    "\\\\host\\x",
    "!../x",
    "+(..)/secret.txt",
  ])("refuse the pattern %j", async (pattern) => {
    await expect(read([pattern])).rejects.toThrow("leads out of the root folder");
  });

  it("refuse too many and too long patterns", async () => {
    await expect(read(Array.from({ length: 17 }, () => "*"))).rejects.toThrow("at most 16 patterns");
    await expect(read(["a".repeat(201)])).rejects.toThrow("longer than 200 characters");
  });

  it("never follow a link, nor read hidden files and installed packages", async () => {
    symlinkSync(join(outer, "secret.txt"), join(root, "link.txt"));
    symlinkSync(outer, join(root, "folder"));
    symlinkSync(root, join(root, "loop"));
    writeFileSync(join(root, ".env"), "KEY=secret");
    mkdirSync(join(root, "node_modules/x"), { recursive: true });
    writeFileSync(join(root, "node_modules/x/readme.md"), "installed");
    const { passages } = await read(["**/*", "folder/*", "folder/secret.txt", "link.txt", ".env", "**/.env"]);
    expect(passages.map(({ file }) => file)).toEqual(expect.arrayContaining(["b.txt", "docs/a.md"]));
    expect(JSON.stringify(passages)).not.toMatch(/secret|installed/);
  });

  it("leave out what is not text or too large, and say how many", async () => {
    writeFileSync(join(root, "image.png"), Buffer.from("89504e470d0a1a0a00000000", "hex"));
    writeFileSync(join(root, "latin1.txt"), Buffer.from("Stra\xdfe", "latin1"));
    writeFileSync(join(root, "large.txt"), "x".repeat(101));
    const { files, warnings } = await read(["*"], { maxFileBytes: 100 });
    expect(files).toBe(1);
    expect(warnings).toEqual(["1 file left out or cut: larger than 100 bytes.", "2 files left out or cut: not text, or not readable."]);
  });

  it.each([{ maxFiles: 1 }, { maxBytes: 10 }, { maxPassages: 1 }])("stop at %j and say so", async (limits) => {
    const { passages, warnings } = await read(["**/*"], limits);
    expect(passages).toHaveLength(1);
    expect(warnings[0]).toContain("Narrow the patterns");
  });

  it("end with the signal", async () => {
    const passages = await createFilePassages(root);
    await expect(passages.read(["**/*"], AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
  });

  it("need a root folder", async () => {
    await expect(createFilePassages(join(root, "none"))).rejects.toThrow("no such folder");
    await expect(createFilePassages(join(root, "b.txt"))).rejects.toThrow("this is no folder");
  });
});
