import { fireworks as codec, fireworksLimits } from "../../../dialects/fireworks.ts";
import type { Provider } from "../provider.ts";

/** Fireworks' own service. */
export const fireworksAi: Provider = {
  prefixes: ["fireworks_ai"],
  codec,
  path: "rerank",
  defaultUrl: () => "https://api.fireworks.ai/inference/v1/rerank",
  keyVariables: ["FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"],
  limits: () => fireworksLimits,
};
