import { nim, nimLimits } from "../../../dialects/nim.ts";
import type { Provider } from "../provider.ts";

/**
 * NVIDIA's own host has a path for each model, in which its name's `3.2` is `3_2`; a container has `/v1/ranking`.
 *
 * One pair that is too long fails the whole request unless it is asked to cut. Scores are logits, and stay so.
 *
 * @see https://docs.api.nvidia.com/nim/reference/nvidia-llama-3_2-nv-rerankqa-1b-v2-infer
 * @see https://github.com/BerriAI/litellm `litellm/llms/nvidia_nim/rerank/transformation.py` at 029d101, for both spellings
 */
export const nvidiaNim: Provider = {
  prefixes: ["nvidia_nim"],
  codec: nim,
  path: "ranking",
  defaultUrl: ({ model }) => `https://ai.api.nvidia.com/v1/retrieval/${model.replaceAll(/(?<=\d)\.(?=\d)/g, "_")}/reranking`,
  modelInBody: ({ model, llm }) => (llm.baseUrl === undefined ? model.replaceAll(/(?<=\d)_(?=\d)/g, ".") : model),
  keyVariables: ["NVIDIA_NIM_API_KEY", "NVIDIA_API_KEY"],
  limits: () => nimLimits,
  longPairs: () => "refused",
};
