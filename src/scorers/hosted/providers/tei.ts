import { tei as codec, teiLimits } from "../../../dialects/tei.ts";
import { isRecord } from "../../../values.ts";
import type { Limits, Provider } from "../provider.ts";

/**
 * A server of Hugging Face's text-embeddings-inference. It holds one model: the name behind the prefix is for people.
 *
 * @see https://github.com/huggingface/text-embeddings-inference `router/src/http/types.rs` at 0d124dc for `/info`
 */
export const tei: Provider = {
  prefixes: ["tei"],
  codec,
  path: "rerank",
  keyVariables: [],
  // JSON writes some characters in two bytes.
  limits: () => ({ maxDocuments: teiLimits.maxDocuments, maxBytes: teiLimits.maxBodyBytes / 2 }),
  toldLimits: { path: "info", read: readInformation },
  // Its `auto_truncate` may be off.
  longPairs: () => "refused",
};

function readInformation(body: unknown): Limits {
  const most = isRecord(body) ? body.max_client_batch_size : undefined;
  return Number.isSafeInteger(most) && (most as number) >= 1 ? { maxDocuments: most as number } : {};
}
