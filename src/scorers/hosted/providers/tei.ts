import { isRecord } from "../../../dialects/documents.ts";
import { tei as codec } from "../../../dialects/tei.ts";
import type { Limits, Provider } from "../provider.ts";

/**
 * A server of Hugging Face's text-embeddings-inference. It holds one model: the name behind the prefix is for people.
 *
 * @see https://github.com/huggingface/text-embeddings-inference `router/src/main.rs` at 0d124dc for `max_client_batch_size` and
 *   `payload_limit`, and `router/src/http/types.rs` for `/info`
 */
export const tei: Provider = {
  prefixes: ["tei"],
  codec,
  path: "rerank",
  keyVariables: [],
  // Half of the 2,000,000 bytes that a body may have: JSON writes some characters in two.
  limits: () => ({ maxDocuments: 32, maxBytes: 1_000_000 }),
  toldLimits: { path: "info", read: readInformation },
  // Its `auto_truncate` may be off.
  longPairs: () => "refused",
};

function readInformation(body: unknown): Limits {
  const most = isRecord(body) ? body.max_client_batch_size : undefined;
  return Number.isSafeInteger(most) && (most as number) >= 1 ? { maxDocuments: most as number } : {};
}
