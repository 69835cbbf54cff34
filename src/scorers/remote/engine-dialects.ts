/** Requests and replies of each engine dialect, made by the codecs in `dialects/`. */

import type { AnyCodec } from "../../dialects/codec.ts";
import { cohereLimits } from "../../dialects/cohere.ts";
import { cohereV2 } from "../../dialects/cohere-v2.ts";
import { infinity, infinityLimits } from "../../dialects/infinity.ts";
import { jina } from "../../dialects/jina.ts";
import { llamaCpp } from "../../dialects/llamacpp.ts";
import { localAi } from "../../dialects/localai.ts";
import { tei, teiLimits } from "../../dialects/tei.ts";
import { vllm } from "../../dialects/vllm.ts";
import { xinference } from "../../dialects/xinference.ts";
import type { JsonReply } from "../../http/request.ts";
import { scoresByIndex } from "../../ranking/scores-by-index.ts";
import type { RemoteDialect } from "../../types.ts";
import { addressOf, rootAddressOf } from "./addresses.ts";
import { decodeNative, encodeNative } from "./crossrank-engine.ts";
import { type EngineOption, type PartRequest, type PartScores, wrongReplyAdvice } from "./part.ts";

/** How to talk to engines of one kind. */
export interface EngineDialect {
  name: RemoteDialect;
  /** Address for rankings. */
  rankAddress(base: string): URL;
  /** Address of the health check: any answer below 500 means that the engine is alive. */
  healthAddress(base: string): URL;
  /** Maximum documents and bytes of a request, if the engine does not report its own. */
  maxDocuments: number;
  maxBodyBytes: number;
  encode(part: PartRequest): unknown;
  /** @throws RerankError `bad-response` unless the reply has one finite score for each document of the part */
  decode(reply: JsonReply, part: PartRequest): PartScores;
  /** Options of a call that the dialect cannot express. */
  ignores(part: Pick<PartRequest, EngineOption>): EngineOption[];
}

const unlimited = Number.POSITIVE_INFINITY;

/** Every dialect of {@link RemoteDialect}. */
export const engineDialects: Readonly<Record<RemoteDialect, EngineDialect>> = {
  crossrank: {
    name: "crossrank",
    rankAddress: (base) => rootAddressOf(base, "/rerank"),
    // Unlike /health, it fails while the server loads its models or is about to stop.
    healthAddress: (base) => rootAddressOf(base, "/ready"),
    maxDocuments: 1024,
    maxBodyBytes: 16 * 2 ** 20,
    encode: encodeNative,
    decode: decodeNative,
    ignores: () => [],
  },
  tei: codecDialect("tei", tei, { rankPath: "/rerank", rankAddress: rootAddressOf, ...teiLimits }),
  vllm: codecDialect("vllm", vllm, { rankPath: "/rerank" }),
  infinity: codecDialect("infinity", infinity, { rankPath: "/rerank", ...infinityLimits }),
  llamacpp: codecDialect("llamacpp", llamaCpp, { rankPath: "/rerank" }),
  cohere: codecDialect("cohere", cohereV2, { rankPath: "/v2/rerank", ...cohereLimits }),
  jina: codecDialect("jina", jina, { rankPath: "/v1/rerank" }),
  xinference: codecDialect("xinference", xinference, { rankPath: "/v1/rerank" }),
  localai: codecDialect("localai", localAi, { rankPath: "/v1/rerank" }),
};

function codecDialect(
  name: RemoteDialect,
  codec: AnyCodec,
  {
    rankPath,
    rankAddress = addressOf,
    maxDocuments = unlimited,
    maxBodyBytes = unlimited,
  }: { rankPath: string; rankAddress?: typeof addressOf; maxDocuments?: number; maxBodyBytes?: number },
): EngineDialect {
  const says = codec.requestFields;
  return {
    name,
    rankAddress: (base) => rankAddress(base, rankPath),
    healthAddress: (base) => rootAddressOf(base, "/health"),
    maxDocuments,
    maxBodyBytes,
    encode: ({ query, texts, model, truncation, truncationSide, maxLength }) =>
      codec.encodeRequest({
        // Parsers of JSON in other languages refuse half a surrogate pair, and with it the whole request.
        query: query.toWellFormed(),
        documents: texts.map((text) => text.toWellFormed()),
        ...(model === undefined || !says.has("model") ? {} : { model }),
        ...(codec.echoesByDefault && says.has("returnDocuments") ? { returnDocuments: false } : {}),
        ...(says.has("truncate") ? { truncate: truncation !== "error" } : {}),
        ...(maxLength !== undefined && says.has("maxTokens") ? { maxTokens: maxLength } : {}),
        ...(truncationSide !== undefined && says.has("truncationSide") ? { truncationSide } : {}),
      }),
    decode: ({ body, headers }, { texts }) => {
      const { results, tokens, billedUnits, model } = codec.decodeReply(body);
      const totalTokens = tokens ?? tokensInHeaders(headers);
      return {
        scores: scoresByIndex(name, results, texts.length, wrongReplyAdvice),
        scoreKind: codec.scoresAreLogits ? "logit" : "provider",
        ...(totalTokens === undefined ? {} : { totalTokens }),
        ...(billedUnits === undefined ? {} : { billedUnits }),
        ...(model === undefined ? {} : { model }),
      };
    },
    ignores: ({ truncation, truncationSide, maxLength, instruction }) => [
      ...(truncation === "only_second" || (truncation === "error" && !says.has("truncate")) ? (["truncation"] as const) : []),
      ...(truncationSide === "left" && !says.has("truncationSide") ? (["truncationSide"] as const) : []),
      ...(maxLength !== undefined && !says.has("maxTokens") ? (["maxLength"] as const) : []),
      ...(instruction === undefined ? [] : (["instruction"] as const)),
    ],
  };
}

/** TEI's replies have no place for tokens but a header. @see its `router/src/lib.rs`, `From<ResponseMetadata> for HeaderMap`, at 0d124dc */
function tokensInHeaders(headers: Headers): number | undefined {
  const value = headers.get("x-compute-tokens") ?? "";
  return /^\d+$/.test(value) ? Number(value) : undefined;
}
