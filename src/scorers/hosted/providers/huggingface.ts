import { teiEngine } from "../../../dialects/tei.ts";
import { providerOf } from "../engine-provider.ts";
import type { Provider } from "../provider.ts";

/** A dedicated endpoint of Hugging Face with text-embeddings-inference inside; the hub's shared router has no reranking. */
export const huggingFace: Provider = {
  ...providerOf(teiEngine),
  prefixes: ["huggingface"],
  keyVariables: ["HF_TOKEN", "HUGGINGFACE_API_KEY"],
};
