import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** How a child process ended. */
export interface ProgramOutcome {
  /** Exit code; null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** What a program is run with. */
export interface ProgramOptions {
  env?: Record<string, string>;
  /** Flags of Node. */
  flags?: readonly string[];
  /** Kills the program then: a synchronous wait answers no other signal. @default never */
  timeoutMs?: number;
  /** Called with all of stdout so far, whenever there is more. */
  onStdout?: (stdout: string, child: { kill(signal: NodeJS.Signals): boolean }) => void;
}

/** The built package's folder, for `import … from "${dist}/index.js"`. */
export const dist: string = fileURLToPath(new URL("../../dist", import.meta.url));

/** Runs an ES module given as text in a Node process of its own. */
export function runProgram(source: string, options: ProgramOptions = {}): Promise<ProgramOutcome> {
  const child = spawn(process.execPath, [...(options.flags ?? []), "--input-type=module", "--eval", source], {
    killSignal: "SIGKILL",
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    options.onStdout?.(stdout, child);
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
