/** Maximum size of passes. */
import { type Indices, type PassBounds, planPackedPasses } from "../../threads/plan.ts";
import type { OnnxSession, SessionProvider } from "./session.node.ts";

// Measured for widths 384, 768 and 1024: docs/decisions/engine.md.
const passTokens = 512;
const passPadding = 0.03;
// Large enough for nearly every group. A second, small pass would read all weights again for a few tokens.
const packedPassTokens = 768;
// Maximum floats of a pass's output. A causal language model may give a logit for each token of its vocabulary at each position: 600 kB per token.
const passOutputs = 16 * 2 ** 20;

/** Facts that decide the size of passes. */
export interface PassSettings {
  provider: SessionProvider;
  isDynamicallyQuantized: boolean;
}

/**
 * Bounds of padded passes.
 *
 * @param outputsPerToken floats of the output for each token; 0 if the output has no dimension for tokens
 */
export function passBounds(
  { isDynamicallyQuantized, provider }: PassSettings,
  { fixedShape, isMasked }: Pick<OnnxSession, "fixedShape" | "isMasked">,
  batchSize: number,
  outputsPerToken: number,
): PassBounds {
  const maxPairs = isDynamicallyQuantized ? 1 : Math.min(batchSize, fixedShape.texts ?? batchSize);
  // So many rows are computed anyway.
  if (fixedShape.texts !== undefined && isMasked) return { maxPairs, maxTokens: Number.POSITIVE_INFINITY, maxPadding: 1 };
  const outputs = outputsPerToken > 0 ? Math.floor(passOutputs / outputsPerToken) : Number.POSITIVE_INFINITY;
  // A device needs whole batches to be busy, and its memory is fast, so padding costs little.
  if (provider !== "cpu") return { maxPairs, maxTokens: outputs, maxPadding: isMasked ? 1 : 0 };
  return { maxPairs, maxTokens: Math.min(passTokens, outputs), maxPadding: isMasked ? passPadding : 0 };
}

/** Passes of concatenated pairs. */
export function packedPasses(lengths: readonly number[], batchSize: number): Indices[] {
  return planPackedPasses(lengths, { maxPairs: batchSize, maxTokens: packedPassTokens });
}
