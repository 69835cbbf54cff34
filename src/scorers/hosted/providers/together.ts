import { together as codec, togetherLimits } from "../../../dialects/together.ts";
import type { Provider } from "../provider.ts";

/** Together's own service. */
export const together: Provider = {
  prefixes: ["together_ai"],
  codec,
  path: "rerank",
  defaultUrl: () => "https://api.together.ai/v1/rerank",
  keyVariables: ["TOGETHER_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_API_KEY"],
  limits: () => togetherLimits,
};
