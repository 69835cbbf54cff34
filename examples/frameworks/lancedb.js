import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as lancedb from "@lancedb/lancedb";
import { createCrossrankReranker } from "crossrank/lancedb";

const database = await lancedb.connect(await mkdtemp(join(tmpdir(), "pets-")));
const table = await database.createTable("pets", [
  { text: "Cats are independent animals.", vector: [1, 0] },
  { text: "Dog training requires patience.", vector: [0, 1] },
]);
await table.createIndex("text", { config: lancedb.Index.fts() });

const [best] = await table
  .query()
  .nearestTo([0.5, 0.5])
  .fullTextSearch("How to train a dog")
  .rerank(createCrossrankReranker(lancedb, { model: "mini" }))
  .limit(1)
  .toArray();
console.log(best.text);
