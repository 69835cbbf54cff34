/** Reading replies from outside. What is ranked is checked strictly, for a wrong index or score would go unnoticed. */
import { RerankError } from "../errors.ts";
import { isRecord, kindOf } from "../values.ts";
import type { WireReply, WireResult } from "./codec.ts";
import type { DocumentReader } from "./documents.ts";
import { present } from "./present.ts";

/** How a dialect spells its results. */
export interface ReplySpelling {
  /** For messages. */
  dialect: string;
  /** Key of the list of results. Absent: the body is the list. */
  list?: string;
  /** Key of a result's score. */
  score: string;
  /** Key of a result's document, and how it is read. Absent: the dialect echoes none. */
  document?: readonly [key: string, read: DocumentReader];
}

/**
 * The reply in a body of any dialect: results in the body's order, and the metadata that it has.
 *
 * Metadata is looked for under every name that some dialect has for it; no name means two things.
 *
 * @throws RerankError `bad-response` saying what is wrong and where
 */
export function readReply(body: unknown, spelling: ReplySpelling): WireReply {
  const { dialect, list } = spelling;
  if (list === undefined) {
    if (!Array.isArray(body)) throw badReply(dialect, `the reply is ${foundKind(body)}, expected a list of results`);
    return { results: readResults(body, "", spelling) };
  }
  if (!isRecord(body)) throw badReply(dialect, `the reply is ${foundKind(body)}, expected an object with the list ${list}`);
  const results = body[list];
  if (!Array.isArray(results)) throw badReply(dialect, `the reply's ${list} is ${foundKind(results)}, expected a list (${keysOf(body)})`);
  return { ...readMetadata(body), results: readResults(results, list, spelling) };
}

function readResults(results: readonly unknown[], list: string, spelling: ReplySpelling): WireResult[] {
  return Array.from(results, (result, place) => readResult(result, `${list}[${place}]`, spelling));
}

function readResult(result: unknown, place: string, { dialect, score: scoreKey, document }: ReplySpelling): WireResult {
  if (!isRecord(result)) throw badReply(dialect, `${place} is ${foundKind(result)}, expected an object`);
  const { index, [scoreKey]: score } = result;
  if (!Number.isSafeInteger(index) || (index as number) < 0) {
    throw badReply(dialect, `${place}.index is ${foundKind(index)}, expected an integer ≥ 0`);
  }
  if (!Number.isFinite(score)) throw badReply(dialect, `${place}.${scoreKey} is ${foundKind(score)}, expected a finite number`);
  const read = { index: index as number, score: score as number };
  if (document === undefined) return read;
  const [documentKey, readDocument] = document;
  const value = result[documentKey] ?? null;
  const echo = value === null ? null : readDocument(value);
  if (echo === undefined) throw badReply(dialect, `${place}.${documentKey} is ${foundKind(value)}, expected a document`);
  return echo === null ? read : { ...read, document: echo };
}

function readMetadata(body: Readonly<Record<string, unknown>>): Omit<WireReply, "results"> {
  const usage = recordOf(body.usage);
  const meta = recordOf(body.meta);
  return present({
    id: stringOf(body.id),
    model: stringOf(body.model),
    created: countOf(body.created),
    tokens: countOf(usage.total_tokens) ?? countOf(usage.prompt_tokens) ?? countOf(recordOf(meta.tokens).input_tokens),
    billedUnits: countOf(usage.rerank_units) ?? countOf(recordOf(meta.billed_units).search_units),
  });
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function countOf(value: unknown): number | undefined {
  return Number.isFinite(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function badReply(dialect: string, what: string): RerankError {
  return new RerankError("bad-response", `${dialect}: ${what}. Check that the base URL is that of a service with this format.`);
}

/** What stands where something else was expected. */
function foundKind(value: unknown): string {
  return value === undefined ? "missing" : kindOf(value);
}

/** The keys of a body of another format are the hint which one it is. */
function keysOf(body: Readonly<Record<string, unknown>>): string {
  const keys = Object.keys(body).slice(0, 8);
  return keys.length === 0 ? "it has no keys" : `its keys: ${keys.map((key) => key.slice(0, 40)).join(", ")}`;
}
