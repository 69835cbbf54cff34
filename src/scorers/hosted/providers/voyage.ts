import { voyage as codec } from "../../../dialects/voyage.ts";
import type { Provider } from "../provider.ts";

/**
 * Voyage counts tokens of the query × documents + tokens of all documents: 600,000 for `rerank-2` and newer, 300,000 for the first
 * models. Its tokenizers are not here, so bytes of UTF-8 stand for tokens: no token is shorter than one byte, so the limit always holds.
 * English has four to five bytes a token, so requests stay well below it; more of them cost nothing, for Voyage bills tokens.
 *
 * @see https://docs.voyageai.com/reference/reranker-api read 2026-11
 */
export const voyage: Provider = {
  prefixes: ["voyage"],
  codec,
  path: "rerank",
  ownUrl: () => "https://api.voyageai.com/v1/rerank",
  keyVariables: ["VOYAGE_API_KEY"],
  limits: (model) => ({
    maxDocuments: 1000,
    maxBytes: /^rerank-(?:lite-)?1$/.test(model) ? 300_000 : 600_000,
    countsQueryEachTime: true,
  }),
};
