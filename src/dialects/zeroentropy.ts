/** ZeroEntropy: `POST /v1/models/rerank`. Texts only, no echo. */
import * as z from "zod/mini";
import type { Codec, Maybe } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts } from "./documents.ts";
import { messageInBody } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { limitKeys, spelledAs } from "./request-fields.ts";
import { type RelevanceResult, relevanceResults } from "./results.ts";
import { common, count, detailError, name, relevance, texts } from "./schema-parts.ts";

/**
 * A request has at most 5,000,000 bytes, the query counted with each document, and 150 more for each. No number of documents is documented:
 * a thousand keeps a request small.
 *
 * @see https://docs.zeroentropy.dev/api-reference/models/rerank read 2026-11
 */
export const zeroEntropyLimits: { readonly maxDocuments: number; readonly maxBytes: number; readonly countsQueryEachTime: boolean } = {
  maxDocuments: 1000,
  maxBytes: 4_500_000,
  countsQueryEachTime: true,
};

/** A request; ZeroEntropy requires `model`. */
export interface ZeroEntropyRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly string[];
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
  /** "fast" or "slow". Ignored here. */
  latency?: Maybe<string>;
}

/** A reply; the service tells bytes and seconds, too. */
export interface ZeroEntropyReplyBody {
  results: RelevanceResult<never>[];
  total_tokens?: number;
}

const fields = spelledAs<ZeroEntropyRequestBody>({ model: "model", topK: limitKeys });

/** Failures are FastAPI's `{detail}`. @see npm `zeroentropy` 0.1.0-alpha.10, `resources/models.d.ts` */
export const zeroEntropy: Codec<ZeroEntropyRequestBody, ZeroEntropyReplyBody> = {
  name: "zeroentropy",
  requestFields: fields.keys,
  documentsKey: "documents",
  replyFields: new Set(["tokens"]),
  takesObjects: false,
  echoesByDefault: false,
  scoresAreLogits: false,
  encodeRequest: (request) => ({
    ...fields.encode(request),
    query: request.query,
    documents: onlyTexts(request.documents, "zeroentropy"),
  }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body) }),
  encodeReply: ({ tokens, results }) => ({ results: relevanceResults(results), ...present({ total_tokens: tokens }) }),
  decodeReply: (body) => readReply(body, { dialect: "zeroentropy", list: "results", score: "relevance_score" }),
  encodeError: ({ status, message }) => ({ status, body: { detail: message } }),
  decodeError: messageInBody,
};

/** The dialect for the server. */
export const zeroEntropyDialect: RankingDialect<ZeroEntropyRequestBody> = {
  codec: zeroEntropy,
  vendor: { name: "ZeroEntropy", description: "Base URL /zeroentropy/v1", prefix: "zeroentropy" },
  paths: [{ path: "/zeroentropy/v1/models/rerank", usedBy: "base URL `http://HOST/zeroentropy/v1`" }],
  schemas: () => ({
    request: z.object({ ...common, documents: texts, top_n: count, top_k: count, latency: name }),
    reply: z.looseObject({ results: z.array(z.object(relevance)), total_tokens: z.optional(z.int()) }),
    error: detailError,
  }),
};
