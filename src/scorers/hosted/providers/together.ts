import { together as codec } from "../../../dialects/together.ts";
import type { Provider } from "../provider.ts";

/** Together documents no limit: 1,000 keeps a request small. @see https://docs.together.ai/reference/rerank-1 */
export const together: Provider = {
  prefixes: ["together_ai"],
  codec,
  path: "rerank",
  ownUrl: () => "https://api.together.ai/v1/rerank",
  keyVariables: ["TOGETHER_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_API_KEY"],
  limits: () => ({ maxDocuments: 1000 }),
};
