import { RerankError, type RerankErrorCode } from "../index.ts";
import { withFlagNames } from "./flag-words.ts";
import type { Io } from "./io.ts";

/** Exit codes of the command line, apart from 0. */
const exitCodes: { readonly [K in "unexpected" | "badInput" | "modelFailed" | "interrupted"]: number } = {
  /** A defect of crossrank, or of the machine. */
  unexpected: 1,
  badInput: 2,
  modelFailed: 3,
  interrupted: 130,
};

const badInput: ReadonlySet<RerankErrorCode> = new Set(["invalid-input", "not-allowed"]);

/**
 * Tells what went wrong in one line of standard error, and gives the exit code.
 *
 * @param isDebug whether stacks are shown too, the causes' included
 */
export function reportFailure(io: Io, error: unknown, isDebug: boolean): number {
  if (io.signal.aborted && RerankError.is(error) && error.code === "aborted") {
    io.note("crossrank: interrupted.");
    return exitCodes.interrupted;
  }
  const isKnown = RerankError.is(error);
  io.note(
    `crossrank: ${isKnown ? withFlagNames(error.message) : `unexpected failure: ${messageOf(error).replace(/\.$/, "")}. Run it again with --debug and report it.`}`,
  );
  if (isDebug) for (const line of stackLines(error)) io.note(line);
  if (!isKnown) return exitCodes.unexpected;
  return badInput.has(error.code) ? exitCodes.badInput : exitCodes.modelFailed;
}

/** The readable part of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function* stackLines(error: unknown): Generator<string> {
  let current = error;
  // Five causes are more than any chain of ours; a cycle would not end.
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    if (depth > 0) yield "caused by:";
    yield* (current.stack ?? current.message).split("\n");
    current = current.cause;
  }
}
