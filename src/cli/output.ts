import { stringifyExactJson } from "../exact-json.ts";
import type { RerankedDocument, RerankResult } from "../index.ts";
import { textKeys } from "../ranking/documents.ts";
import { parseFieldPath, readField } from "../ranking/fields.ts";
import { bar, cutToWidth, padEnd, padStart, printable, widthOf } from "./display.ts";
import type { DocumentSource } from "./input.ts";

/** Output formats: `table` for people, the others for scripts. */
export type OutputFormat = "table" | "json" | "jsonl" | "tsv";

/** Options of {@link formatResult}. */
export interface OutputOptions {
  /** Columns of the terminal. */
  columns: number;
  /** The source of each document, by its index. */
  sources: readonly DocumentSource[];
  /** Fields to show for an object document. */
  fields?: readonly string[];
  /** Colors the bar. @default no color */
  paint?: (text: string) => string;
}

const barColumns = 10;
// Maximum columns of a file's name and line. Long names keep their end, which says more than their start.
const maxSourceColumns = 24;
// On a narrow terminal, the table becomes wider than the terminal rather than show less text than this.
const minTextColumns = 16;

/**
 * Formats a result as lines without line ends.
 *
 * - `table`: rank, score, a bar, and the text cut to the terminal.
 * - `json`: one object `{ results, model, usage, warnings }`.
 * - `jsonl`: one result a line, `{"index":…,"score":…,"document":…}`.
 * - `tsv`: rank, index, score and text, no header; the text has `\\`, `\t`, `\n` and other controls escaped as in JSON.
 *
 * JSON output contains no terminal controls: it escapes controls and lone surrogates as `\uXXXX`.
 */
export function* formatResult(result: RerankResult, format: OutputFormat, options: OutputOptions): Generator<string> {
  const { model, usage, warnings } = result;
  const results = result.results.map((entry) => ({ ...entry, ...options.sources[entry.index]! }));
  if (format === "json") yield toJson({ results, model, usage, warnings }, 2);
  else if (format === "jsonl") for (const entry of results) yield toJson(entry);
  else if (format === "table") yield* tableLines(results, options);
  else {
    for (const [rank, { index, score, document, file, line }] of results.entries()) {
      yield [rank + 1, index, score, escapeText(displayText(document, options.fields)), escapeText(file), line].join("\t");
    }
  }
}

/** JSON with all terminal controls escaped. JSON allows such escapes anywhere in a string. */
export function toJson(value: unknown, indent?: number): string {
  // JSON.stringify escapes C0 controls and lone surrogates. Escape the rest of Cc and Cf here.
  return stringifyExactJson(value, indent).replace(/(?!\n|\u200c|\u200d)[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    Array.from({ length: character.length }, (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`).join(""),
  );
}

function escapeText(text: string): string {
  return toJson(text)
    .slice(1, -1)
    .replace(/\\(["\\])/g, (pair, character) => (character === '"' ? '"' : pair));
}

function* tableLines(results: readonly (RerankedDocument & DocumentSource)[], options: OutputOptions): Generator<string> {
  const paint = options.paint ?? ((text: string) => text);
  const scores = results.map((entry) => entry.score.toFixed(4));
  const scoreColumns = scores.reduce((columns, score) => Math.max(columns, score.length), 5);
  const rankColumns = String(results.length).length;
  const isOneFile = new Set(options.sources.map(({ file }) => file)).size < 2;
  const locations = isOneFile ? [] : results.map(shortenedSource);
  const locationColumns = isOneFile ? 0 : widest(locations) + 2;
  const textColumns = Math.max(minTextColumns, options.columns - rankColumns - scoreColumns - barColumns - locationColumns - 6);
  const share = sharesOf(results);
  for (const [index, entry] of results.entries()) {
    const rank = padStart(String(index + 1), rankColumns);
    const score = padStart(scores[index]!, scoreColumns);
    const text = cutToWidth(displayText(entry.document, options.fields), textColumns);
    const location = padEnd(locations[index] ?? "", locationColumns);
    yield `${rank}  ${score}  ${paint(bar(share(entry.score), barColumns))}  ${location}${text}`.trimEnd();
  }
}

/** How much of its bar a score fills: a probability fills that share; other scores are scaled between the lowest and the highest shown. */
function sharesOf(results: readonly RerankedDocument[]): (score: number) => number {
  const highest = results[0]?.score ?? 1;
  const lowest = results.at(-1)?.score ?? 0;
  if (lowest >= 0 && highest <= 1) return (score) => score;
  return (score) => (highest === lowest ? 1 : (score - lowest) / (highest - lowest));
}

function widest(texts: readonly string[]): number {
  return texts.reduce((columns, text) => Math.max(columns, widthOf(text)), 0);
}

function shortenedSource({ file, line }: DocumentSource): string {
  const source = printable(`${file}:${line}`);
  return widthOf(source) <= maxSourceColumns ? source : `…${[...source].slice(1 - maxSourceColumns).join("")}`;
}

/** The text shown for a document: the text itself; for an object its selected fields, its usual text field, or its JSON. */
function displayText(document: RerankedDocument["document"], fields: readonly string[] | undefined): string {
  if (typeof document === "string") return document;
  const asText = (value: unknown): string => (typeof value === "string" ? value : toJson(value));
  if (fields !== undefined) {
    const values = fields.map((field) => readField(document, parseFieldPath(field)));
    return values
      .filter((value) => value !== undefined && value !== null)
      .map(asText)
      .join(" · ");
  }
  const record = document as Readonly<Record<string, unknown>>;
  const usual = textKeys.find((key) => typeof record[key] === "string");
  return asText(usual === undefined ? document : record[usual]);
}
