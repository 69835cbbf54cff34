import { xinference as codec } from "../../../dialects/xinference.ts";
import type { Provider } from "../provider.ts";

/** A server of Xinference. @see https://docs.litellm.ai/docs/providers/xinference for the variables */
export const xinference: Provider = {
  prefixes: ["xinference"],
  codec,
  path: "rerank",
  baseUrlVariables: ["XINFERENCE_API_BASE"],
  keyVariables: ["XINFERENCE_API_KEY"],
};
