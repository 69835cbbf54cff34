/**
 * How calls share the threads: node bench/latency.mjs [MODEL] [MODEL_FILE]
 *
 * - a call of 10 documents behind one of 1,000: its time over its time alone, medians of 5 alternating rounds;
 * - the event loop's delay while 4 callers keep the pool full, beside that with two threads that only spin.
 */
import { createReranker } from "../dist/index.js";
import { delaysDuring, delaysWhileSpinning, quantile } from "./delays.mjs";

const [model = "mini", modelFile] = process.argv.slice(2);
const reranker = createReranker({ model: modelFile === undefined ? model : { type: "custom", modelId: model, modelFile } });
const passage = "The patience of a trainer matters more than the breed of the dog, as every kennel club will tell. ";
const many = Array.from({ length: 1000 }, (_, index) => `${index} ${passage}`);
const few = Array.from({ length: 10 }, (_, index) => `${index} few ${passage}`);
await reranker.warmUp();
await reranker.rank("dogs", few);

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const timed = async (work) => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

const alone = [];
const behind = [];
for (let round = 0; round < 5; round += 1) {
  alone.push(await timed(() => reranker.rank("dogs", few)));
  const controller = new AbortController();
  const long = reranker.rank("dogs", many, { signal: controller.signal }).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 300));
  behind.push(await timed(() => reranker.rank("dogs", few)));
  controller.abort();
  await long;
  await new Promise((resolve) => setTimeout(resolve, 200));
}
console.log(
  `10 documents alone ${median(alone).toFixed(0)} ms, behind 1,000 documents ${median(behind).toFixed(0)} ms: ${median(behind.map((time, round) => time / alone[round])).toFixed(2)} times`,
);

const full = [];
const spinning = [];
for (let round = 0; round < 5; round += 1) {
  const callers = () => Promise.all([1, 2, 3, 4].map((caller) => reranker.rank(`dogs ${caller}`, many.slice(0, 60))));
  full.push(quantile(await delaysDuring(callers), 0.99));
  spinning.push(quantile(await delaysWhileSpinning(), 0.99));
}
console.log(`event loop, p99 of 5 rounds: 4 callers ${median(full).toFixed(2)} ms, two spinning threads ${median(spinning).toFixed(2)} ms`);
await reranker.close();
