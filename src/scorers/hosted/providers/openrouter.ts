import { openRouter as codec, openRouterLimits } from "../../../dialects/openrouter.ts";
import type { Provider } from "../provider.ts";

/** OpenRouter's own service, which passes a request on to whoever serves the model. */
export const openRouter: Provider = {
  prefixes: ["openrouter"],
  codec,
  path: "rerank",
  defaultUrl: () => "https://openrouter.ai/api/v1/rerank",
  keyVariables: ["OPENROUTER_API_KEY"],
  limits: () => openRouterLimits,
};
