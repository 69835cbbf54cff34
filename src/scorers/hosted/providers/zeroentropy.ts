import { zeroEntropy as codec, zeroEntropyLimits } from "../../../dialects/zeroentropy.ts";
import type { Provider } from "../provider.ts";

/** ZeroEntropy's own service. */
export const zeroEntropy: Provider = {
  prefixes: ["zeroentropy"],
  codec,
  path: "rerank",
  defaultUrl: () => "https://api.zeroentropy.dev/v1/models/rerank",
  keyVariables: ["ZEROENTROPY_API_KEY"],
  limits: () => zeroEntropyLimits,
};
