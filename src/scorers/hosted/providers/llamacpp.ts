import { llamaCpp as codec } from "../../../dialects/llamacpp.ts";
import type { Provider } from "../provider.ts";

/** llama.cpp's server. Scores are logits, and stay so. @see https://github.com/ggml-org/llama.cpp `tools/server/README.md` at 00dc805 */
export const llamaCpp: Provider = {
  prefixes: ["llamacpp"],
  codec,
  path: "rerank",
  keyVariables: ["LLAMA_API_KEY"],
};
