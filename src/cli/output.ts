import type { RerankedDocument, RerankResult } from "../index.ts";
import { bar, cutToWidth, padStart, widthOf } from "./display.ts";

/** How results are written: for people, or for scripts. */
export type OutputFormat = "table" | "json" | "jsonl" | "tsv";

/** What a table may use. */
export interface TableOptions {
  /** Columns of the terminal. */
  columns: number;
  /** Fields whose values stand for an object document. */
  fields?: readonly string[];
  /** Gives the bar its colour. @default none */
  paint?: (text: string) => string;
}

const barColumns = 10;
// Under this many columns a table is wider than its terminal rather than without text.
const leastTextColumns = 16;

/**
 * The lines of a result, without line ends.
 *
 * - `table`: rank, score, a bar, and the text cut to the terminal.
 * - `json`: one object `{ results, model, usage, warnings }`.
 * - `jsonl`: one result a line, `{"index":…,"score":…,"document":…}`.
 * - `tsv`: rank, index, score and text, no header; the text has `\\`, `\t`, `\n` and other controls escaped as in JSON.
 *
 * What scripts read is plain JSON text in which nothing controls a terminal: controls and lone surrogates stand as `\uXXXX`.
 */
export function* formatResult(result: RerankResult, format: OutputFormat, options: TableOptions): Generator<string> {
  const { results, model, usage, warnings } = result;
  if (format === "json") yield toJson({ results, model, usage, warnings }, 2);
  else if (format === "jsonl") for (const entry of results) yield toJson(entry);
  else if (format === "table") yield* tableLines(results, options);
  else {
    for (const [place, { index, score, document }] of results.entries()) {
      yield [place + 1, index, score, escapeText(displayText(document, options.fields))].join("\t");
    }
  }
}

/** JSON in ASCII-safe controls: what could steer a terminal is escaped, which JSON allows anywhere in a string. */
export function toJson(value: unknown, indent?: number): string {
  // JSON.stringify itself escapes C0 and lone surrogates; these are the rest of Cc and Cf.
  return JSON.stringify(value, undefined, indent).replace(/(?!\n|\u200c|\u200d)[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    Array.from({ length: character.length }, (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`).join(""),
  );
}

function escapeText(text: string): string {
  return toJson(text)
    .slice(1, -1)
    .replace(/\\(["\\])/g, (pair, character) => (character === '"' ? '"' : pair));
}

function* tableLines(results: readonly RerankedDocument[], options: TableOptions): Generator<string> {
  const paint = options.paint ?? ((text: string) => text);
  const scores = results.map((entry) => entry.score.toFixed(4));
  const scoreColumns = Math.max(5, ...scores.map(widthOf));
  const rankColumns = String(results.length).length;
  const textColumns = Math.max(leastTextColumns, options.columns - rankColumns - scoreColumns - barColumns - 6);
  const share = sharesOf(results);
  for (const [place, entry] of results.entries()) {
    const rank = padStart(String(place + 1), rankColumns);
    const text = cutToWidth(displayText(entry.document, options.fields), textColumns);
    yield `${rank}  ${padStart(scores[place]!, scoreColumns)}  ${paint(bar(share(entry.score), barColumns))}  ${text}`.trimEnd();
  }
}

/** Scores that are probabilities fill the bar by themselves; others by their place between the lowest and the highest shown. */
function sharesOf(results: readonly RerankedDocument[]): (score: number) => number {
  const highest = results[0]?.score ?? 1;
  const lowest = results.at(-1)?.score ?? 0;
  if (lowest >= 0 && highest <= 1) return (score) => score;
  return (score) => (highest === lowest ? 1 : (score - lowest) / (highest - lowest));
}

/** What stands for a document in one line: its text, or an object's fields, its usual text key, or its JSON. */
function displayText(document: RerankedDocument["document"], fields: readonly string[] | undefined): string {
  if (typeof document === "string") return document;
  const record = document as Readonly<Record<string, unknown>>;
  const asText = (value: unknown): string => (typeof value === "string" ? value : toJson(value));
  if (fields !== undefined) {
    const known = fields.filter((field) => record[field] !== undefined && record[field] !== null);
    return known.map((field) => asText(record[field])).join(" · ");
  }
  const usual = ["text", "pageContent", "content", "body", "document"].find((key) => typeof record[key] === "string");
  return asText(usual === undefined ? document : record[usual]);
}
