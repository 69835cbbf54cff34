import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Io } from "./io.ts";
import { type Counter, createCounter } from "./progress.node.ts";

function counterOn(io: Partial<Io>, quiet = false): { counter: Counter; written: string[] } {
  const written: string[] = [];
  const write = (text: string): void => void written.push(text);
  const terminal = { stderrIsTerminal: true, columns: 80, ...io } as Io;
  const counter = createCounter(terminal, { quiet }, "reranking documents", { write, now: () => Date.now() });
  counter.start();
  return { counter, written };
}

describe("createCounter", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("shows a bar with the time that is left, and removes it at the end", () => {
    const { counter, written } = counterOn({});
    vi.advanceTimersByTime(9000);
    counter.update(500, 2000);
    vi.advanceTimersByTime(1000);
    expect(written.at(-1)).toBe("\r\u001b[2Kreranking documents █████░░░░░░░░░░░░░░░ 500 of 2000, 30 s left");
    counter.end();
    expect(written.at(-1)).toBe("\r\u001b[2K");
    const count = written.length;
    counter.end();
    vi.advanceTimersByTime(5000);
    expect(written).toHaveLength(count);
  });

  it("moves before anything is done, for work that tells no progress", () => {
    const { written } = counterOn({});
    vi.advanceTimersByTime(3000);
    expect(written.at(-1)).toBe("\r\u001b[2Kreranking documents, 3 s");
  });

  it("shows nothing of work that is done at once, keeps to narrow terminals, and starts its clock anew", () => {
    const quick = counterOn({});
    vi.advanceTimersByTime(400);
    quick.counter.end();
    expect(quick.written).toEqual([]);
    const narrow = counterOn({ columns: 20 });
    vi.advanceTimersByTime(5000);
    expect(narrow.written.at(-1)).toBe("\r\u001b[2Kreranking document…");
    narrow.counter.start();
    vi.advanceTimersByTime(400);
    expect(narrow.written.at(-1)).toBe("\r\u001b[2K");
    narrow.counter.end();
  });

  it("shows nothing in a pipe, nor with --quiet", () => {
    const silent = [counterOn({ stderrIsTerminal: false }), counterOn({}, true)];
    for (const { counter } of silent) counter.update(1, 2);
    vi.advanceTimersByTime(5000);
    expect(silent.flatMap(({ written }) => written)).toEqual([]);
  });
});
