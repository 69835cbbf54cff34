import { RerankError } from "../index.ts";
import { messageOf } from "./failure.ts";
import type { Io } from "./io.ts";

/** How a file holds documents: one a line, one JSON value a line, or one JSON array. */
export type InputFormat = "lines" | "jsonl" | "json";

/** A document as files can hold it. */
export type FileDocument = string | object;

/**
 * The documents of files, in the order of the files, read line by line.
 *
 * Blank lines are no documents. Without `format` a file's extension decides (`.jsonl`, `.ndjson`, `.json`), then its content: a JSON array
 * of strings or objects, else JSONL if the first line is a JSON object or string, else lines.
 *
 * @param paths files; "-" is standard input
 * @throws RerankError `invalid-input` naming file and line when a file cannot be read or is not in its format; `aborted` after an interrupt
 */
export async function readDocuments(io: Io, paths: readonly string[], format?: InputFormat): Promise<FileDocument[]> {
  const documents: FileDocument[] = [];
  for (const path of paths) {
    const place = path === "-" ? "stdin" : path;
    const reader = new DocumentReader(place, format ?? formatByName(path));
    try {
      for await (const line of io.lines(path)) reader.take(line);
    } catch (error) {
      throw RerankError.is(error) ? error : unreadable(place, error);
    }
    if (io.signal.aborted) throw new RerankError("aborted", `${place}: interrupted while reading. Run it again.`);
    for (const document of reader.end()) documents.push(document);
  }
  return documents;
}

function formatByName(path: string): InputFormat | undefined {
  if (/\.(?:jsonl|ndjson)$/i.test(path)) return "jsonl";
  return /\.json$/i.test(path) ? "json" : undefined;
}

/** Turns the lines of one file into documents as they come. */
class DocumentReader {
  private readonly place: string;
  private format: InputFormat | "array-or-lines" | undefined;
  private readonly documents: FileDocument[] = [];
  /** Lines that make sense only together. */
  private readonly pending: string[] = [];
  private lineNumber = 0;

  constructor(place: string, format: InputFormat | undefined) {
    this.place = place;
    this.format = format;
  }

  take(line: string): void {
    this.lineNumber += 1;
    if (this.format === "json" || this.format === "array-or-lines") {
      this.pending.push(line);
      return;
    }
    if (line.trim() === "") return;
    this.format ??= formatByFirstLine(line);
    if (this.format === "array-or-lines") this.pending.push(line);
    else this.documents.push(this.format === "jsonl" ? this.parseLine(line) : line);
  }

  end(): readonly FileDocument[] {
    if (this.format === "json") return this.parseArray();
    if (this.format !== "array-or-lines") return this.documents;
    const array = parseJson(this.pending.join("\n"));
    if (Array.isArray(array) && array.every(isDocument)) return array;
    return this.pending.filter((line) => line.trim() !== "");
  }

  private parseLine(line: string): FileDocument {
    const value = parseJson(line);
    if (isDocument(value)) return value;
    throw new RerankError(
      "invalid-input",
      `${this.place}:${this.lineNumber}: expected a JSON string or object on each line. Correct the line, or read plain text with --input lines.`,
    );
  }

  private parseArray(): readonly FileDocument[] {
    const text = this.pending.join("\n");
    if (text.trim() === "") return [];
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      const advice = "Correct it, or read it with --input jsonl or --input lines";
      throw new RerankError("invalid-input", `${this.place}: not valid JSON: ${messageOf(error)}. ${advice}.`, { cause: error });
    }
    if (!Array.isArray(value)) {
      throw new RerankError(
        "invalid-input",
        `${this.place}: expected a JSON array of strings or objects. Put the documents into one array.`,
      );
    }
    const wrong = value.findIndex((entry) => !isDocument(entry));
    if (wrong === -1) return value;
    throw new RerankError(
      "invalid-input",
      `${this.place}: entry ${wrong} of the array is not a string or an object. Correct or remove it.`,
    );
  }
}

function formatByFirstLine(line: string): InputFormat | "array-or-lines" {
  // A line of prose may begin with a bracket too ("[1] Smith et al."), so only the whole file tells.
  if (line.trimStart().startsWith("[")) return "array-or-lines";
  return /^\s*["{]/.test(line) && isDocument(parseJson(line)) ? "jsonl" : "lines";
}

function isDocument(value: unknown): value is FileDocument {
  return typeof value === "string" || (typeof value === "object" && value !== null && !Array.isArray(value));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is an answer here, not a failure: the callers say what they expected.
    return undefined;
  }
}

function unreadable(place: string, error: unknown): RerankError {
  const reasons: Record<string, string> = {
    ENOENT: "no such file. Check the path; the first argument is the query",
    EISDIR: "is a folder. Name the files in it",
    EACCES: "may not be read. Check its permissions",
  };
  const code = (error as { code?: unknown }).code;
  const reason = typeof code === "string" ? reasons[code] : undefined;
  return new RerankError("invalid-input", `${place}: ${reason ?? `cannot be read: ${messageOf(error)}. Check the file`}.`, {
    cause: error,
  });
}
