/**
 * crossrank and its peers on the same model file and the same documents, alternating in one run.
 *
 *   npm run build && node bench/peers/run.mjs [--rounds 5] [--only fastembed,openvino-f32] [--lists passages,mixed] [--python PATH] [--work FOLDER] [--remark TEXT]
 *
 * Makes what it needs in the work folder (default bench/peers/.work): a Python environment, unless --python names one that has
 * requirements.txt; the model; transformers.js. Each contender is a process of its own that stays loaded; a round runs every list
 * through every contender, the order turned by one each round. First all scores are compared, so that nobody wins by reading less.
 * Writes results.md and results.json into the work folder. The pictures of README.md show the copy of results.json in this folder.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { environment, makeModel, makePython, median, must, quantile } from "../shared.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    only: { type: "string" },
    lists: { type: "string", default: "passages,abstracts,mixed" },
    python: { type: "string" },
    work: { type: "string", default: join(here, ".work") },
    remark: { type: "string", default: "" },
  },
});
const transformersJs = "4.3.1";
const rounds = Number(values.rounds);
const work = resolve(values.work);
const workloads = JSON.parse(gunzipSync(readFileSync(join(here, "workloads.json.gz"))));
const lists = values.lists.split(",");

const ours = ["fp32", "int8", "fp32-sync", "int8-sync"].map((variant) => `crossrank-${variant}`);
const peers = ["sentence-transformers", "flashrank", "fastembed", "onnxruntime", "openvino-f32", "openvino-bf16", "transformers-js"];
const wanted = values.only === undefined ? peers : values.only.split(",");

mkdirSync(work, { recursive: true });
const python = values.python ?? makePython(work, join(here, "requirements.txt"));
const model = makeModel(work, python);
if (wanted.includes("transformers-js") && !existsSync(join(work, "node_modules/@huggingface/transformers"))) {
  writeFileSync(join(work, "package.json"), '{ "private": true }');
  must("npm", ["install", "--prefix", work, "--ignore-scripts", "--no-audit", "--no-fund", `@huggingface/transformers@${transformersJs}`]);
}

const contenders = [];
for (const name of [...ours, ...peers.filter((peer) => wanted.includes(peer))]) contenders.push(await start(name));

// Compare scores first. The reference is the model's own framework if it runs, else plain onnxruntime.
const reference = ["sentence-transformers", "onnxruntime"].find((name) => contenders.some((contender) => contender.name === name));
const exact = {};
const largest = {};
for (const list of lists) {
  const scores = new Map();
  for (const contender of contenders) scores.set(contender.name, await logitsOf(contender, list));
  exact[list] = scores.get(reference);
  if (exact[list] === undefined) continue;
  for (const [name, logits] of scores) {
    const difference = Math.max(...logits.map((logit, index) => Math.abs(logit - exact[list][index])));
    largest[name] = Math.max(largest[name] ?? 0, difference);
  }
}
if (reference === undefined) console.log("\nNo contender to compare scores with: add sentence-transformers or onnxruntime to --only.");
else console.log(`\nLargest difference of a logit from ${reference}'s (the same model in fp32; int8 and bf16 are not meant to be equal):`);
for (const [name, difference] of Object.entries(largest)) {
  const note = difference <= 1e-4 ? "equal" : /int8|bf16/.test(name) ? "another precision" : "NOT EQUAL: its speed is not comparable";
  console.log(`  ${name.padEnd(22)} ${difference.toExponential(1)}  ${note}`);
}

// Contender → list → pairs per second, one a round.
const speeds = Object.fromEntries(contenders.map(({ name }) => [name, Object.fromEntries(lists.map((list) => [list, []]))]));
for (let round = 0; round < rounds; round += 1) {
  const order = contenders.map((_, index) => contenders[(index + round) % contenders.length]);
  for (const list of lists) {
    for (const contender of order) {
      const { seconds } = await contender.ask(workloads[list]);
      speeds[contender.name][list].push(workloads[list].documents.length / seconds);
    }
  }
  console.error(`round ${round + 1} of ${rounds} done`);
}

/** Median of the ratios of each round, so that drifts in the machine's speed cancel out. */
const ratio = (ourName, peer, list) => median(speeds[ourName][list].map((speed, round) => speed / speeds[peer][list][round]));
const lines = [
  `| pairs/s, median of ${rounds} rounds | ${lists.join(" | ")} |`,
  `|---|${lists.map(() => "---").join("|")}|`,
  ...contenders.map(({ name }) => `| ${name} | ${lists.map((list) => median(speeds[name][list]).toFixed(1)).join(" | ")} |`),
];
for (const ourName of ["crossrank-fp32", "crossrank-int8"]) {
  lines.push("", `| ${ourName} over | ${lists.join(" | ")} |`, `|---|${lists.map(() => "---").join("|")}|`);
  for (const { name } of contenders.filter((contender) => !ours.includes(contender.name))) {
    lines.push(`| ${name} | ${lists.map((list) => ratio(ourName, name, list).toFixed(2)).join(" | ")} |`);
  }
}

