/** Facts that decide which model file runs fastest. */
export interface Processor {
  architecture: "x64" | "arm64" | "other";
  /** Instruction sets, as /proc/cpuinfo spells them; empty if unknown. */
  features: ReadonlySet<string>;
}

/** An unknown processor: only exact files suit it. */
export const unknownProcessor: Processor = { architecture: "other", features: new Set() };
