import { vllm as codec } from "../../../dialects/vllm.ts";
import type { Provider } from "../provider.ts";

/** A server of vLLM. Long pairs are refused unless it is asked to cut them. @see https://docs.litellm.ai/docs/providers/vllm for the variables */
export const vllm: Provider = {
  prefixes: ["vllm", "hosted_vllm"],
  codec,
  path: "rerank",
  baseUrlVariables: ["HOSTED_VLLM_API_BASE"],
  keyVariables: ["HOSTED_VLLM_API_KEY", "VLLM_API_KEY"],
  longPairs: () => "refused",
};
