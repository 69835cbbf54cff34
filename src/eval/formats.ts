/** Parses and writes the files of retrieval test collections: TREC, BEIR and JSONL. Works on lines; the callers read the files. */
import { messageOf, RerankError } from "../errors.ts";
import { parseExactJson } from "../exact-json.ts";
import { type Qrels, type Run, rankedIds } from "./metrics.ts";

/** Lines without line ends. */
type Lines = Iterable<string>;

/** Output format of {@link formatQrels}. */
export type QrelsFormat = "trec" | "beir" | "jsonl";

/** Output format of {@link formatRun}. */
export type RunFormat = "trec" | "jsonl";

/** One judgment or one score. */
interface Entry {
  queryId: string;
  documentId: string;
  value: number;
}

const queryKeys = ["query_id", "query-id", "qid"];
const documentKeys = ["doc_id", "corpus-id", "docno"];

/**
 * Parses relevance judgments. The first line decides which of three formats it is:
 *
 * - TREC: `query iteration document grade`, separated by white space
 * - BEIR: `query-id`, `corpus-id`, `score`, separated by tabs, with or without that header
 * - JSONL: `{"query_id","doc_id","relevance"}`, or BEIR's keys
 *
 * Skips blank lines. Lines that start with `#` are comments in TREC format only; in the others, an id may start with `#`.
 *
 * @param fileName for messages
 * @throws RerankError `invalid-input` naming the line: too few columns, a grade that is no integer, a document judged twice
 * @see https://github.com/usnistgov/trec_eval formats.c at f425365: "Lines starting with '#' are ignored"
 * @example
 * console.log(parseQrels(["q1 0 dogs 1"]).get("q1")?.get("dogs")); // 1
 */
export function parseQrels(lines: Lines, fileName = "qrels"): Map<string, Map<string, number>> {
  const result = new Map<string, Map<string, number>>();
  const content = [...contentLines(lines)];
  const form = qrelsForm(content.map(([, line]) => line));
  for (const [index, [number, line]] of content.entries()) {
    const where = `${fileName}:${number}`;
    if (form === "trec" && line.startsWith("#")) continue;
    const entry = form === "jsonl" ? readRecord(line, where, ["relevance", "score", "grade"]) : readQrelsColumns(line, where);
    if (entry === undefined) {
      if (index === 0) continue; // BEIR's header
      throw malformed(where, `${JSON.stringify(line.slice(0, 80))} has no grade`, "Write query, document and grade");
    }
    if (!Number.isInteger(entry.value)) throw malformed(where, "the grade is no integer", "Grades are 0, 1, 2 …");
    add(result, entry, where);
  }
  return result;
}

/**
 * Parses a run in TREC format (`query Q0 document rank score tag`) or as JSONL (`{"query_id","doc_id","score"}`); the first line decides.
 * As in trec_eval, the rank is ignored.
 *
 * Skips blank lines. In TREC format, a line that starts with `#` is a comment, unless it has the columns of a run: then `#` begins the
 * query's id.
 *
 * @param fileName for messages
 * @throws RerankError `invalid-input` naming the line: too few columns, a score that is not a finite number, a document ranked twice
 * @example
 * console.log(parseRun(["q1 Q0 dogs 1 12.5 bm25"]).get("q1")?.get("dogs")); // 12.5
 */
export function parseRun(lines: Lines, fileName = "run"): Map<string, Map<string, number>> {
  const result = new Map<string, Map<string, number>>();
  const content = [...contentLines(lines)];
  const isComment = (line: string): boolean => line.startsWith("#") && !isRunLine(line);
  const isJson = content.find(([, line]) => !isComment(line))?.[1].startsWith("{") ?? false;
  for (const [number, line] of content) {
    if (!isJson && isComment(line)) continue;
    const where = `${fileName}:${number}`;
    const entry = isJson ? readRecord(line, where, ["score"]) : readRunColumns(line, where);
    if (!Number.isFinite(entry.value)) throw malformed(where, "the score is no finite number", "Write it as in 12.5 or 1e-3");
    add(result, entry, where);
  }
  return result;
}

