/** Programs run as a user runs them: from a folder, without what npm or the test runner put into the environment. */
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProgramOutcome } from "./run-program.node.ts";

/** What a command is run with. */
export interface CommandOptions {
  cwd: string;
  env?: Record<string, string>;
}

/** The folder of package.json, without a slash at its end. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");

/** Runs a program, never through a shell. */
export function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<ProgramOutcome> {
  const child = spawn(file, args, { cwd: options.cwd, env: { ...userEnvironment(), ...options.env }, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** A new folder that the caller removes. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), "crossrank-test-"));
}

/** npm hands its configuration to scripts in the environment, this project's .npmrc too: a user's shell has none of it. */
function userEnvironment(): Record<string, string | undefined> {
  const foreign = /^(npm_|INIT_CWD$|NODE_ENV$|NODE_OPTIONS$|VITEST|TEST$|HF_|HUGGING|CROSSRANK_|FORCE_COLOR$|COLUMNS$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
