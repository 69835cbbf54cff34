/**
 * Measures how long the caller's event loop is blocked while crossrank reranks 200 abstracts.
 *
 *   node bench/event-loop.mjs DOCS.jsonl [MODEL]
 *
 * DOCS.jsonl: one {"title", "text"} per line, at least 200 (SciFact's corpus, for example). A timer of 1 ms runs beside the
 * call; the delay is the longest gap between two of its ticks, less that millisecond. The same gap with two threads that
 * only spin is printed beside it: what the machine itself costs when all cores are busy.
 */
import { readFileSync } from "node:fs";
import { createReranker } from "../dist/index.js";
import { delaysDuring, delaysWhileSpinning, quantile } from "./delays.mjs";

const [path, model = "mini"] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: node bench/event-loop.mjs DOCS.jsonl [MODEL]");
const documents = readFileSync(path, "utf8")
  .split("\n")
  .slice(0, 200)
  .map((line) => JSON.parse(line));

function report(name, delays) {
  const at = (share) => quantile(delays, share).toFixed(1);
  console.log(`${name}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${delays.at(-1).toFixed(1)} ms (${delays.length} ticks)`);
}

const reranker = createReranker({ model });
await reranker.warmUp();
for (let round = 1; round <= 3; round += 1) {
  report(`round ${round}, reranking`, await delaysDuring(() => reranker.rank("aspirin lowers the risk of stroke", documents)));
  report(`round ${round}, two spinning threads`, await delaysWhileSpinning());
}
await reranker.close();
