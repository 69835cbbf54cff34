/** How large passes may be. */
import { type Indices, type PassBounds, planPackedPasses } from "../../threads/plan.ts";
import type { SessionProvider } from "./session.node.ts";

// Measured for widths 384, 768 and 1024: docs/decisions/engine.md.
const passTokens = 512;
const passPadding = 0.03;
// A group, nearly always: what is left of one after a full pass would stream the weights again for little.
const packedPassTokens = 768;
// Floats of a pass's output: a causal language model may give a logit for each token of its vocabulary at each place, 600 kB a token.
const passOutputs = 16 * 2 ** 20;

/** What decides about the size of passes. */
export interface PassSettings {
  provider: SessionProvider;
  isDynamicallyQuantized: boolean;
}

/**
 * Bounds of padded passes.
 *
 * @param outputsPerToken floats that a pass gives for each of its tokens; 0 where it gives none
 */
export function passBounds({ isDynamicallyQuantized, provider }: PassSettings, batchSize: number, outputsPerToken: number): PassBounds {
  const maxPairs = isDynamicallyQuantized ? 1 : batchSize;
  const outputs = outputsPerToken > 0 ? Math.floor(passOutputs / outputsPerToken) : Number.POSITIVE_INFINITY;
  // A device's passes are long and its memory is fast: whole batches keep it busy, and padding costs little.
  if (provider !== "cpu") return { maxPairs, maxTokens: outputs, maxPadding: 1 };
  return { maxPairs, maxTokens: Math.min(passTokens, outputs), maxPadding: passPadding };
}

/** Passes of pairs side by side. */
export function packedPasses(lengths: readonly number[], batchSize: number): Indices[] {
  return planPackedPasses(lengths, { maxPairs: batchSize, maxTokens: packedPassTokens });
}
