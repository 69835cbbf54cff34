/**
 * Fuzzing of the server by its own OpenAPI document, with schemathesis: `node test/fuzz/run.mjs [server arguments]`.
 *
 * Starts the built server, sends it valid and invalid requests on all paths of the document, and compares what comes back with the document:
 * statuses, content types, bodies; no 5xx. The seed is fixed, so a finding comes back. Schemathesis is kept in `test/fuzz/.venv`.
 *
 * Exit code 1 for findings, for an error in the server's log, for a server that does not answer afterwards, or when the time is over.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const seed = 1;
/** Generated cases of each operation and mode, beside those that cover each constraint of its schema. */
const examplesPerOperation = 100;
// A quiet machine with two cores takes about a minute.
const timeLimitSecs = 400;

const here = fileURLToPath(new URL(".", import.meta.url));
const cli = join(here, "../../dist/cli.js");
const requirements = join(here, "requirements.txt");
const environment = join(here, ".venv");
const bin = join(environment, process.platform === "win32" ? "Scripts" : "bin");

const folder = mkdtempSync(join(tmpdir(), "crossrank-fuzz-"));
const problems = [];
try {
  await installSchemathesis();
  const server = await startServer(process.argv.slice(2));
  try {
    await fuzz(server.url);
    await checkServer(server);
  } finally {
    server.child.kill("SIGTERM");
    const code = await server.ended;
    if (code !== 0) problems.push(`the server ended with ${code}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const problem of problems) console.error(`fuzz: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Anew only where the list of packages has changed. */
async function installSchemathesis() {
  const stamp = join(environment, "requirements.txt");
  const wanted = readFileSync(requirements, "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  rmSync(environment, { recursive: true, force: true });
  const python = process.env.PYTHON ?? (process.platform === "win32" ? "python" : "python3");
  await mustRun(python, ["-m", "venv", environment]);
  const quiet = ["--quiet", "--disable-pip-version-check"];
  await mustRun(join(bin, "python"), ["-m", "pip", "install", ...quiet, "--requirement", requirements]);
  writeFileSync(stamp, wanted);
}

async function startServer(args) {
  const command = [cli, "serve", "--port", "0", "--no-download", ...args];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, CROSSRANK_CACHE: folder } });
  const log = [];
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise((resolve) => child.once("close", (code, signal) => resolve(code ?? signal)));
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const entry = JSON.parse(line);
      log.push(entry);
      if (entry.msg === "ready") resolve(entry.url);
    });
    ended.then((code) => reject(new Error(`the server ended with ${code}: ${stderr}`)));
  });
  return { url, child, log, ended, stderr: () => stderr };
}

async function fuzz(url) {
  const report = join(folder, "report.json");
  const args = ["--config-file", join(here, "schemathesis.toml"), "run", `${url}/openapi.json`, "--no-color"];
  const data = [
    "--mode",
    "all",
    "--phases",
    "examples,coverage,fuzzing",
    "--seed",
    String(seed),
    "--max-examples",
    String(examplesPerOperation),
  ];
  const rest = ["--generation-database", "none", "--request-timeout", "30", "--report", "json", "--report-json-path", report];
  const { code, output } = await run(join(bin, "schemathesis"), [...args, ...data, ...rest], timeLimitSecs);
  if (!existsSync(report)) {
    problems.push(code === null ? `not done after ${timeLimitSecs} s` : `schemathesis ended with ${code}`);
    console.error(output);
    return;
  }
  const { test_cases: cases, operations, running_time: secs, complete, failures } = JSON.parse(readFileSync(report, "utf8"));
  console.log(
    `fuzz: ${cases.generated} cases on ${operations.tested} of ${operations.total} operations in ${Math.round(secs)} s, seed ${seed}: ` +
      `${cases.unique_failures} findings`,
  );
  if (code === 0 && complete && operations.tested === operations.total) return;
  console.error(output);
  for (const { title, operations: paths } of failures) problems.push(`${title}: ${paths.join(", ")}`);
  if (code === null) problems.push(`not done after ${timeLimitSecs} s`);
  if (operations.tested !== operations.total) problems.push(`${operations.total - operations.tested} operations were not tested`);
  if (problems.length === 0) problems.push(`schemathesis ended with ${code}`);
}

/** What no reply shows: it still ranks, and nothing unexpected is in its log. */
async function checkServer({ url, log, stderr }) {
  const body = JSON.stringify({ query: "How to train a dog", documents: ["Cats are independent.", "Dog training requires patience."] });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/rerank`, { method: "POST", headers, body, signal: AbortSignal.timeout(30_000) });
  const best = response.status === 200 ? (await response.json()).results[0].index : undefined;
  if (best !== 1) problems.push(`afterwards the server does not rank: status ${response.status}, best document ${best}`);
  const statuses = {};
  for (const { status } of log) if (status !== undefined) statuses[status] = (statuses[status] ?? 0) + 1;
  console.log(`fuzz: statuses ${JSON.stringify(statuses)}`);
  const errors = log.filter(({ level }) => level === "error");
  for (const error of errors.slice(0, 5)) problems.push(`in the log: ${JSON.stringify(error).slice(0, 1000)}`);
  if (stderr() !== "") problems.push(`on standard error: ${stderr().slice(0, 1000)}`);
}

/** Code null: stopped after `limitSecs`. */
function run(file, args, limitSecs) {
  const child = spawn(file, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => {
      output += chunk;
    });
  }
  const timer = limitSecs === undefined ? undefined : setTimeout(() => child.kill("SIGINT"), limitSecs * 1000);
  let isLate = false;
  timer?.unref();
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      isLate = signal !== null;
      resolve({ code: isLate ? null : code, output });
    });
  });
}

async function mustRun(file, args) {
  const { code, output } = await run(file, args);
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${code}: ${output}`);
}