/**
 * Parses documents or queries: JSONL with `_id` or `id`, `text` and optionally `title` (as in BEIR's corpus.jsonl and queries.jsonl), or
 * an id, a tab and the text (as in MS MARCO).
 *
 * As in BEIR, a title comes before the text, with a space in between.
 *
 * @param fileName for messages
 * @returns text by id, in the order of the file
 * @throws RerankError `invalid-input` naming the line: no id, no text, an id twice
 * @example
 * const line = '{"_id": "d1", "title": "Dogs", "text": "Reward each sit."}';
 * console.log(parseTexts([line]).get("d1")); // Dogs Reward each sit.
 */
export function parseTexts(lines: Lines, fileName = "texts"): Map<string, string> {
  const result = new Map<string, string>();
  for (const [number, line] of contentLines(lines)) {
    const where = `${fileName}:${number}`;
    const [id, text] = line.startsWith("{") ? readTextRecord(line, where) : readTextColumns(line, where);
    if (result.has(id)) throw malformed(where, `id ${JSON.stringify(id)} is there twice`, "Give each text an id of its own");
    result.set(id, text);
  }
  return result;
}

/**
 * Lines of a qrels file, without line ends, in the order of the map. {@link parseQrels} can read them back.
 *
 * @throws RerankError `invalid-input` for an id that TREC format cannot represent: with white space, or a query id that starts with `#`
 * @example
 * console.log([...formatQrels(new Map([["q1", new Map([["dogs", 1]])]]))]); // [ 'q1 0 dogs 1' ]
 */
export function* formatQrels(qrels: Qrels, format: QrelsFormat = "trec"): Generator<string> {
  if (format === "beir") yield "query-id\tcorpus-id\tscore";
  for (const [queryId, judgments] of qrels) {
    for (const [documentId, grade] of judgments) {
      if (format === "jsonl") yield JSON.stringify({ query_id: queryId, doc_id: documentId, relevance: grade });
      else yield format === "beir" ? `${queryId}\t${documentId}\t${grade}` : `${firstColumn(queryId)} 0 ${column(documentId)} ${grade}`;
    }
  }
}

/**
 * Lines of a run, without line ends, each query's documents best first. {@link parseRun} can read them back.
 *
 * @param tag name of the system, for TREC's last column
 * @throws RerankError `invalid-input` for an id with white space, which TREC format cannot represent
 * @example
 * console.log([...formatRun(new Map([["q1", new Map([["dogs", 2.5]])]]))]); // [ 'q1 Q0 dogs 1 2.5 crossrank' ]
 */
export function* formatRun(run: Run, format: RunFormat = "trec", tag = "crossrank"): Generator<string> {
  for (const [queryId, scores] of run) {
    for (const [index, documentId] of rankedIds(scores).entries()) {
      const score = scores.get(documentId)!;
      if (format === "jsonl") yield JSON.stringify({ query_id: queryId, doc_id: documentId, score });
      else yield `${column(queryId)} Q0 ${column(documentId)} ${index + 1} ${score} ${tag.replace(/\s+/g, "_")}`;
    }
  }
}

/**
 * Lines of BEIR's corpus.jsonl or queries.jsonl, without line ends. {@link parseTexts} can read them back.
 *
 * @example
 * console.log([...formatTexts(new Map([["d1", "Dogs"]]))]); // [ '{"_id":"d1","text":"Dogs"}' ]
 */
export function* formatTexts(texts: ReadonlyMap<string, string>): Generator<string> {
  for (const [id, text] of texts) yield JSON.stringify({ _id: id, text });
}

/** Lines that are not blank, each with its number. */
function* contentLines(lines: Lines): Generator<[number, string]> {
  let number = 0;
  for (const line of lines) {
    number += 1;
    if (line.trim() !== "") yield [number, line];
  }
}

/** Detects the format from the first line that cannot be a comment. */
function qrelsForm(lines: readonly string[]): QrelsFormat {
  const line = lines.find((candidate) => !candidate.startsWith("#")) ?? lines.find(hasThreeColumns) ?? "";
  if (line.startsWith("{")) return "jsonl";
  return hasThreeColumns(line) || columnsOf(line).length === 3 ? "beir" : "trec";
}

/** Whether tabs split the line into three columns that end with a grade. BEIR ids may contain spaces, so tabs come first. */
function hasThreeColumns(line: string): boolean {
  const columns = line.trim().split("\t");
  return columns.length === 3 && !Number.isNaN(toNumber(columns[2]!));
}

function columnsOf(line: string): string[] {
  return line.trim().split(/\s+/);
}

