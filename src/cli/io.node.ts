import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { printable } from "./display.ts";
import type { Io } from "./io.ts";

/** An {@link Io} that uses this process's streams and signals. */
export interface ProcessIo extends Io {
  /** The exit code after an outside event: 129 for SIGHUP, 130 for SIGINT, 143 for SIGTERM, 1 if output could not be written. */
  readonly outsideExitCode: number | undefined;
}

// 128 + the number of the signal, as in shells.
const signalExitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Connects to the process's streams and signals.
 *
 * A signal only aborts `signal`. Exiting during a forward pass would crash the process with a core dump.
 * A closed pipe (EPIPE) is not a failure: the rest of the output is discarded.
 */
export function createProcessIo(): ProcessIo {
  const interruption = new AbortController();
  const hurry = new AbortController();
  let outsideExitCode: number | undefined;
  let isReaderGone = false;

  for (const name of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (interruption.signal.aborted) hurry.abort();
      outsideExitCode ??= signalExitCodes[name];
      interruption.abort();
    });
  }
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    isReaderGone = true;
    if (error.code === "EPIPE") return;
    outsideExitCode ??= 1;
    process.stderr.write(`crossrank: cannot write to standard output: ${error.message}\n`);
  });
  // Standard error cannot be written, so an error message would reach nobody.
  process.stderr.on("error", () => {});

  return {
    async write(text) {
      if (isReaderGone || process.stdout.write(text)) return;
      await new Promise<void>((resolve) => {
        const events = ["drain", "error", "close"];
        const settle = (): void => {
          for (const event of events) process.stdout.off(event, settle);
          resolve();
        };
        for (const event of events) process.stdout.on(event, settle);
      });
    },
    note(line) {
      process.stderr.write(`${printable(line)}\n`);
    },
    lines: (path) => linesOf(path, interruption.signal),
    signal: interruption.signal,
    forceSignal: hurry.signal,
    settleSignal() {
      outsideExitCode = undefined;
    },
    get outsideExitCode() {
      return outsideExitCode;
    },
    stdinIsTerminal: process.stdin.isTTY === true,
    stdoutIsTerminal: process.stdout.isTTY === true,
    stderrIsTerminal: process.stderr.isTTY === true,
    hasColor: hasColor(process.env, process.stdout.isTTY === true),
    columns: process.stdout.columns || Number.parseInt(process.env.COLUMNS ?? "", 10) || 80,
  };
}

/** @param path "-" is standard input */
async function* linesOf(path: string, signal: AbortSignal): AsyncGenerator<string> {
  // Imported here, because it needs the library, which --help and --version do without. The stream is opened afterwards:
  // until readLines listens, a failure of the stream would end the process.
  const { readLines } = await import("./text-lines.node.ts");
  const stream: Readable = path === "-" ? process.stdin : createReadStream(path);
  const stop = (): void => {
    stream.destroy();
  };
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    yield* readLines(stream, path === "-" ? "stdin" : path);
  } catch (error) {
    // An abort destroys the stream, which throws here. The caller checks the signal.
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

/** @see https://no-color.org: set and not empty means no color */
function hasColor(environment: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR) return environment.FORCE_COLOR !== "0";
  return isTerminal && environment.TERM !== "dumb";
}
