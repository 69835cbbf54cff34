import { messageOf } from "../errors.ts";
import { parseExactJson } from "../exact-json.ts";
import { RerankError } from "../index.ts";
import { isRecord } from "../values.ts";
import type { CommonOptions, Io } from "./io.ts";
import { scanJson } from "./json-scan.ts";
import { NotTextError } from "./text-lines.node.ts";

/** Format of a file: one document per line, one JSON value per line, or one JSON array. */
export type InputFormat = "lines" | "jsonl" | "json";

/** A document from a file. */
export type FileDocument = string | object;

/** File and line on which a document begins. */
export interface DocumentSource {
  /** The path as the user wrote it; "-" is standard input. */
  file: string;
  /** Line number, from 1. */
  line: number;
}

/** Documents and their sources, in the same order. */
export interface FileDocuments {
  documents: FileDocument[];
  sources: DocumentSource[];
}

/** Options of commands that read documents, as commander names them. */
export interface InputOptions extends CommonOptions {
  input?: InputFormat;
  field?: readonly string[];
}

// JSON.stringify, which writes the results, is recursive. Real documents are not nested this deep.
const maxDepth = 1000;

/**
 * Reads the documents of files line by line, in the order of the files. Skips blank lines.
 *
 * Without `input`, the file's extension selects the format (`.jsonl`, `.ndjson` or `.json`, also before `.gz`). Without such an extension,
 * the content does: a JSON array of strings or objects; JSONL if the first line is a JSON object or string; otherwise lines. Among several
 * files, it skips those that are not text, and names them on standard error.
 *
 * @param paths files; "-" is standard input
 * @throws RerankError `invalid-input` naming file and line if a file cannot be read, does not match its format, or contains plain texts
 *   although `field` names fields; `aborted` after an interrupt
 */
export async function readDocuments(io: Io, paths: readonly string[], options: InputOptions = {}): Promise<FileDocuments> {
  const result: FileDocuments = { documents: [], sources: [] };
  const skipped: NotTextError[] = [];
  for (const path of paths) {
    try {
      const { documents, lines } = await readFile(io, path, options);
      for (const [index, document] of documents.entries()) {
        result.documents.push(document);
        result.sources.push({ file: path, line: lines[index]! });
      }
    } catch (error) {
      if (!(error instanceof NotTextError)) throw error;
      skipped.push(error);
      if (skipped.length === paths.length) throw skipped[0];
    }
  }
  if (options.quiet !== true) for (const { message } of skipped) io.note(`crossrank: left out ${message}`);
  return result;
}

/** A source for messages: `tickets.jsonl:7`. */
export function describeSource({ file, line }: DocumentSource): string {
  return `${displayName(file)}:${line}`;
}

async function readFile(io: Io, path: string, { input, field }: InputOptions): Promise<DocumentsOfFile> {
  const fileName = displayName(path);
  const reader = new DocumentReader(fileName, input ?? formatByName(path));
  try {
    for await (const line of io.lines(path)) reader.take(line);
  } catch (error) {
    throw RerankError.is(error) ? error : unreadable(fileName, error);
  }
  if (io.signal.aborted) throw new RerankError("aborted", `${fileName}: interrupted while reading. Run it again.`);
  const result = reader.end();
  if (field !== undefined && result.documents.length > 0 && result.documents.every((document) => typeof document === "string")) {
    const advice = "Leave --field out, or give JSON objects; --input jsonl or json reads them";
    throw new RerankError("invalid-input", `${fileName}: holds plain texts, which have no field ${field.join(", ")}. ${advice}.`);
  }
  return result;
}

function displayName(path: string): string {
  return path === "-" ? "stdin" : path;
}

function formatByName(path: string): InputFormat | undefined {
  if (/\.(?:jsonl|ndjson)(?:\.gz)?$/i.test(path)) return "jsonl";
  return /\.json(?:\.gz)?$/i.test(path) ? "json" : undefined;
}

interface DocumentsOfFile {
  documents: readonly FileDocument[];
  /** The line on which each document begins. */
  lines: readonly number[];
}

/** Converts the lines of one file into documents as they arrive. */
class DocumentReader {
  private readonly fileName: string;
  private format: InputFormat | "array-or-lines" | undefined;
  private readonly read: { documents: FileDocument[]; lines: number[] } = { documents: [], lines: [] };
  /** Lines that belong to one JSON value. */
  private readonly pending: string[] = [];
  /** Line on which `pending` begins. */
  private pendingFrom = 1;
  private lineNumber = 0;
  /** The first line that looks like a JSON object but is not valid JSON. */
  private brokenObject: { line: string; number: number } | undefined;

  constructor(fileName: string, format: InputFormat | undefined) {
    this.fileName = fileName;
    this.format = format;
  }

  take(line: string): void {
    this.lineNumber += 1;
    if (this.format === "json" || this.format === "array-or-lines") {
      this.pending.push(line);
      return;
    }
    if (line.trim() === "") return;
    this.format ??= this.decideFormat(line);
    if (this.format === "array-or-lines") {
      this.pendingFrom = this.lineNumber;
      this.pending.push(line);
    } else this.put(this.format === "jsonl" ? this.parseLine(line, this.lineNumber) : line, this.lineNumber);
  }

