import type { Provider } from "../provider.ts";
import { tei } from "./tei.ts";

/** A dedicated endpoint of Hugging Face with text-embeddings-inference inside; the hub's shared router has no reranking. */
export const huggingFace: Provider = { ...tei, prefixes: ["huggingface"], keyVariables: ["HF_TOKEN", "HUGGINGFACE_API_KEY"] };