const latency = await latencies();
lines.push("", "| one call, milliseconds | p50 | p95 |", "|---|---|---|");
for (const [name, times] of Object.entries(latency))
  lines.push(`| ${name} | ${quantile(times, 0.5).toFixed(1)} | ${quantile(times, 0.95).toFixed(1)} |`);
const processor = `${os.cpus()[0].model.trim()}, ${os.availableParallelism()} cores, Node ${process.versions.node}`;
const report = [`# crossrank and its peers`, "", processor, "", ...lines, ""].join("\n");
console.log(`\n${report}`);
writeFileSync(join(work, "results.md"), report);
const date = new Date().toISOString().slice(0, 10);
const measured = {
  date,
  processor,
  remark: values.remark,
  rounds,
  versions: versions(),
  largest,
  speeds: rounded(speeds),
  latency: rounded(latency),
};
writeFileSync(join(work, "results.json"), `${JSON.stringify(measured, null, 1)}\n`);
for (const contender of contenders) contender.end();

/** Package → version: of crossrank, and of what the peers were installed from. */
function versions() {
  const { version } = JSON.parse(readFileSync(join(here, "../../package.json"), "utf8"));
  const requirements = readFileSync(join(here, "requirements.txt"), "utf8").matchAll(/^([\w-]+)==(.+)$/gm);
  const python = Array.from(requirements, ([, name, pinned]) => [name, pinned]);
  return { crossrank: version, "@huggingface/transformers": transformersJs, ...Object.fromEntries(python) };
}

/** The same values, each number with four significant digits. */
function rounded(values) {
  if (typeof values === "number") return Number(values.toPrecision(4));
  if (Array.isArray(values)) return values.map(rounded);
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, rounded(value)]));
}

/** Latencies of short calls, alternating between the running contenders. */
async function latencies() {
  const mini = await start("crossrank-mini-sync");
  const find = (name) => [...contenders, mini].find((candidate) => candidate.name === name);
  const three = {
    query: "How to train a dog",
    documents: [
      "Dog training requires patience and consistency.",
      "Cats are independent animals that prefer to play alone.",
      "Bird care includes proper cage setup and regular cleaning.",
    ],
  };
  const ten = { query: workloads.passages.query, documents: workloads.passages.documents.slice(0, 10) };
  const cases = [
    ...ours.map((name) => [`${name}, 10 documents of about 30 tokens`, name, workloads.short]),
    ...["crossrank-fp32", "crossrank-int8", "fastembed"].map((name) => [`${name}, 10 passages of about 140 tokens`, name, ten]),
    ["crossrank mini, rerankSync, 3 short documents", "crossrank-mini-sync", three],
  ];
  const times = Object.fromEntries(cases.filter(([, name]) => find(name) !== undefined).map(([label]) => [label, []]));
  for (let round = 0; round < rounds * 6; round += 1) {
    for (const [label, name, request] of cases) {
      if (times[label] === undefined) continue;
      const { seconds } = await find(name).ask(request);
      if (round > 0) times[label].push(seconds * 1000);
    }
  }
  mini.end();
  return times;
}

async function start(name) {
  const child = name.startsWith("crossrank-")
    ? spawn(process.execPath, [join(here, "crossrank.mjs"), name.slice("crossrank-".length), model], {
        env: environment,
        stdio: ["pipe", "pipe", "inherit"],
      })
    : name === "transformers-js"
      ? spawn(process.execPath, [join(here, "transformers-js.mjs"), work, model], { env: environment, stdio: ["pipe", "pipe", "inherit"] })
      : spawn(python, [join(here, "peer.py"), name, model], { env: environment, stdio: ["pipe", "pipe", "ignore"] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await answers.next();
    if (done) throw new Error(`${name} ended (exit code ${child.exitCode})`);
    return JSON.parse(value);
  };
  const { scale } = await next();
  const ask = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    return next();
  };
  await ask({ query: "warm up", documents: Array(8).fill("one two three") });
  console.error(`${name} is ready`);
  return { name, scale, ask, end: () => child.stdin.end() };
}

async function logitsOf({ scale, ask }, list) {
  const { scores } = await ask(workloads[list]);
  return scale === "logit" ? scores : scores.map((score) => Math.log(score / (1 - score)));
}
