import { jina as codec, jinaLimits } from "../../../dialects/jina.ts";
import type { Provider } from "../provider.ts";

/** Jina's own service. */
export const jina: Provider = {
  prefixes: ["jina", "jina_ai"],
  codec,
  path: "rerank",
  defaultUrl: () => "https://api.jina.ai/v1/rerank",
  keyVariables: ["JINA_API_KEY", "JINA_AI_API_KEY"],
  limits: () => jinaLimits,
};
