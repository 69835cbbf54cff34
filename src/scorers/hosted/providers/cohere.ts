import { cohereV2 } from "../../../dialects/cohere-v2.ts";
import type { Provider } from "../provider.ts";

/** Cohere recommends at most 1,000 documents; each request is billed in units of 100. @see https://docs.cohere.com/docs/reranking-best-practices */
export const cohere: Provider = {
  prefixes: ["cohere"],
  codec: cohereV2,
  path: "rerank",
  ownUrl: () => "https://api.cohere.com/v2/rerank",
  keyVariables: ["COHERE_API_KEY", "CO_API_KEY"],
  limits: () => ({ maxDocuments: 1000 }),
};
