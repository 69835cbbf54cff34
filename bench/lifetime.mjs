/**
 * Memory over cycles of create, score and close: node bench/lifetime.mjs [CYCLES] [MODEL] [async|sync]
 *
 * A line after each twentieth of the cycles, for asynchronous and for synchronous calls, each in a process of its own: the resident set as it
 * is and after garbage collection, the heap, and the threads of the process.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createReranker } from "../dist/index.js";

const [cycles = "5000", model = "mini", kind] = process.argv.slice(2);
const isMeasured = process.execArgv.includes("--expose-gc");
if (!isMeasured) {
  for (const next of kind === undefined ? ["async", "sync"] : [kind]) {
    const parameters = ["--expose-gc", fileURLToPath(import.meta.url), cycles, model, next];
    const { status } = spawnSync(process.execPath, parameters, { stdio: "inherit" });
    if (status !== 0) throw new Error(`the ${next} run ended with ${status}`);
  }
} else {
  const documents = ["Dog training requires patience.", "The office opens at nine.", "Birds fly. ".repeat(20)];
  const total = Number(cycles);
  const megabytes = (bytes) => (bytes / 1e6).toFixed(1).padStart(7);
  const startedMs = performance.now();
  const sample = (cycle) => {
    const before = process.memoryUsage.rss();
    globalThis.gc();
    const { rss, heapUsed } = process.memoryUsage();
    const threads = process.platform === "linux" ? readdirSync("/proc/self/task").length : "?";
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
    console.log(
      `${kind} ${String(cycle).padStart(6)} cycles ${seconds.padStart(6)} s  RSS ${megabytes(before)}` +
        `  collected ${megabytes(rss)}  heap ${megabytes(heapUsed)} MB  ${threads} threads`,
    );
  };
  sample(0);
  for (let cycle = 1; cycle <= total; cycle += 1) {
    const reranker = createReranker({ model });
    if (kind === "async") await reranker.rank(`dogs ${cycle % 97}`, documents);
    else reranker.rankSync(`dogs ${cycle % 97}`, documents);
    await reranker.close();
    if (cycle % Math.ceil(total / 20) === 0) sample(cycle);
  }
}
