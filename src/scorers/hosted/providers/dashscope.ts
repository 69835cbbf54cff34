import { dashScope as codec, dashScopeFlat, dashScopeLimits } from "../../../dialects/dashscope.ts";
import type { Provider } from "../provider.ts";

/**
 * Alibaba Cloud's DashScope in Beijing; `https://dashscope-intl.aliyuncs.com/api/v1/services/rerank/text-rerank` is the base URL of Singapore.
 * Behind a base URL that ends with `/compatible-api/v1` it is asked in the flat format.
 *
 * @see https://www.alibabacloud.com/help/en/model-studio/text-rerank-api
 */
export const dashScope: Provider = {
  prefixes: ["dashscope"],
  codec,
  path: "text-rerank",
  defaultUrl: () => "https://dashscope.aliyuncs.com/api/v1/services/rerank/text-rerank/text-rerank",
  keyVariables: ["DASHSCOPE_API_KEY"],
  limits: dashScopeLimits,
  at: (baseUrl) => (/\/compatible-api\/v1\/*(?:\?.*)?$/.test(baseUrl) ? { codec: dashScopeFlat, path: "reranks" } : {}),
};
