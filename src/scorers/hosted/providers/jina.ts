import { jina as codec } from "../../../dialects/jina.ts";
import type { Provider } from "../provider.ts";

/** Jina documents no limit: 1,000 keeps a request, and what is lost with it, small. @see https://jina.ai/reranker */
export const jina: Provider = {
  prefixes: ["jina", "jina_ai"],
  codec,
  path: "rerank",
  ownUrl: () => "https://api.jina.ai/v1/rerank",
  keyVariables: ["JINA_API_KEY", "JINA_AI_API_KEY"],
  limits: () => ({ maxDocuments: 1000 }),
};
