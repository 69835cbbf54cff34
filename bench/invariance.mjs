/**
 * Checks that a pair's score does not depend on the other pairs of a call: node bench/invariance.mjs [CALLS] [FOLDER MODEL_FILE]
 *
 * Random calls (documents drawn, shuffled, with random batchSize, workers, concurrency, rerank or rerankSync), each pair compared with
 * its logit when it was scored alone. mini is dynamically quantized: the same bits are expected. A float model: 1e-5.
 */
import { createReranker } from "../dist/index.js";

const [calls = "100", modelId, modelFile] = process.argv.slice(2);
const model = modelId === undefined ? "mini" : { type: "custom", modelId, modelFile };
let state = 99;
const random = (bound) => {
  state = (state * 1103515245 + 12345) % 2147483648;
  return Math.floor((state / 2147483648) * bound);
};
const words = "dog cat bird patience training reward lesson water harbour train library winter seven éclair 東京 naïve".split(" ");
const pool = Array.from({ length: 60 }, () => Array.from({ length: 1 + random(120) }, () => words[random(words.length)]).join(" "));
const query = "How to train a dog";

const single = createReranker({ model, batchSize: 1, acceleration: { workers: 1 } });
const expected = [];
for (const document of pool) expected.push((await single.score(query, [document]))[0]);
await single.close();

let compared = 0;
let largest = 0;
const configurations = [
  { batchSize: 32, acceleration: { workers: 2 } },
  { batchSize: 3, acceleration: { workers: 1 } },
  { batchSize: 64, acceleration: { workers: 1, threads: 2 } },
].map((config) => createReranker({ model, ...config }));
for (let call = 0; call < Number(calls); call += 1) {
  const reranker = configurations[random(configurations.length)];
  const drawn = Array.from({ length: 1 + random(20) }, () => random(pool.length));
  const documents = drawn.map((index) => pool[index]);
  const options = { return: ["logit"] };
  const rounds =
    random(4) === 0
      ? [reranker.rankSync(query, documents, options)]
      : await Promise.all(Array.from({ length: 1 + random(2) }, () => reranker.rank(query, documents, options)));
  for (const { results } of rounds) {
    for (const { index, logit } of results) {
      compared += 1;
      largest = Math.max(largest, Math.abs(logit - expected[drawn[index]]));
    }
  }
}
for (const reranker of configurations) await reranker.close();
console.log(`${modelId ?? "mini"}: ${calls} calls, ${compared} pairs compared, largest difference of a logit ${largest}`);
