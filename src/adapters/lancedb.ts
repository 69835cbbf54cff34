/** `crossrank/lancedb`: a reranker for LanceDB's hybrid search. */
import { RerankError, type RerankerConfig, rerank } from "../index.ts";

type Row = Record<string, unknown>;

/** What the reranker uses of `@lancedb/lancedb`. */
export interface LanceModule<Batch extends LanceBatch> {
  makeArrowTable(rows: Row[], options: { schema: Batch["schema"] }): { batches: Batch[] };
}

/** What it uses of an Apache Arrow `RecordBatch`. */
export interface LanceBatch {
  schema: { fields: { name: string; type: unknown }[] };
  toArray(): { toJSON(): Row }[];
}

/** A configuration, and which column to read. */
export interface LanceRerankerConfig extends Omit<RerankerConfig, "signal" | "return" | "text" | "fields"> {
  /** Column with the text of a row. @default "text" */
  column?: string;
}

/** LanceDB adds it to every row, and the same row has the same one in both searches. */
const rowId = "_rowid";
const relevanceScore = "_relevance_score";
/** Scores of the two searches. A row that only one search found has only one of them. */
const searchScores: ReadonlySet<string> = new Set(["_distance", "_score", relevanceScore]);

/** LanceDB's `Reranker`. */
export interface LanceReranker<Batch extends LanceBatch> {
  /** @throws RerankError `invalid-input` if the column is missing or holds no text, and as `rerank` */
  rerankHybrid(query: string, vectorResults: Batch, textResults: Batch): Promise<Batch>;
}

/**
 * Creates a reranker for `query.rerank(…)`. It scores each row that the vector search or the full-text search found, once.
 *
 * The column `_relevance_score` of the result holds the scores.
 *
 * @param lancedb your `import * as lancedb from "@lancedb/lancedb"`: its results need its own copy of Apache Arrow
 */
export function createCrossrankReranker<Batch extends LanceBatch>(
  lancedb: LanceModule<Batch>,
  { column = "text", ...config }: LanceRerankerConfig = {},
): LanceReranker<Batch> {
  return {
    async rerankHybrid(query, vectorResults, textResults) {
      const rows = new Map([...rowsOf(vectorResults), ...rowsOf(textResults)].map((row) => [row[rowId], row]));
      const found = [...rows.values()];
      const results = await rerank(query, found, { ...config, text: (row: Row) => textOf(row, column) });
      const scored = results.map(({ document, score }) => ({ ...columnsOf(document), [relevanceScore]: score }));
      return lancedb.makeArrowTable(scored, { schema: resultSchema(textResults) }).batches[0]!;
    },
  };
}

function rowsOf(batch: LanceBatch): Row[] {
  return batch.toArray().map((row) => row.toJSON());
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
  const fields = schema.fields.filter(({ name }) => !searchScores.has(name));
  return new Schema([...fields, new Field(relevanceScore, score.type, true)]);
}

function columnsOf(row: Row): Row {
  return Object.fromEntries(Object.entries(row).flatMap(([name, value]) => (searchScores.has(name) ? [] : [[name, toPlain(value)]])));
}

/** Lists and structures in the form that `makeArrowTable` reads. */
function toPlain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Date || ArrayBuffer.isView(value)) return value;
  if (typeof (value as { toArray?: unknown }).toArray === "function") return Array.from(value as Iterable<unknown>, toPlain);
  if (Array.isArray(value)) return value.map(toPlain);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toPlain(item)]));
}
