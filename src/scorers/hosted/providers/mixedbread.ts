import { mixedbread as codec, mixedbreadLimits } from "../../../dialects/mixedbread.ts";
import type { Provider } from "../provider.ts";

/** Mixedbread's own service. */
export const mixedbread: Provider = {
  prefixes: ["mixedbread"],
  codec,
  path: "reranking",
  defaultUrl: () => "https://api.mixedbread.com/v1/reranking",
  keyVariables: ["MXBAI_API_KEY", "MIXEDBREAD_API_KEY"],
  limits: () => mixedbreadLimits,
};
