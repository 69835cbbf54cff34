/** What decides which file runs fastest. */
export interface Processor {
  architecture: "x64" | "arm64" | "other";
  /** Instruction sets, as /proc/cpuinfo spells them; empty where the system does not tell. */
  features: ReadonlySet<string>;
}

/** A processor of which nothing is known: only exact files suit it. */
export const unknownProcessor: Processor = { architecture: "other", features: new Set() };
