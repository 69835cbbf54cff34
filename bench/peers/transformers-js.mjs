/** transformers.js as a contender: node transformers-js.mjs PACKAGE_FOLDER MODEL; the protocol of peer.py. Batches of 32 in input order. */
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [packages, model] = process.argv.slice(2).map((path) => resolve(path));
const entry = createRequire(join(packages, "package.json")).resolve("@huggingface/transformers");
const { AutoModelForSequenceClassification, AutoTokenizer, env } = await import(pathToFileURL(entry).href);
env.localModelPath = dirname(model);
env.allowRemoteModels = false;
const tokenizer = await AutoTokenizer.from_pretrained(basename(model));
const classifier = await AutoModelForSequenceClassification.from_pretrained(basename(model), { dtype: "fp32" });
console.log(JSON.stringify({ scale: "logit" }));
for await (const line of createInterface({ input: process.stdin })) {
  const { query, documents } = JSON.parse(line);
  const start = performance.now();
  const scores = [];
  for (let first = 0; first < documents.length; first += 32) {
    const part = documents.slice(first, first + 32);
    const inputs = tokenizer(
      part.map(() => query),
      { text_pair: part, padding: true, truncation: true, max_length: 512 },
    );
    scores.push(...(await classifier(inputs)).logits.data);
  }
  console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, scores }));
}
