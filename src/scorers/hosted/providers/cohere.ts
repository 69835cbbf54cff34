import { cohereLimits } from "../../../dialects/cohere.ts";
import { cohereV2 } from "../../../dialects/cohere-v2.ts";
import type { Provider } from "../provider.ts";

/** Each request is billed in units of 100 documents. @see https://docs.cohere.com/docs/reranking-best-practices */
export const cohere: Provider = {
  prefixes: ["cohere"],
  codec: cohereV2,
  path: "rerank",
  defaultUrl: () => "https://api.cohere.com/v2/rerank",
  keyVariables: ["COHERE_API_KEY", "CO_API_KEY"],
  limits: () => cohereLimits,
};
