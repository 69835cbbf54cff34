import { readFileSync } from "node:fs";
import type { Processor } from "./processor.ts";

// Cached: it does not change, and every look-up of an automatic model file needs it.
let known: Processor | undefined;

/** The processor of this machine. Its features are empty if the system shows them only by running another program. */
export function readProcessor(): Processor {
  known ??= { architecture: architectureOf(process.arch), features: readFeatures() };
  return known;
}

/**
 * The instruction sets of the first core.
 *
 * @param text of /proc/cpuinfo: `flags` on x86-64, `Features` on arm64
 */
export function parseFeatures(text: string): ReadonlySet<string> {
  const names = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1]?.trim() ?? "";
  return new Set(names === "" ? [] : names.split(/\s+/));
}

function readFeatures(): ReadonlySet<string> {
  // Every Apple processor since the M1 has the dot product instructions.
  if (process.platform === "darwin" && process.arch === "arm64") return new Set(["asimd", "asimdhp", "asimddp"]);
  if (process.platform !== "linux") return new Set();
  try {
    return parseFeatures(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    // Hidden in some containers. Then crossrank uses the exact model file.
    return new Set();
  }
}

function architectureOf(name: string): Processor["architecture"] {
  return name === "x64" || name === "arm64" ? name : "other";
}