  end(): DocumentsOfFile {
    if (this.format === "json") return this.parseArray(this.pending.join("\n"));
    if (this.format !== "array-or-lines") {
      this.refuseBrokenObject();
      return this.read;
    }
    const text = this.pending.join("\n");
    const array = parseJson(text);
    if (Array.isArray(array) && array.every(isDocument)) return this.parseArray(text);
    for (const [index, line] of this.pending.entries()) if (line.trim() !== "") this.put(line, this.pendingFrom + index);
    return this.read;
  }

  private put(document: FileDocument, line: number): void {
    this.read.documents.push(document);
    this.read.lines.push(line);
  }

  private decideFormat(line: string): InputFormat | "array-or-lines" {
    // A line of prose may also begin with a bracket ("[1] Smith et al."), so wait for the whole file.
    if (line.trimStart().startsWith("[")) return "array-or-lines";
    if (/^\s*["{]/.test(line) && isDocument(parseJson(line))) return "jsonl";
    if (line.trimStart().startsWith("{")) this.brokenObject = { line, number: this.lineNumber };
    return "lines";
  }

  /** Prose may begin with a brace. But if other lines are objects, the file is JSONL with a broken record. */
  private refuseBrokenObject(): void {
    if (this.brokenObject === undefined) return;
    const isObject = (line: FileDocument): boolean =>
      typeof line === "string" && line.trimStart().startsWith("{") && isDocument(parseJson(line));
    if (this.read.documents.some(isObject)) this.parseLine(this.brokenObject.line, this.brokenObject.number);
  }

  private parseLine(line: string, number: number): FileDocument {
    const where = `${this.fileName}:${number}`;
    refuseDeep(line, where);
    let value: unknown;
    try {
      value = parseExactJson(line);
    } catch (error) {
      throw this.badRecord(where, `not valid JSON: ${messageOf(error)}`, error);
    }
    if (isDocument(value)) return value;
    throw this.badRecord(where, "neither a JSON string nor an object");
  }

  private badRecord(where: string, what: string, cause?: unknown): RerankError {
    const advice = "Write one JSON string or object a line, or read plain text with --input lines";
    return new RerankError("invalid-input", `${where}: ${what}. ${advice}.`, cause === undefined ? {} : { cause });
  }

  private parseArray(text: string): DocumentsOfFile {
    if (text.trim() === "") return { documents: [], lines: [] };
    refuseDeep(text, this.fileName);
    const entryLines = scanJson(text).entryLines.map((line) => this.pendingFrom - 1 + line);
    let value: unknown;
    try {
      value = parseExactJson(text);
    } catch (error) {
      const advice = "Correct it, or read it with --input jsonl or --input lines";
      throw new RerankError("invalid-input", `${this.fileName}:${lineOf(error, text)}: not valid JSON: ${messageOf(error)}. ${advice}.`, {
        cause: error,
      });
    }
    if (!Array.isArray(value)) {
      throw new RerankError(
        "invalid-input",
        `${this.fileName}: expected a JSON array of strings or objects. Put the documents into one array, or read one a line with --input jsonl.`,
      );
    }
    const wrong = value.findIndex((entry) => !isDocument(entry));
    if (wrong === -1) return { documents: value, lines: entryLines };
    throw new RerankError(
      "invalid-input",
      `${this.fileName}:${entryLines[wrong]}: entry ${wrong} of the array is not a string or an object. Correct or remove it.`,
    );
  }
}

function refuseDeep(text: string, where: string): void {
  if (text.length <= maxDepth) return;
  const { depth } = scanJson(text);
  if (depth <= maxDepth) return;
  throw new RerankError("invalid-input", `${where}: nested ${depth} levels deep, and at most ${maxDepth} are read. Flatten it.`);
}

/** Converts the position in the parser's message into a line number. */
function lineOf(error: unknown, text: string): number {
  const position = /at position (\d+)/.exec(messageOf(error))?.[1];
  // Without a position, or with one after the last line, the text ended too early.
  const end = text.trimEnd().length;
  const before = text.slice(0, position === undefined ? end : Math.min(Number(position), end));
  return before.split("\n").length;
}

function isDocument(value: unknown): value is FileDocument {
  return typeof value === "string" || isRecord(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not an error here: the callers report what they expected.
    return undefined;
  }
}

function unreadable(fileName: string, error: unknown): RerankError {
  const reasons: Record<string, string> = {
    ENOENT: "no such file. Check the path; the first argument is the query",
    EISDIR: "is a folder. Name the files in it",
    EACCES: "may not be read. Check its permissions",
  };
  const code = (error as { code?: unknown }).code;
  const reason = typeof code === "string" ? reasons[code] : undefined;
  return new RerankError("invalid-input", `${fileName}: ${reason ?? `cannot be read: ${messageOf(error)}. Check the file`}.`, {
    cause: error,
  });
}
