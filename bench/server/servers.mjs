/** The servers that run.mjs compares: how each starts, when it is ready, when it is idle again, how it ends. */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { environment } from "../shared.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const readyAfterMs = 180_000;
const idleAfterMs = 1_200_000;
const running = new Set();

/** Name → scale of its scores, precision, and command line. No log lines of requests, no limit that a run could reach. */
export function serversOf({ python, model, int8Model }) {
  const ours = (folder) => (port) => [
    process.execPath,
    [
      ...[join(here, "../../dist/cli.js"), "serve", "--model", folder, "--port", String(port), "--no-download"],
      // The others have no deadline; the queue of 256 connections can be a minute long.
      ...["--timeout", "3600", "--log-level", "warn"],
    ],
  ];
  const uvicorn = (application) => (port) => [
    python,
    ["-m", "uvicorn", "--app-dir", here, `${application}:app`, "--host", "127.0.0.1", "--port", String(port), "--no-access-log"],
  ];
  return {
    "crossrank-fp32": { scale: "sigmoid", precision: "fp32", command: ours(model) },
    "crossrank-int8": { scale: "sigmoid", precision: "int8", command: ours(int8Model) },
    flashrank: { scale: "sigmoid", precision: "fp32", command: uvicorn("flashrank_server") },
    "sentence-transformers": { scale: "logit", precision: "fp32", command: uvicorn("sentence_transformers_server") },
  };
}

/** Starts a server on a free port of 127.0.0.1, and waits until it has answered a request. Its output goes to WORK/NAME.log. */
export async function start(name, { command, ...properties }, { model, work }) {
  const port = await freePort();
  const [program, parameters] = command(port);
  const log = join(work, `${name}.log`);
  const output = openSync(log, "w");
  const temporary = join(work, "temporary");
  const child = spawn(program, parameters, {
    env: { ...environment, BENCH_MODEL: model, TMPDIR: temporary },
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  let failure;
  child.once("error", (error) => {
    failure = error;
  });
  child.once("exit", () => running.delete(child));
  running.add(child);
  const server = { name, ...properties, url: `http://127.0.0.1:${port}/rerank`, pid: child.pid };
  server.assertAlive = () => {
    if (failure === undefined && child.exitCode === null && child.signalCode === null) return;
    throw new Error(`${name} ended (${failure ?? child.signalCode ?? `exit code ${child.exitCode}`}): see ${log}`);
  };
  for (const deadline = Date.now() + readyAfterMs; ; await sleep(200)) {
    server.assertAlive();
    const status = await ask(server, { query: "warm up", documents: ["one two three"] }).catch((error) => error.message);
    if (Array.isArray(status)) break;
    if (Date.now() > deadline) throw new Error(`${name} was not ready after ${readyAfterMs / 1000} s (${status}): see ${log}`);
  }
  console.error(`${name} is ready`);
  return server;
}

/** One request's scores, in the order of its documents, as logits. */
export async function ask({ name, url, scale }, request) {
  const options = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(request) };
  const response = await fetch(url, options).catch((error) => {
    throw new Error(`${name} does not answer (${error.cause?.message ?? error.message})`, { cause: error });
  });
  if (!response.ok) throw new Error(`${name} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
  const { results } = await response.json();
  const logits = new Array(request.documents.length).fill(Number.NaN);
  for (const { index, score } of results) logits[index] = scale === "logit" ? score : Math.log(score / (1 - score));
  return logits;
}

/** Waits until the server computes nothing more, which can be long after its clients have gone; gives the seconds. */
export async function untilIdle(server) {
  const samples = [{ at: Date.now(), used: processorMs(server) }];
  for (;;) {
    await sleep(500);
    server.assertAlive();
    samples.push({ at: Date.now(), used: processorMs(server) });
    const [first, latest] = [samples.at(-5), samples.at(-1)];
    // A fiftieth of a core in two seconds: timers, not inference. A busy machine can starve a server for half a second.
    if (first !== undefined && latest.used - first.used <= 40) return (first.at - samples[0].at) / 1000;
    if (latest.at - samples[0].at > idleAfterMs) throw new Error(`${server.name} is still busy ${idleAfterMs / 1000} s after its load`);
  }
}

/** Runs a program until it ends; gives what it printed. It counts as running until then: {@link stopAll} ends it too. */
export async function output(program, parameters) {
  const child = spawn(program, parameters, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  const parts = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => parts.push(part));
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve)).finally(() =>
    running.delete(child),
  );
  const text = Buffer.concat(parts).toString();
  if (code !== 0) throw new Error(`${program} failed with exit code ${code}: ${text}`);
  return text;
}

/** Ends all that runs: asks first, then kills. */
export async function stopAll(work) {
  for (const child of running) child.kill("SIGTERM");
  for (const deadline = Date.now() + 10_000; running.size > 0 && Date.now() < deadline; ) await sleep(50);
  killAll();
  rmSync(join(work, "temporary"), { recursive: true, force: true });
}

/** For the process's own end, where nothing can be awaited. */
export function killAll() {
  for (const child of running) child.kill("SIGKILL");
}

/** Processor time of all threads of a server so far. */
function processorMs({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  // utime and stime, in hundredths of a second: man 5 proc_pid_stat.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
