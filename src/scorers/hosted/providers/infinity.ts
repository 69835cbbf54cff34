import { infinity as codec, infinityLimits } from "../../../dialects/infinity.ts";
import type { Provider } from "../provider.ts";

/**
 * A server of Infinity.
 *
 * @see https://github.com/michaelfeil/infinity at fcb951c: `INFINITY_MAX_CLIENT_BATCH_SIZE` is 2048
 * @see https://docs.litellm.ai/docs/providers/infinity for the variables
 */
export const infinity: Provider = {
  prefixes: ["infinity"],
  codec,
  path: "rerank",
  baseUrlVariables: ["INFINITY_API_BASE"],
  keyVariables: ["INFINITY_API_KEY"],
  limits: () => infinityLimits,
};
