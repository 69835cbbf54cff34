import { messageOf } from "../errors.ts";
import { RerankError, type RerankErrorCode } from "../index.ts";
import { withFlagNames } from "./flag-words.ts";
import type { Io } from "./io.ts";

/** Exit codes of failures. */
const exitCodes: { readonly [K in "unexpected" | "badInput" | "modelFailed" | "interrupted"]: number } = {
  /** A defect of crossrank or of the machine. */
  unexpected: 1,
  badInput: 2,
  modelFailed: 3,
  interrupted: 130,
};

const badInput: ReadonlySet<RerankErrorCode> = new Set(["invalid-input", "not-allowed"]);

/**
 * Writes the error as one line to standard error.
 *
 * @param isDebug also write the stack traces of the error and its causes
 * @returns the exit code
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

function* stackLines(error: unknown): Generator<string> {
  let current = error;
  // No chain of causes is longer than five. The limit also ends a cycle.
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    if (depth > 0) yield "caused by:";
    yield* (current.stack ?? current.message).split("\n");
    current = current.cause;
  }
}
