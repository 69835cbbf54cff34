/**
 * Memory over 10,000 calls of mixed shapes: node bench/memory.mjs [CALLS] [MODEL]
 *
 * One line per twentieth of the calls with the resident set, for one and for two workers, each in a process of its own.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createReranker } from "../dist/index.js";

const [calls = "10000", model = "mini", workers] = process.argv.slice(2);
if (workers === undefined) {
  for (const count of ["1", "2"]) {
    const { stdout, status } = spawnSync(process.execPath, ["--expose-gc", fileURLToPath(import.meta.url), calls, model, count], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`the run with ${count} workers ended with ${status}`);
    process.stdout.write(stdout);
  }
} else {
  const megabytes = () => {
    globalThis.gc();
    return (process.memoryUsage().rss / 1e6).toFixed(0);
  };
  const before = megabytes();
  const reranker = createReranker({ model, acceleration: { workers: Number(workers) } });
  await reranker.warmUp();
  const loaded = megabytes();
  const total = Number(calls);
  const curve = [];
  // Lengths from 1 to 60 words and 1 to 4 documents, in an order without a pattern and the same in every run.
  let state = 12345;
  const random = (bound) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state % bound;
  };
  for (let call = 1; call <= total; call += 1) {
    const documents = Array.from({ length: 1 + random(4) }, () => "word ".repeat(1 + random(60)));
    await reranker.rank(`query ${call % 97}`, documents);
    if (call % Math.ceil(total / 20) === 0) curve.push(megabytes());
  }
  console.log(`${workers} worker(s), RSS in MB: start ${before}, loaded ${loaded}, over ${total} calls: ${curve.join(" ")}`);
  await reranker.close();
}
