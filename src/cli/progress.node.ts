import { writeSync } from "node:fs";
import { bar, cutToWidth } from "./display.ts";
import type { CommonOptions, Io } from "./io.ts";

/** Shows progress on one line of standard error, which it overwrites. */
export interface Counter {
  /** Shows the line and restarts its clock. The first update does the same. */
  start(): void;
  update(done: number, total: number): void;
  /** Removes the line. Call it after failures, too; repeated calls do nothing. */
  end(): void;
}

/** Replaceable output and clock of a counter. */
export interface CounterSurroundings {
  /** @default standard error */
  write?: (text: string) => void;
  /** Monotonic clock in milliseconds. @default performance.now */
  now?: () => number;
}

const redrawMs = 200;
// Shorter work needs no progress bar.
const firstDrawMs = 500;
const barColumns = 20;
const clearLine = "\r\u001b[2K";

/**
 * A progress bar. It appears only if standard error is a terminal, and never with `--quiet`. Until the first update it shows the elapsed
 * time.
 *
 * @param label the work, for example "reranking queries"
 */
export function createCounter(io: Io, { quiet }: CommonOptions, label: string, surroundings: CounterSurroundings = {}): Counter {
  if (!io.stderrIsTerminal || quiet === true) return { start() {}, update() {}, end() {} };
  const { write = (text: string) => void writeSync(2, text), now = () => performance.now() } = surroundings;
  let startMs = now();
  let progress: { done: number; total: number } | undefined;
  let isDrawn = false;
  let timer: ReturnType<typeof setInterval> | undefined;

  const draw = (): void => {
    const elapsedMs = now() - startMs;
    if (elapsedMs < firstDrawMs) return;
    write(`${clearLine}${cutToWidth(describe(label, progress, elapsedMs), io.columns - 1)}`);
    isDrawn = true;
  };
  const end = (): void => {
    clearInterval(timer);
    timer = undefined;
    if (isDrawn) write(clearLine);
    isDrawn = false;
  };
  const start = (): void => {
    end();
    startMs = now();
    progress = undefined;
    timer = setInterval(draw, redrawMs);
    timer.unref();
  };

  return {
    start,
    update(done, total) {
      if (timer === undefined) start();
      progress = { done, total };
    },
    end,
  };
}

function describe(label: string, progress: { done: number; total: number } | undefined, elapsedMs: number): string {
  if (progress === undefined || progress.done === 0) return `${label}, ${formatSeconds(elapsedMs / 1000)}`;
  const { done, total } = progress;
  const leftSecs = (elapsedMs / done / 1000) * (total - done);
  return `${label} ${bar(done / total, barColumns).replaceAll(" ", "░")} ${done} of ${total}, ${formatSeconds(leftSecs)} left`;
}

function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
