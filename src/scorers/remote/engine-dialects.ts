/** Requests and replies of each engine dialect, made by the codecs in `dialects/`. */

import { cohereLimits } from "../../dialects/cohere.ts";
import { cohereV2 } from "../../dialects/cohere-v2.ts";
import type { Engine } from "../../dialects/engine.ts";
import { engines } from "../../dialects/engines.ts";
import { jina, jinaLimits } from "../../dialects/jina.ts";
import { present } from "../../dialects/present.ts";
import type { JsonReply } from "../../http/request.ts";
import { scoresByIndex } from "../../ranking/scores-by-index.ts";
import type { RemoteDialect } from "../../types.ts";
import { addressOf, rootAddressOf } from "./addresses.ts";
import { decodeNative, encodeNative } from "./crossrank-engine.ts";
import { type EngineOption, type PartRequest, type PartScores, wrongReplyAdvice } from "./part.ts";

/** How to talk to engines of one kind. */
export interface EngineDialect extends Pick<Engine, "informationPath" | "owner" | "needsModel"> {
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
  /** Whether scores of a model are logits. @default what `decode` says */
  answersLogits?(model: string): boolean;
  /** Options of a call that the dialect cannot express. */
  ignores(part: Pick<PartRequest, EngineOption>): EngineOption[];
}

const unlimited = Number.POSITIVE_INFINITY;

/** What a pool needs of an engine, or of a service that it may also be pointed at. */
type PoolEngine = Pick<Engine, "codec" | "isAtRoot" | "limits" | "informationPath" | "owner" | "needsModel" | "answersLogits"> & {
  path: string;
};

const cohere: PoolEngine = { codec: cohereV2, path: "/v2/rerank", limits: cohereLimits };
const jinaService: PoolEngine = { codec: jina, path: "/v1/rerank", limits: jinaLimits };

/** Every dialect of {@link RemoteDialect}. */
export const engineDialects: Readonly<Record<RemoteDialect, EngineDialect>> = {
  crossrank: {
    ...codecDialect("crossrank", engines.crossrank),
    // Unlike /health, it fails while the server loads its models or is about to stop.
    healthAddress: (base) => rootAddressOf(base, "/ready"),
    encode: encodeNative,
    decode: decodeNative,
    ignores: () => [],
  },
  tei: codecDialect("tei", engines.tei),
  vllm: codecDialect("vllm", engines.vllm),
  infinity: codecDialect("infinity", engines.infinity),
  llamacpp: codecDialect("llamacpp", engines.llamacpp),
  cohere: codecDialect("cohere", cohere),
  jina: codecDialect("jina", jinaService),
  xinference: codecDialect("xinference", engines.xinference),
  localai: codecDialect("localai", engines.localai),
};

function codecDialect(name: RemoteDialect, { codec, path, isAtRoot = false, limits = {}, ...engine }: PoolEngine): EngineDialect {
  const says = codec.requestFields;
  const { maxDocuments = unlimited, maxBodyBytes = unlimited } = limits;
  const { informationPath, owner, needsModel, answersLogits } = engine;
  return {
    name,
    ...present({ informationPath, owner, needsModel, answersLogits }),
    rankAddress: (base) => (isAtRoot ? rootAddressOf(base, path) : addressOf(base, path)),
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
