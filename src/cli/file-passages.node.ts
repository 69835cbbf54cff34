/** Reads passages from the text files of a folder, for agents. No path leads out of the folder. */
import { constants } from "node:fs";
import { lstat, open, realpath } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { glob } from "tinyglobby";
import { RerankError } from "../index.ts";
import type { FilePassages, FoundPassages } from "../mcp/mcp-server.ts";
import { readLines } from "./text-lines.node.ts";

/** Limits of one call. */
export interface PassageLimits {
  maxFiles: number;
  maxFileBytes: number;
  /** Of all files together. */
  maxBytes: number;
  maxPassages: number;
}

type Passage = FoundPassages["passages"][number];

/** A passage of mini's 512 tokens has about 2,000 English characters. Shorter ones say more exactly where the answer is. */
const defaults: PassageLimits = { maxFiles: 2000, maxFileBytes: 2 * 2 ** 20, maxBytes: 32 * 2 ** 20, maxPassages: 4096 };
/** A blank line ends a passage of this many characters or more, so that headings stay with their paragraphs. */
const minPassageChars = 300;
/** A passage ends before the line that would make it longer. A longer line is split. */
const maxPassageChars = 1500;
const maxPatterns = 16;
const maxPatternChars = 200;
/** Folders that nobody wrote by hand. Hidden files are left out, too: they may contain secrets. */
const ignored = ["**/node_modules/**", "**/.git/**"];

/**
 * Passages of the files in a root folder.
 *
 * A pattern that leads out of the folder is refused. Symbolic links, hidden files, files that are not text and files above the limits are
 * left out, with a warning that counts them.
 *
 * @throws RerankError `invalid-input` if the root is not a folder
 */
export async function createFilePassages(root: string, limits: Partial<PassageLimits> = {}): Promise<FilePassages> {
  const folder = await realpath(root).catch((cause: unknown) => {
    throw new RerankError("invalid-input", `mcp: --files ${root}: no such folder. Check the path.`, { cause });
  });
  if (!(await lstat(folder)).isDirectory()) {
    throw new RerankError("invalid-input", `mcp: --files ${root}: this is no folder. Name the folder that agents may read.`);
  }
  return { read: (patterns, signal) => readPassages(folder, patterns, signal, { ...defaults, ...limits }) };
}

async function readPassages(
  folder: string,
  patterns: readonly string[],
  signal: AbortSignal,
  limits: PassageLimits,
): Promise<FoundPassages> {
  checkPatterns(patterns);
  signal.throwIfAborted();
  const paths = await glob([...patterns], {
    cwd: folder,
    ignore: ignored,
    dot: false,
    followSymbolicLinks: false,
    onlyFiles: true,
    signal,
  });
  const passages: Passage[] = [];
  const left = { links: 0, large: 0, notText: 0, overLimit: 0 };
  let files = 0;
  let bytes = 0;
  for (const file of paths.filter(isShown).sort()) {
    signal.throwIfAborted();
    const path = join(folder, file);
    const stats = await lstat(path).catch(() => undefined); // deleted since it was found
    if (stats === undefined) continue;
    if (!stats.isFile() || !isInside(folder, await realpath(path))) left.links += 1;
    else if (stats.size > limits.maxFileBytes) left.large += 1;
    else if (files >= limits.maxFiles || bytes + stats.size > limits.maxBytes || passages.length >= limits.maxPassages) left.overLimit += 1;
    else {
      const found = await passagesOf(path, file, signal);
      if (found === undefined) left.notText += 1;
      else {
        files += 1;
        bytes += stats.size;
        left.overLimit += passages.length + found.length > limits.maxPassages ? 1 : 0;
        passages.push(...found.slice(0, limits.maxPassages - passages.length));
      }
    }
  }
  return { passages, files, warnings: warningsOf(left, limits) };
}

function checkPatterns(patterns: readonly string[]): void {
  if (patterns.length > maxPatterns) throw invalid(`at most ${maxPatterns} patterns are read, got ${patterns.length}. Name fewer`);
  for (const pattern of patterns) {
    const shown = JSON.stringify(pattern.slice(0, 80));
    if (pattern.length > maxPatternChars) throw invalid(`${shown} is longer than ${maxPatternChars} characters. Shorten it`);
    const escapes = isAbsolute(pattern) || /^!?[\\/~]|^[A-Za-z]:/.test(pattern) || pattern.split(/[\\/{},|()!]/).includes("..");
    if (escapes) throw invalid(`${shown} leads out of the root folder. Use a path inside it`);
  }
}

/** A pattern such as `.env` finds hidden files, too. */
function isShown(file: string): boolean {
  return !file.split("/").some((name) => name.startsWith("."));
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** @returns undefined if the file is not text, or is gone */
async function passagesOf(path: string, file: string, signal: AbortSignal): Promise<Passage[] | undefined> {
  const collector = new PassageCollector(file);
  try {
    // O_NOFOLLOW: a link may have taken the place of the file since it was checked. Windows has no such flag.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    for await (const line of readLines(handle.createReadStream({ signal }), file)) collector.take(line);
  } catch (error) {
    signal.throwIfAborted();
    if (RerankError.is(error) || (error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
  return collector.end();
}

/** Puts the lines of a file together to passages. */
class PassageCollector {
  readonly #file: string;
  readonly #passages: Passage[] = [];
  #lines: string[] = [];
  #chars = 0;
  #firstLine = 1;
  #line = 0;

  constructor(file: string) {
    this.#file = file;
  }

  take(line: string): void {
    this.#line += 1;
    if (this.#chars + line.length > maxPassageChars) this.#flush();
    if (line.trim() === "" && this.#chars >= minPassageChars) this.#flush();
    if (this.#lines.length === 0) this.#firstLine = this.#line;
    if (this.#lines.length === 0 && line.trim() === "") return;
    for (const part of splitLine(line)) {
      this.#lines.push(part);
      this.#chars += part.length;
      if (this.#chars >= maxPassageChars) this.#flush();
    }
  }

  end(): Passage[] {
    this.#flush();
    return this.#passages;
  }

  #flush(): void {
    const text = this.#lines.join("\n").trimEnd();
    if (text !== "") this.#passages.push({ file: this.#file, line: this.#firstLine, text });
    this.#lines = [];
    this.#chars = 0;
    this.#firstLine = this.#line;
  }
}

function splitLine(line: string): string[] {
  if (line.length <= maxPassageChars) return [line];
  return line.match(new RegExp(`[^]{1,${maxPassageChars}}`, "gu")) ?? [];
}

function warningsOf(left: Record<"links" | "large" | "notText" | "overLimit", number>, limits: PassageLimits): string[] {
  const { maxFileBytes, maxFiles, maxBytes, maxPassages } = limits;
  const reasons: [number, string][] = [
    [left.links, "symbolic links are not followed"],
    [left.large, `larger than ${maxFileBytes} bytes`],
    [left.notText, "not text, or not readable"],
    [left.overLimit, `beyond the limits of one call: ${maxFiles} files, ${maxBytes} bytes, ${maxPassages} passages. Narrow the patterns`],
  ];
  return reasons.flatMap(([count, why]) => (count === 0 ? [] : [`${count} ${count === 1 ? "file" : "files"} left out or cut: ${why}.`]));
}

function invalid(what: string): RerankError {
  return new RerankError("invalid-input", `patterns: ${what}.`);
}
