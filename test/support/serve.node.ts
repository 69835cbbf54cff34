import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Results as replies in our own format have them: each score also under the name that other rerankers' clients read. */
export function withBothScores(results: readonly { score: number }[]): object[] {
  return results.map((result) => ({ ...result, relevance_score: result.score }));
}

/** A `crossrank serve` in a process of its own. */
export interface ServeProcess {
  url: string;
  child: ChildProcess;
  /** Lines of its log so far, read as JSON. */
  log: Record<string, unknown>[];
  /** All that it wrote, as it wrote it. */
  output(): string;
  /** Resolves when the process has ended. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/**
 * Starts the built server on a free port, and waits until it is ready.
 *
 * @throws Error with its standard error when it ends before
 */
export async function startServe(args: readonly string[] = [], env: Record<string, string> = {}): Promise<ServeProcess> {
  const where = args.some((argument) => argument === "--socket" || argument === "--port") ? [] : ["--port", "0"];
  const child = spawn(process.execPath, [cli, "serve", ...where, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const log: Record<string, unknown>[] = [];
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal })),
  );
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on("line", (line) => {
      stdout += `${line}\n`;
      const entry = JSON.parse(line) as Record<string, unknown>;
      log.push(entry);
      if (entry.msg === "ready") resolve(entry.url as string);
    });
    void ended.then(({ code, signal }) => reject(new Error(`serve ended with ${code ?? signal}: ${stderr}`)));
  });
  return { url, child, log, output: () => stdout + stderr, ended };
}
