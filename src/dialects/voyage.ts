/** Voyage's API: `POST /v1/rerank`. */
import * as z from "zod/mini";
import type { Codec, Maybe } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts, readText, textOf } from "./documents.ts";
import { messageInBody, statusIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { spelledAs } from "./request-fields.ts";
import { type RelevanceResult, relevanceResults } from "./results.ts";
import { common, count, detailError, flag, optionalText, relevance, texts, usage } from "./schema-parts.ts";

/** A request. Voyage requires `model`. */
export interface VoyageRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly string[];
  top_k?: Maybe<number>;
  /** Used if `top_k` is absent. */
  top_n?: Maybe<number>;
  return_documents?: Maybe<boolean>;
  truncation?: Maybe<boolean>;
}

/** A reply. */
export interface VoyageReplyBody {
  object: "list";
  data: RelevanceResult<string>[];
  model?: string;
  usage?: { total_tokens: number };
}

const fields = spelledAs<VoyageRequestBody>({
  model: "model",
  topK: ["top_k", "top_n"],
  returnDocuments: "return_documents",
  truncate: "truncation",
});

/** @see https://github.com/tryAGI/VoyageAI `openapi.yaml`, and https://github.com/voyage-ai/typescript-sdk at 32450b4 */
export const voyage: Codec<VoyageRequestBody, VoyageReplyBody> = {
  name: "voyage",
  requestFields: fields.keys,
  documentsKey: "documents",
  replyFields: new Set(["model", "tokens", "document"]),
  takesObjects: false,
  echoesByDefault: false,
  scoresAreLogits: false,
  encodeRequest: (request) => ({ ...fields.encode(request), query: request.query, documents: onlyTexts(request.documents, "voyage") }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body) }),
  encodeReply: ({ model, tokens, results }) => ({
    object: "list",
    data: relevanceResults(results, textOf),
    ...present({ model, usage: tokens === undefined ? undefined : { total_tokens: tokens } }),
  }),
  decodeReply: (body) => readReply(body, { dialect: "voyage", list: "data", score: "relevance_score", document: ["document", readText] }),
  encodeError: (failure) => ({ status: statusIn({ 422: 400 }, failure), body: { detail: failure.message } }),
  decodeError: messageInBody,
};

/** The dialect for the server. */
export const voyageDialect: RankingDialect<VoyageRequestBody> = {
  codec: voyage,
  vendor: { name: "Voyage AI", description: "Base URL /voyage/v1", prefix: "voyage" },
  paths: [{ path: "/voyage/v1/rerank", usedBy: "base URL `http://HOST/voyage/v1`" }],
  schemas: () => ({
    request: z.object({ ...common, documents: texts, top_k: count, top_n: count, return_documents: flag, truncation: flag }),
    reply: z.object({
      object: z.literal("list"),
      data: z.array(z.object({ ...relevance, document: optionalText })),
      model: optionalText,
      usage,
    }),
    error: detailError,
  }),
};

/**
 * Voyage limits tokens of the query × documents + tokens of all documents: to 600,000 for `rerank-2` and newer, to 300,000 for the first
 * models. We do not have its tokenizers, so we count UTF-8 bytes. A token has at least one byte, so requests never exceed the limit.
 * English has four to five bytes a token, so requests are smaller than they could be. That costs nothing: Voyage bills tokens.
 *
 * @see https://docs.voyageai.com/reference/reranker-api read 2026-11
 */
export function voyageLimits(model: string): { maxDocuments: number; maxBytes: number; countsQueryEachTime: boolean } {
  return { maxDocuments: 1000, maxBytes: /^rerank-(?:lite-)?1$/.test(model) ? 300_000 : 600_000, countsQueryEachTime: true };
}
