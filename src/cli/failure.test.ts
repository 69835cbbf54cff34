import { describe, expect, it } from "vitest";
import { RerankError, type RerankErrorCode } from "../index.ts";
import { reportFailure } from "./failure.ts";
import type { Io } from "./io.ts";

function report(error: unknown, { isDebug = false, isInterrupted = false } = {}): { exitCode: number; notes: string[] } {
  const notes: string[] = [];
  const signal = isInterrupted ? AbortSignal.abort() : new AbortController().signal;
  const io = { note: (line: string) => notes.push(line), signal } as unknown as Io;
  return { exitCode: reportFailure(io, error, isDebug), notes };
}

describe("reportFailure", () => {
  it.each<[RerankErrorCode, number]>([
    ["invalid-input", 2],
    ["not-allowed", 2],
    ["unknown-model", 3],
    ["unsupported-model", 3],
    ["missing-dependency", 3],
    ["download", 3],
    ["inference", 3],
    ["tokenization", 3],
    ["timeout", 3],
    ["aborted", 3],
  ])("gives %s the exit code %i and one line", (code, exitCode) => {
    expect(report(new RerankError(code, "place: what. What to do."))).toEqual({ exitCode, notes: ["crossrank: place: what. What to do."] });
  });

  it("gives an interrupt 130", () => {
    const error = new RerankError("aborted", "rerank: aborted.");
    expect(report(error, { isInterrupted: true })).toEqual({ exitCode: 130, notes: ["crossrank: interrupted."] });
  });

  it("gives what nobody expected 1, and asks for a report", () => {
    const { exitCode, notes } = report(new TypeError("x is not a function"));
    expect(exitCode).toBe(1);
    expect(notes).toEqual(["crossrank: unexpected failure: x is not a function. Run it again with --debug and report it."]);
  });

  it("has one stop where the message has its own", () => {
    expect(report(new Error("It broke.")).notes[0]).toBe(
      "crossrank: unexpected failure: It broke. Run it again with --debug and report it.",
    );
  });

  it("shows stacks, of causes too, only for --debug", () => {
    const { notes } = report(new RerankError("download", "hub: failed.", { cause: new Error("socket") }), { isDebug: true });
    expect(notes.filter((line) => line.trimStart().startsWith("at ")).length).toBeGreaterThan(1);
    expect(notes).toContain("Error: socket");
  });
});
