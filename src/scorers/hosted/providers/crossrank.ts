import { union } from "../../../dialects/union.ts";
import type { Provider } from "../provider.ts";

/** A server of crossrank, by its `/v1/rerank` or `/rerank`; it takes 1,024 documents and 16 MiB unless its operator says otherwise. */
export const crossrank: Provider = {
  prefixes: ["crossrank"],
  codec: union,
  path: "rerank",
  keyVariables: ["CROSSRANK_API_KEY"],
  // Half of the 16 MiB of a body: JSON writes some characters in two.
  limits: () => ({ maxDocuments: 1024, maxBytes: 8_000_000 }),
};
