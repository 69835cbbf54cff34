/** Reads the replies of services. Results are checked strictly, because nobody would notice a wrong index or score. */
import { RerankError } from "../errors.ts";
import { isRecord, kindOf } from "../values.ts";
import type { WireReply, WireResult } from "./codec.ts";
import type { DocumentReader } from "./documents.ts";
import { present } from "./present.ts";

/** How a dialect spells its results. */
export interface ReplySpelling {
  /** The dialect's name, for messages. */
  dialect: string;
  /** Key of the list of results. Absent: the body is the list. */
  list?: string;
  /** Key of a result's score. Absent: the results are bare scores. */
  score?: string;
  /** Index of a result's document in the request, for replies without the key `index`. */
  indexOf?: (result: Readonly<Record<string, unknown>>, where: number) => unknown;
  /** Key of a result's document, and its reader. Absent: results contain no documents. */
  document?: readonly [key: string, read: DocumentReader];
}

/**
 * Reads a reply of any dialect: the results in the body's order, and the metadata.
 *
 * Looks for metadata under the keys of all dialects. No key has two meanings.
 *
 * @throws RerankError `bad-response` that names the wrong field
 */
export function readReply(body: unknown, spelling: ReplySpelling): WireReply {
  const { dialect, list } = spelling;
  if (list === undefined) {
    if (!Array.isArray(body)) throw badReply(dialect, `the reply is ${foundKind(body)}, expected a list of results`);
    return { results: readResults(body, spelling) };
  }
  if (!isRecord(body)) throw badReply(dialect, `the reply is ${foundKind(body)}, expected an object with the list ${list}`);
  const results = body[list];
  if (!Array.isArray(results)) throw badReply(dialect, `the reply's ${list} is ${foundKind(results)}, expected a list (${keysOf(body)})`);
  return { ...readMetadata(body), results: readResults(results, spelling) };
}

function readResults(results: readonly unknown[], spelling: ReplySpelling): WireResult[] {
  return Array.from(results, (result, ordinal) => readResult(result, ordinal, spelling));
}

function readResult(value: unknown, ordinal: number, spelling: ReplySpelling): WireResult {
  const { dialect, list = "", score: scoreKey = "score", document, indexOf } = spelling;
  const where = `${list}[${ordinal}]`;
  const result = spelling.score === undefined ? { score: value } : value;
  if (!isRecord(result)) throw badReply(dialect, `${where} is ${foundKind(result)}, expected an object`);
  const score = result[scoreKey];
  const index = indexOf === undefined ? result.index : indexOf(result, ordinal);
  if (!Number.isSafeInteger(index) || (index as number) < 0) {
    throw badReply(dialect, `${where}.index is ${foundKind(index)}, expected an integer ≥ 0`);
  }
  if (!Number.isFinite(score)) throw badReply(dialect, `${where}.${scoreKey} is ${foundKind(score)}, expected a finite number`);
  const read = { index: index as number, score: score as number };
  if (document === undefined) return read;
  const [documentKey, readDocument] = document;
  const found = result[documentKey] ?? null;
  const echo = found === null ? null : readDocument(found);
  if (echo === undefined) throw badReply(dialect, `${where}.${documentKey} is ${foundKind(found)}, expected a document`);
  return echo === null ? read : { ...read, document: echo };
}

function readMetadata(body: Readonly<Record<string, unknown>>): Omit<WireReply, "results"> {
  const usage = recordOf(body.usage);
  const meta = recordOf(body.meta);
  const { input_tokens: inputTokens } = recordOf(meta.tokens ?? body.tokens ?? body);
  return present({
    id: stringOf(body.id),
    model: stringOf(body.model),
    created: countOf(body.created),
    tokens: countOf(usage.total_tokens) ?? countOf(usage.prompt_tokens) ?? countOf(inputTokens) ?? countOf(body.total_tokens),
    billedUnits: countOf(usage.rerank_units) ?? countOf(usage.search_units) ?? countOf(recordOf(meta.billed_units).search_units),
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

/** Names the kind of an unexpected value. */
function foundKind(value: unknown): string {
  return value === undefined ? "missing" : kindOf(value);
}

/** Lists a body's keys. In a message they show which other format the body has. */
function keysOf(body: Readonly<Record<string, unknown>>): string {
  const keys = Object.keys(body).slice(0, 8);
  return keys.length === 0 ? "it has no keys" : `its keys: ${keys.map((key) => key.slice(0, 40)).join(", ")}`;
}
