/** crossrank as a contender: node crossrank.mjs fp32|int8|fp32-sync|int8-sync|mini-sync MODEL; the protocol of peer.py. */
import { createInterface } from "node:readline";
import { createReranker } from "../../dist/index.js";

const [variant, modelId] = process.argv.slice(2);
const [precision, mode] = variant.split("-");
const modelFile = precision === "int8" ? "onnx/model_int8.onnx" : "onnx/model.onnx";
const reranker = createReranker({ model: precision === "mini" ? "mini" : { type: "custom", modelId, modelFile } });
const isSync = mode === "sync";
if (isSync) reranker.warmUpSync();
else await reranker.warmUp();
console.log(JSON.stringify({ scale: "logit" }));
for await (const line of createInterface({ input: process.stdin })) {
  const { query, documents } = JSON.parse(line);
  const start = performance.now();
  const options = { return: ["logit"] };
  const { results } = isSync ? reranker.rankSync(query, documents, options) : await reranker.rank(query, documents, options);
  const seconds = (performance.now() - start) / 1000;
  const scores = new Array(documents.length);
  for (const { index, logit } of results) scores[index] = logit;
  console.log(JSON.stringify({ seconds, scores }));
}
await reranker.close();
