/**
 * crossrank serve against minimal Python servers on the same model file, alternating in one run.
 *
 *   npm run build && node bench/server/run.mjs [--rounds 5] [--connections 1,8,64,256] [--seconds 5] [--only crossrank-fp32,flashrank]
 *     [--python PATH] [--work FOLDER]
 *
 * Uses the Python environment and the model of bench/peers, made if need be, and Debian's wrk. All servers stay loaded; one at a time
 * gets load, for --seconds or as long as its connections take for two and a half requests each, whichever is longer. First all scores
 * are compared, so that nobody wins by reading less, and equal requests are timed beside others, so that nobody wins by remembering.
 * Writes results.md and results.json into the work folder (default bench/server/.work).
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { makeModel, makePython, median } from "../shared.mjs";
import { measure, report } from "./report.mjs";
import { documentsPerRequest, nextRequest, rotate, writeRequests } from "./requests.mjs";
import { ask, killAll, output, serversOf, start, stopAll, untilIdle } from "./servers.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    connections: { type: "string", default: "1,8,64,256" },
    seconds: { type: "string", default: "5" },
    only: { type: "string" },
    python: { type: "string" },
    work: { type: "string", default: join(here, ".work") },
  },
});
const rounds = Number(values.rounds);
const levels = values.connections.split(",").map(Number);
const work = resolve(values.work);
/** The queue fills while every connection sends its first request. Then the run measures one and a half requests per connection. */
const requestsPerConnection = 2.5;
/** Maximum duration of one run, for a server that answers almost no requests. */
const maxSeconds = 600;

if (spawnSync("wrk", ["-v"]).error !== undefined) {
  console.error("bench/server: wrk is not installed. Run apt-get install wrk (Debian, Ubuntu), or brew install wrk.");
  process.exit(2);
}
process.once("exit", killAll);
let isInterrupted = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    isInterrupted = true;
    process.exitCode = 130;
    void stopAll(work).finally(() => process.exit());
  });
}

try {
  await main();
} catch (error) {
  // What an interrupted run was waiting for has just been ended, so it fails: that is no news.
  if (!isInterrupted) throw error;
} finally {
  await stopAll(work);
}

async function main() {
  mkdirSync(join(work, "temporary"), { recursive: true });
  const peersWork = join(here, "../peers/.work");
  const python = values.python ?? makePython(peersWork, join(here, "requirements.txt"));
  const model = makeModel(peersWork, python);
  const all = serversOf({ python, model, int8Model: makeInt8Folder(model) });
  const names = values.only?.split(",") ?? Object.keys(all);
  const unknown = names.find((name) => !(name in all));
  if (unknown !== undefined) throw new Error(`--only: there is no ${unknown}. Give some of ${Object.keys(all).join(", ")}.`);
  const servers = [];
  for (const name of names) servers.push(await start(name, all[name], { model, work }));

  const largest = await compareScores(servers);
  const remembered = await lookForCaches(servers);

  // Warms up the servers, and measures how long a run must be.
  /** Server → successful answers per second, of its slowest and its fastest run. */
  const rates = new Map();
  writeRequests(join(work, "requests"), 8, 100);
  for (const server of servers) {
    recordRate(rates, server, await load(server, 8, Number(values.seconds)));
    await untilIdle(server);
  }
  const each = levels.flatMap((connections) => [...rates.values()].map(({ slowest }) => secondsFor(connections, slowest)));
  const minutes = (each.reduce((sum, seconds) => sum + seconds, 0) * rounds) / 60;
  console.error(`about ${Math.ceil(minutes)} minutes of load, and the servers' work afterwards`);
  /** Connections → server → one measurement a round. */
  const runs = Object.fromEntries(levels.map((connections) => [connections, Object.fromEntries(servers.map(({ name }) => [name, []]))]));
  for (let round = 0; round < rounds; round += 1) {
    const order = servers.map((_, index) => servers[(index + round) % servers.length]);
    for (const connections of levels) {
      // The same requests for all, and new ones each time.
      const renew = () => renewRequests(connections, rates);
      renew();
      for (const server of order) runs[connections][server.name].push(await loadLongEnough(server, connections, { rates, renew }));
    }
    console.error(`round ${round + 1} of ${rounds} done`);
  }
  const machine = `${os.cpus()[0].model.trim()}, ${os.availableParallelism()} cores, Node ${process.versions.node}`;
  const text = report({ machine, rounds, runs, largest, remembered, documentsPerRequest });
  console.log(`\n${text}`);
  writeFileSync(join(work, "results.md"), text);
  writeFileSync(join(work, "results.json"), `${JSON.stringify({ machine, rounds, largest, remembered, runs }, null, 1)}\n`);
}

