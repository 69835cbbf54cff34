import { describe, expect, it } from "vitest";
import { createProgressBar, formatBytes, type ProgressBar, type ProgressBarOptions } from "./download-progress.node.ts";

/** A bar whose clock and output belong to the test. */
function recordBar(options: ProgressBarOptions): { bar: ProgressBar; written: string[]; tick: (ms: number) => void } {
  const written: string[] = [];
  let nowMs = 0;
  const bar = createProgressBar({ write: (text) => written.push(text), now: () => nowMs, color: false, ...options });
  return {
    bar,
    written,
    tick: (ms) => {
      nowMs += ms;
    },
  };
}

const file = "onnx/model.onnx";
const totalBytes = 100_000_000;

describe("a progress bar on a terminal", () => {
  it("rewrites its line, not more often than ten times a second, and ends with a full bar", () => {
    const { bar, written, tick } = recordBar({ isTerminal: true });
    for (let receivedBytes = 0; receivedBytes <= totalBytes; receivedBytes += 1_000_000) {
      bar.update({ file, receivedBytes, totalBytes });
      tick(10);
    }
    bar.end();
    expect(written.length).toBe(12);
    // 50 MB after half a second
    expect(written[5]).toBe("\r\u001b[2Konnx/model.onnx ████████████░░░░░░░░░░░░ 50% 50 MB of 100 MB 100 MB/s");
    expect(written.at(-2)).toContain("100% 100 MB of 100 MB");
    expect(written.at(-1)).toBe("\n");
  });

  it("measures speed without the bytes of an earlier attempt", () => {
    const { bar, written, tick } = recordBar({ isTerminal: true });
    bar.update({ file, receivedBytes: 50_000_000, totalBytes });
    tick(1000);
    bar.update({ file, receivedBytes: 60_000_000, totalBytes });
    expect(written.at(-1)).toContain("60% 60 MB of 100 MB 10 MB/s");
  });

  it("begins a line for each file, and stays below 80 columns", () => {
    const { bar, written, tick } = recordBar({ isTerminal: true });
    bar.update({ file: `${"long/".repeat(20)}model.onnx`, receivedBytes: 999_000_000, totalBytes: 999_100_000 });
    tick(1000);
    bar.update({ file: "other", receivedBytes: 5_000_000, totalBytes: undefined });
    expect(written[1]).toBe("\n");
    expect(written[2]).toContain("other 5 MB");
    for (const text of written) expect(text.replace("\r\u001b[2K", "").length).toBeLessThan(80);
  });

  it("is colored only when color is wanted", () => {
    const { bar, written } = recordBar({ isTerminal: true, color: true });
    bar.update({ file, receivedBytes: totalBytes, totalBytes });
    expect(written[0]).toContain("\u001b[36m");
  });
});

describe("a progress bar in a pipe or a log", () => {
  it("writes a line at the start and at each quarter", () => {
    const { bar, written } = recordBar({ isTerminal: false });
    for (let receivedBytes = 0; receivedBytes <= totalBytes; receivedBytes += 500_000) bar.update({ file, receivedBytes, totalBytes });
    bar.end();
    expect(written).toEqual([
      "downloading onnx/model.onnx: 0 B of 100 MB (0%)\n",
      "downloading onnx/model.onnx: 25 MB of 100 MB (25%)\n",
      "downloading onnx/model.onnx: 50 MB of 100 MB (50%)\n",
      "downloading onnx/model.onnx: 75 MB of 100 MB (75%)\n",
      "downloading onnx/model.onnx: 100 MB of 100 MB (100%)\n",
    ]);
  });

  it("says nothing of small files", () => {
    const { bar, written } = recordBar({ isTerminal: false });
    bar.update({ file: "config.json", receivedBytes: 0, totalBytes: 900 });
    bar.update({ file: "config.json", receivedBytes: 900, totalBytes: 900 });
    bar.end();
    expect(written).toEqual([]);
  });
});

describe("formatBytes", () => {
  it("uses decimal units and three digits", () => {
    expect([0, 1, 999, 1000, 23_123_297, 1_110_000_000, 123_456_789_000].map(formatBytes)).toEqual([
      "0 B",
      "1 B",
      "999 B",
      "1 kB",
      "23.1 MB",
      "1.11 GB",
      "123 GB",
    ]);
  });
});
