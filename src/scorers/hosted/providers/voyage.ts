import { voyage as codec, voyageLimits } from "../../../dialects/voyage.ts";
import type { Provider } from "../provider.ts";

/** Voyage's own service. */
export const voyage: Provider = {
  prefixes: ["voyage"],
  codec,
  path: "rerank",
  defaultUrl: () => "https://api.voyageai.com/v1/rerank",
  keyVariables: ["VOYAGE_API_KEY"],
  limits: voyageLimits,
};
