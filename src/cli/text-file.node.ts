import { accessSync, constants, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../errors.ts";
import { RerankError } from "../index.ts";

/**
 * Checks that the output files can be written. Call it before the work starts.
 *
 * @param paths skips undefined ones
 * @throws RerankError `invalid-input` naming the first file that cannot be written
 */
export function checkWritable(...paths: readonly (string | undefined)[]): void {
  for (const path of paths) {
    if (path === undefined) continue;
    try {
      const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
      accessSync(isThere ? path : dirname(path), constants.W_OK);
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }
}

/** Writes lines, each with a line end. @throws RerankError `invalid-input` if the file cannot be written */
export function writeTextFile(path: string, lines: readonly string[]): void {
  try {
    writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function unwritable(path: string, cause: unknown): RerankError {
  return new RerankError("invalid-input", `cannot write ${path}: ${messageOf(cause)}. Name another file.`, { cause });
}
