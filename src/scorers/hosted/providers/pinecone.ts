import { pinecone as codec, pineconeLimits } from "../../../dialects/pinecone.ts";
import type { Provider } from "../provider.ts";

const isCohere = (model: string): boolean => model.startsWith("cohere-");

/**
 * Pinecone hosts a few models, each with limits of its own: Cohere's takes 200 documents and no `truncate`, the others 100.
 *
 * @see https://docs.pinecone.io/guides/search/rerank-results for the models
 */
export const pinecone: Provider = {
  prefixes: ["pinecone"],
  codec,
  path: "rerank",
  defaultUrl: () => "https://api.pinecone.io/rerank",
  keyVariables: ["PINECONE_API_KEY"],
  keyHeader: (key) => ({ "api-key": key }),
  // The version of the specification that the codec was written after.
  headers: { "x-pinecone-api-version": "2026-04" },
  limits: pineconeLimits,
  longPairs: (model) => (isCohere(model) ? "fixed" : "refused"),
};