/** A folder for `crossrank serve`, whose default file is the int8 one. */
function makeInt8Folder(model) {
  const folder = join(work, "minilm-l6-int8");
  mkdirSync(join(folder, "onnx"), { recursive: true });
  for (const file of ["config.json", "tokenizer.json", "tokenizer_config.json"]) copyFileSync(join(model, file), join(folder, file));
  copyFileSync(join(model, "onnx/model_int8.onnx"), join(folder, "onnx/model.onnx"));
  return folder;
}

/** Server → largest difference of a logit from the reference's. Throws when two that should be equal are not. */
async function compareScores(servers) {
  // The model's own framework if it runs, else another in fp32.
  const reference =
    servers.find(({ name }) => name === "sentence-transformers") ?? servers.find(({ precision }) => precision === "fp32") ?? servers[0];
  const largest = Object.fromEntries(servers.map(({ name }) => [name, 0]));
  for (let count = 0; count < 5; count += 1) {
    const request = nextRequest();
    const expected = await ask(reference, request);
    for (const server of servers) {
      const logits = await ask(server, request);
      const difference = Math.max(...logits.map((logit, index) => Math.abs(logit - expected[index])));
      largest[server.name] = Math.max(largest[server.name], difference);
    }
  }
  for (const { name, precision } of servers) {
    console.error(`${name}: logits differ from ${reference.name}'s by ${largest[name].toExponential(1)} at most`);
    // "not at most" rather than "more than": NaN is a difference.
    if (precision === reference.precision && !(largest[name] <= 1e-4)) throw new Error(`${name} does not score as ${reference.name} does`);
  }
  return largest;
}

/** Server → time of a request that was asked before over that of others as long: about 1 where nothing is remembered. */
async function lookForCaches(servers) {
  const remembered = {};
  for (const server of servers) {
    const known = nextRequest();
    const timed = async (request) => {
      const begin = performance.now();
      await ask(server, request);
      return performance.now() - begin;
    };
    await timed(known);
    const ratios = [];
    for (let count = 1; count <= 9; count += 1) {
      const other = await timed(rotate(known, count));
      ratios.push((await timed(known)) / other);
    }
    remembered[server.name] = median(ratios);
    const note =
      remembered[server.name] < 0.5
        ? "IT REMEMBERS (no text comes twice under load, so this does not help it there)"
        : "nothing is remembered";
    console.error(`${server.name}: a known request takes ${remembered[server.name].toFixed(2)} times as long as a new one: ${note}`);
  }
  return remembered;
}

/** One run; once more and longer if fewer than two requests a connection ended, because the rate was not known or has fallen. */
async function loadLongEnough(server, connections, { rates, renew }) {
  for (let isAgain = false; ; isAgain = true) {
    const seconds = secondsFor(connections, rates.get(server.name).slowest);
    const run = await load(server, connections, seconds);
    run.afterwards = await untilIdle(server);
    const speed = `${run.perSecond.toFixed(2)} requests/s`;
    console.error(`  ${server.name}, ${connections} connections, ${seconds} s: ${speed}, ${JSON.stringify(run.statuses)}`);
    recordRate(rates, server, run);
    if (isAgain || seconds === maxSeconds || run.answers >= 2 * connections) return run;
    renew();
  }
}

/** Seconds for a run, planned with the slowest run so far. A run that is too long does less harm than one that is too short. */
function secondsFor(connections, slowest) {
  return Math.ceil(Math.min(maxSeconds, Math.max(Number(values.seconds), (requestsPerConnection * connections) / slowest)));
}

/** Writes twice as many requests as a server sends if it is as fast as ever in a run planned for its slowest. */
function renewRequests(connections, rates) {
  const most = Math.max(...[...rates.values()].map(({ slowest, fastest }) => secondsFor(connections, slowest) * fastest));
  writeRequests(join(work, "requests"), connections, Math.ceil((2 * most) / connections) + 3);
}

function recordRate(rates, { name }, { statuses, seconds, perSecond }) {
  // With the filling of the queue, unlike `perSecond`. No answer counts as half a one: the next run shall be longer, not endless.
  const rate = (statuses[200] ?? 0.5) / seconds;
  const { slowest, fastest } = rates.get(name) ?? { slowest: rate, fastest: rate };
  rates.set(name, { slowest: Math.min(slowest, rate), fastest: Math.max(fastest, rate, perSecond) });
}

/** One run of wrk on the requests that were written last. */
async function load(server, connections, seconds) {
  server.assertAlive();
  const printed = await output("wrk", [
    ...["--threads", String(connections), "--connections", String(connections), "--duration", `${seconds}s`],
    // wrk's own is 2 s. No request can take longer than the run.
    ...["--timeout", `${seconds + 5}s`, "--script", join(here, "load.lua"), server.url, "--", join(work, "requests")],
  ]);
  server.assertAlive();
  return { seconds, ...measure(printed, connections) };
}
