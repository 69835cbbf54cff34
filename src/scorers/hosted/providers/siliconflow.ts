import { cohereV1 } from "../../../dialects/cohere-v1.ts";
import type { Provider } from "../provider.ts";

/**
 * SiliconFlow's service in China, in the words of Cohere's first version; `https://api.siliconflow.com/v1` is the base URL of the
 * international one. No limit is documented: a thousand documents keep a request small.
 *
 * @see https://docs.siliconflow.cn/en/api-reference/rerank/create-rerank read 2026-11
 */
export const siliconFlow: Provider = {
  prefixes: ["siliconflow"],
  codec: cohereV1,
  path: "rerank",
  defaultUrl: () => "https://api.siliconflow.cn/v1/rerank",
  keyVariables: ["SILICONFLOW_API_KEY"],
  limits: () => ({ maxDocuments: 1000 }),
};
