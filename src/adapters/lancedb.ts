/** `crossrank/lancedb`: a reranker for LanceDB's hybrid search. */
import { RerankError, type RerankerConfig, rerank } from "../index.ts";

type Row = Record<string, unknown>;
/** What the reranker uses of `@lancedb/lancedb`. */
export interface LanceModule<Batch extends LanceBatch> {
  /** Makes a table of rows. */
  makeArrowTable(rows: Row[], options: { schema: Batch["schema"] }): { batches: Batch[] };
}

/** What it uses of an Apache Arrow `RecordBatch`. */
export interface LanceBatch {
  /** Its columns. */
  schema: { fields: { name: string; type: unknown }[] };
  /** Its rows. */
  toArray(): { toJSON(): Row }[];
}

/** A configuration, and which column to read. LanceDB cuts the results itself, by `limit`. */
export interface LanceRerankerConfig extends Omit<RerankerConfig, "topK" | "threshold" | "signal" | "return" | "text" | "fields"> {
  /** Column with the text of a row. @default "text" */
  column?: string;
}

const relevanceScore = "_relevance_score";
/** Scores of the two searches. A row that only one search found has only one of them. */
const searchScores: ReadonlySet<string> = new Set(["_distance", "_score", relevanceScore]);

/**
 * Creates a reranker for `query.rerank(…)`. It scores each row that the vector search or the full-text search found, once.
 *
 * The column `_relevance_score` of the result holds the scores.
 *
 * @param lancedb your `import * as lancedb from "@lancedb/lancedb"`: its results need its own copy of Apache Arrow
 * @returns LanceDB's `Reranker`. It throws RerankError `invalid-input` if the column is missing or holds no text
 * @example
 * const lancedb = { makeArrowTable: () => ({ batches: [] }) }; // really: import * as lancedb from "@lancedb/lancedb"
 * const reranker = createCrossrankReranker(lancedb, { column: "title" });
 * console.log(typeof reranker.rerankHybrid); // function
 */
export function createCrossrankReranker<Batch extends LanceBatch>(
  lancedb: LanceModule<Batch>,
  { column = "text", ...config }: LanceRerankerConfig = {},
): { rerankHybrid(query: string, vectorResults: Batch, textResults: Batch): Promise<Batch> } {
  return {
    async rerankHybrid(query, vectorResults, textResults) {
      // The same row has the same _rowid in both searches.
      const rows = new Map([...rowsOf(vectorResults), ...rowsOf(textResults)].map((row) => [row._rowid, row]));
      const results = await rerank(query, [...rows.values()], { ...config, text: (row: Row) => textOf(row, column) });
      const scored = results.map(({ document, score }) => ({ ...document, [relevanceScore]: score }));
      const schema = resultSchema(textResults);
      // makeArrowTable makes no batch of no rows. Arrow makes an empty one of a schema without data.
      const Batch = textResults.constructor as new (schema: Batch["schema"], data: undefined) => Batch;
      if (scored.length === 0) return new Batch(schema, undefined);
      const batch = lancedb.makeArrowTable(scored, { schema }).batches[0]!;
      checkKept(scored, batch);
      return batch;
    },
  };
}

function rowsOf(batch: LanceBatch): Row[] {
  const columnsOf = (row: Row): [string, unknown][] => Object.entries(row).filter(([name]) => !searchScores.has(name));
  return batch.toArray().map((row) => Object.fromEntries(columnsOf(row.toJSON()).map(([name, value]) => [name, toPlain(value)])));
}

function textOf(row: Row, column: string): string {
  const text = row[column];
  if (typeof text === "string") return text;
  const what = column in row ? "holds no text" : "is not among the selected columns";
  throw new RerankError("invalid-input", `lancedb: column "${column}" ${what}. Pass { column } with the name of a text column.`);
}

/** The columns that both searches have, and the one for the scores. Uses the classes of the given schema, which are LanceDB's own. */
function resultSchema<Batch extends LanceBatch>({ schema }: Batch): Batch["schema"] {
  const Schema = schema.constructor as new (fields: unknown[]) => Batch["schema"];
  const score = schema.fields.find(({ name }) => name === "_score")!;
  const Field = score.constructor as new (name: string, type: unknown, nullable: boolean) => unknown;
  return new Schema([...schema.fields.filter(({ name }) => !searchScores.has(name)), new Field(relevanceScore, score.type, true)]);
}

/** `makeArrowTable` of LanceDB 0.37 loses structures without an error. No row is better than a row with wrong values. */
function checkKept(rows: readonly Row[], batch: LanceBatch): void {
  const lost = batch.schema.fields.find(({ name }) => name !== relevanceScore && !isKept(name, rows, batch));
  if (lost === undefined) return;
  const what = `lancedb: column "${lost.name}": LanceDB does not keep its type (${lost.type}) in the results of a reranker`;
  throw new RerankError("invalid-input", `${what}. Leave the column out with select.`);
}

function isKept(name: string, rows: readonly Row[], batch: LanceBatch): boolean {
  const asText = (value: unknown): string => JSON.stringify([value], (_, item) => (typeof item === "bigint" ? `${item}n` : item));
  try {
    return batch.toArray().every((row, index) => asText(toPlain(row.toJSON()[name])) === asText(rows[index]![name]));
  } catch {
    return false; // Arrow cannot read the value that it has just written
  }
}

/** Arrow's lists and structures in the form that `makeArrowTable` reads. */
function toPlain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Date || ArrayBuffer.isView(value)) return value;
  const { toArray, toJSON } = value as { toArray?: unknown; toJSON?: unknown };
  if (typeof toArray === "function" || Array.isArray(value)) return Array.from(value as Iterable<unknown>, toPlain);
  const entries = Object.entries(typeof toJSON === "function" ? toJSON.call(value) : value);
  return Object.fromEntries(entries.map(([key, item]) => [key, toPlain(item)]));
}
