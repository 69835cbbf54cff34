/** Finds and reads the files of a test collection. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { messageOf } from "../../errors.ts";
import { parseQrels, parseRun, parseTexts } from "../../eval/formats.ts";
import { RerankError } from "../../index.ts";
import type { Io } from "../io.ts";

const usualQueries = "queries.jsonl";
const qrelsExtension = /\.(?:tsv|txt|jsonl)(?:\.gz)?$/;

/** Options for parts of a collection that are not in the usual files. */
export interface CollectionOptions {
  /** Name of the folder's qrels file to use. @default test, else the only one */
  split?: string;
  /** @default corpus.jsonl or docs.jsonl in the folder */
  corpus?: string;
  /** @default queries.jsonl in the folder */
  queries?: string;
}

/** Judgments, and their name for reports. */
export interface Judgments {
  name: string;
  qrels: Map<string, Map<string, number>>;
}

/** Texts by id. */
export interface Texts {
  queries: Map<string, string>;
  documents: Map<string, string>;
}

/**
 * Reads the judgments of a collection.
 *
 * @param dataset a folder in BEIR's format (`qrels/test.tsv` or `qrels.tsv`), or a qrels file
 * @throws RerankError `invalid-input` for a file that is missing, malformed or without judgments
 */
export async function readJudgments(io: Io, dataset: string, options: CollectionOptions): Promise<Judgments> {
  const path = isFolder(dataset) ? qrelsOf(dataset, options.split) : dataset;
  const qrels = parseQrels(await readLines(io, path), path);
  if (qrels.size === 0) throw new RerankError("invalid-input", `eval: ${path} judges nothing. Name a file with relevance judgments.`);
  return { name: collectionName(resolve(dataset)), qrels };
}

/** Reads queries and documents of a collection. @throws RerankError `invalid-input` for a missing or malformed file */
export async function readTexts(io: Io, dataset: string, { corpus, queries }: CollectionOptions): Promise<Texts> {
  const queryFile = queries ?? fileOf(dataset, [usualQueries], "--queries");
  const documentFile = corpus ?? fileOf(dataset, ["corpus.jsonl", "docs.jsonl"], "--corpus");
  return {
    queries: parseTexts(await readLines(io, queryFile), queryFile),
    documents: parseTexts(await readLines(io, documentFile), documentFile),
  };
}

/** Reads a collection's queries to show their texts; undefined if it has none. @throws RerankError `invalid-input` for a malformed file */
export async function findQueries(io: Io, dataset: string, { queries }: CollectionOptions): Promise<Map<string, string> | undefined> {
  const path = queries ?? findFile(dataset, [usualQueries]);
  return path === undefined ? undefined : parseTexts(await readLines(io, path), path);
}

/** Reads a run in TREC format or JSONL. @throws RerankError `invalid-input` for a missing or malformed file */
export async function readRun(io: Io, path: string): Promise<Map<string, Map<string, number>>> {
  return parseRun(await readLines(io, path), path);
}

/** @throws RerankError `invalid-input` for a file that cannot be read; `aborted` after an interrupt */
export async function readLines(io: Io, path: string): Promise<string[]> {
  const lines: string[] = [];
  try {
    for await (const line of io.lines(path)) lines.push(line);
  } catch (cause) {
    if (RerankError.is(cause)) throw cause;
    throw new RerankError("invalid-input", `eval: cannot read ${path}: ${messageOf(cause)}. Check the path.`, { cause });
  }
  if (io.signal.aborted) throw new RerankError("aborted", `${path}: interrupted while reading. Run it again.`);
  return lines;
}

/** `scifact` for the folder and for its qrels.tsv; `scifact, dev` for scifact/qrels/dev.tsv; the file's own name otherwise. */
function collectionName(path: string): string {
  if (isFolder(path)) return basename(path);
  const folder = dirname(path);
  const split = basename(path).replace(/\.\w+$/, "");
  if (basename(folder) === "qrels") return `${basename(dirname(folder))}, ${split}`;
  return split === "qrels" ? basename(folder) : basename(path);
}

function qrelsOf(folder: string, split: string | undefined): string {
  const inside = join(folder, "qrels");
  if (!isFolder(inside)) return fileOf(folder, ["qrels.tsv", "qrels.txt", "qrels.jsonl"], "a qrels file");
  const names = readdirSync(inside).filter((name) => qrelsExtension.test(name));
  const wanted = names.find((name) => name.replace(qrelsExtension, "") === (split ?? "test"));
  if (wanted !== undefined) return join(inside, wanted);
  if (split === undefined && names.length === 1) return join(inside, names[0]!);
  const known = names.map((name) => name.replace(qrelsExtension, "")).join(", ") || "none";
  throw new RerankError("invalid-input", `eval: ${inside} has no ${split ?? "test"}. It has ${known}: name one with --split.`);
}

function fileOf(dataset: string, names: readonly string[], option: string): string {
  const found = findFile(dataset, names);
  if (isFolder(dataset) && found !== undefined) return found;
  throw new RerankError("invalid-input", `eval: ${dataset} is no folder with ${names.join(" or ")}. Name ${option}.`);
}

/** The first of these files that exists in the folder, plain or gzipped. */
function findFile(folder: string, names: readonly string[]): string | undefined {
  const paths = names.flatMap((name) => [join(folder, name), join(folder, `${name}.gz`)]);
  return paths.find((path) => existsSync(path));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
