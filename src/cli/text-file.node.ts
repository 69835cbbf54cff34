import { writeFileSync } from "node:fs";
import { RerankError } from "../index.ts";
import { messageOf } from "./failure.ts";

/** Writes lines, each with its end. @throws RerankError `invalid-input` when the file cannot be written */
export function writeTextFile(path: string, lines: readonly string[]): void {
  try {
    writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  } catch (cause) {
    throw new RerankError("invalid-input", `cannot write ${path}: ${messageOf(cause)}. Name another file.`, { cause });
  }
}
