import { localAi as codec } from "../../../dialects/localai.ts";
import type { Provider } from "../provider.ts";

/** A server of LocalAI. @see https://localai.io/features/reranker/ */
export const localAi: Provider = {
  prefixes: ["localai"],
  codec,
  path: "rerank",
  keyVariables: ["LOCALAI_API_KEY"],
};
