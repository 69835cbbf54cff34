import { writeSync } from "node:fs";
import type { CommonOptions, Io } from "./io.ts";

/** Shows how far some work is, on one line of standard error that is rewritten. */
export interface Counter {
  update(done: number, total: number): void;
  /** Removes the line; call it also after a failure. Calling it again is free. */
  end(): void;
}

const redrawMs = 100;

/**
 * A counter that shows nothing unless standard error is a terminal, and nothing with `--quiet`.
 *
 * @param label what is counted, for example "reranking queries"
 */
export function createCounter(io: Io, { quiet }: CommonOptions, label: string): Counter {
  if (!io.stderrIsTerminal || quiet === true) return { update() {}, end() {} };
  const startMs = performance.now();
  let drawnMs = Number.NEGATIVE_INFINITY;
  return {
    update(done, total) {
      const now = performance.now();
      if (now - drawnMs < redrawMs) return;
      drawnMs = now;
      const leftSecs = done === 0 ? 0 : ((now - startMs) / done / 1000) * (total - done);
      writeSync(2, `\r\u001b[2K${label}: ${done} of ${total}, ${formatSeconds(leftSecs)} left`);
    },
    end() {
      if (drawnMs > 0) writeSync(2, "\r\u001b[2K");
      drawnMs = Number.NEGATIVE_INFINITY;
    },
  };
}

function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
