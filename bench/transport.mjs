/**
 * Measures the time that our client adds to a plain fetch: node bench/transport.mjs [CALLS]
 *
 * A server in a process of its own answers in Cohere's words, at once. Calls alternate: fetch with JSON in and out; a hosted model. The
 * added time is the difference of the medians, so that it holds for a machine with other work, too.
 */
import { fork } from "node:child_process";
import { createServer } from "node:http";
import { createReranker } from "../dist/index.js";
import { quantile } from "./shared.mjs";

const passage = "The patience of a trainer matters more than the breed of the dog, as every kennel club will tell.";
const query = "How to train a dog";
const count = 50;

if (process.env.BENCH_SERVER === undefined) await measure(Number(process.argv[2] ?? 5000));
else serve();

function serve() {
  const results = Array.from({ length: count }, (_, index) => ({ index, relevance_score: (count - index) / count }));
  const reply = JSON.stringify({ id: "1", results, meta: { billed_units: { search_units: 1 } } });
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "application/json", "content-length": reply.length });
      response.end(reply);
    });
  });
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
}

async function measure(calls) {
  const child = fork(process.argv[1], { env: { ...process.env, BENCH_SERVER: "1" } });
  try {
    report(await alternate(calls, await new Promise((resolve) => child.once("message", resolve))));
  } finally {
    child.kill();
  }
}

/** Microseconds of each call, both ways. */
async function alternate(calls, port) {
  const baseUrl = `http://127.0.0.1:${port}/v2`;
  const documents = Array.from({ length: count }, (_, index) => `${index} ${passage}`);
  const reranker = createReranker({ model: { type: "llm", llm: { model: "cohere/rerank-v3.5", baseUrl, apiKey: "bench-key" } } });
  const body = { model: "rerank-v3.5", query, documents, top_n: count };
  const headers = { "content-type": "application/json", authorization: "Bearer bench-key" };
  const bare = async () => {
    const response = await fetch(`${baseUrl}/rerank`, { method: "POST", headers, body: JSON.stringify(body) });
    return response.json();
  };
  const ways = { bare, ours: () => reranker.rank(query, documents) };
  const times = { bare: [], ours: [] };
  for (let call = 0; call < calls; call += 1) {
    // Alternate which one runs first.
    for (const way of call % 2 === 0 ? ["bare", "ours"] : ["ours", "bare"]) {
      const start = performance.now();
      await ways[way]();
      // Do not count the first calls: they open connections and warm up the compiler.
      if (call >= calls / 10) times[way].push((performance.now() - start) * 1000);
    }
  }
  await reranker.close();
  return times;
}

function report(times) {
  for (const share of [0.5, 0.9]) {
    const [fetched, ranked] = [times.bare, times.ours].map((numbers) => quantile(numbers, share));
    const added = (ranked - fetched).toFixed(0);
    console.log(
      `p${share * 100} of ${times.ours.length} calls: bare fetch ${fetched.toFixed(0)} µs, hosted model ${ranked.toFixed(0)} µs, added ${added} µs`,
    );
  }
}