/** @returns undefined for three columns if the last is not a number */
function readQrelsColumns(line: string, where: string): Entry | undefined {
  const columns = hasThreeColumns(line) ? line.trim().split("\t") : columnsOf(line);
  if (columns.length !== 3 && columns.length !== 4) {
    throw malformed(where, `${columns.length} columns`, "Write query, iteration, document and grade, or query, document and grade");
  }
  const [queryId, documentId] = columns.length === 4 ? [columns[0]!, columns[2]!] : [columns[0]!, columns[1]!];
  const value = toNumber(columns.at(-1)!);
  return Number.isNaN(value) ? undefined : { queryId, documentId, value };
}

function isRunLine(line: string): boolean {
  const columns = columnsOf(line);
  return columns.length >= 6 && !Number.isNaN(toNumber(columns[4]!));
}

function readRunColumns(line: string, where: string): Entry {
  const [queryId, , documentId, , score, tag] = columnsOf(line);
  // The tag is not used, but a line without it usually has another format.
  if (tag === undefined) throw malformed(where, "fewer than 6 columns", "Write query, Q0, document, rank, score and tag, or JSONL");
  return { queryId: queryId!, documentId: documentId!, value: toNumber(score!) };
}

function readRecord(line: string, where: string, valueKeys: readonly string[]): Entry {
  const record = parseObject(line, where);
  const value = first(record, valueKeys);
  return {
    queryId: readId(record, queryKeys, where),
    documentId: readId(record, documentKeys, where),
    // An integer score or grade may have more digits than a number can represent.
    value: typeof value === "number" || typeof value === "bigint" ? Number(value) : Number.NaN,
  };
}

function readTextRecord(line: string, where: string): [string, string] {
  const record = parseObject(line, where);
  const { title, text } = record;
  if (typeof text !== "string") throw malformed(where, 'no string "text"', "Write one object with _id and text a line");
  const isTitled = typeof title === "string" && title.trim() !== "";
  return [readId(record, ["_id", "id"], where), isTitled ? `${title} ${text}` : text];
}

function readTextColumns(line: string, where: string): [string, string] {
  const tab = line.indexOf("\t");
  if (tab < 1) throw malformed(where, "neither a JSON object nor an id, a tab and a text", "Write one of these a line");
  return [line.slice(0, tab), line.slice(tab + 1)];
}

function parseObject(line: string, where: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseExactJson(line);
  } catch (cause) {
    throw new RerankError("invalid-input", `${where}: not JSON: ${messageOf(cause)}. Write one object a line.`, { cause });
  }
  return value as Readonly<Record<string, unknown>>;
}

function readId(record: Readonly<Record<string, unknown>>, keys: readonly string[], where: string): string {
  const id = first(record, keys);
  if (typeof id === "string" && id !== "") return id;
  if (Number.isSafeInteger(id) || typeof id === "bigint") return String(id);
  throw malformed(where, `no ${keys[0]}`, `It is a string or an integer; ${keys.slice(1).join(" or ")} is read too`);
}

function first(record: Readonly<Record<string, unknown>>, keys: readonly string[]): unknown {
  return record[keys.find((key) => record[key] !== undefined) ?? ""];
}

function toNumber(text: string): number {
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

function add(result: Map<string, Map<string, number>>, { queryId, documentId, value }: Entry, where: string): void {
  const known = result.get(queryId);
  if (known === undefined) result.set(queryId, new Map([[documentId, value]]));
  else if (known.has(documentId)) throw malformed(where, `document ${documentId} of query ${queryId} is there twice`, "Remove one of them");
  else known.set(documentId, value);
}

function firstColumn(queryId: string): string {
  if (!queryId.startsWith("#")) return column(queryId);
  const why = `eval: query id ${JSON.stringify(queryId)} would begin a comment in TREC's form`;
  throw new RerankError("invalid-input", `${why}. Write BEIR's form or JSONL.`);
}

function column(id: string): string {
  if (!/\s/.test(id)) return id;
  throw new RerankError("invalid-input", `eval: id ${JSON.stringify(id)} has white space, which TREC's form cannot hold. Write JSONL.`);
}

function malformed(where: string, what: string, advice: string): RerankError {
  return new RerankError("invalid-input", `${where}: ${what}. ${advice}.`);
}
