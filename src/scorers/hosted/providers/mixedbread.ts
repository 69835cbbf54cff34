import { mixedbread as codec } from "../../../dialects/mixedbread.ts";
import type { Provider } from "../provider.ts";

/** Mixedbread documents no limit: 1,000 keeps a request small. @see https://mixedbread.com/api-reference/endpoints/reranking */
export const mixedbread: Provider = {
  prefixes: ["mixedbread"],
  codec,
  path: "reranking",
  ownUrl: () => "https://api.mixedbread.com/v1/reranking",
  keyVariables: ["MXBAI_API_KEY", "MIXEDBREAD_API_KEY"],
  limits: () => ({ maxDocuments: 1000 }),
};
