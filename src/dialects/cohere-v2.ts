/** Cohere's API, version 2: `POST /v2/rerank`. Texts only; objects are sent as YAML. */
import * as z from "zod/mini";
import type { Codec, Maybe } from "./codec.ts";
import { type CohereMeta, cohere, cohereError, cohereMeta } from "./cohere.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts } from "./documents.ts";
import { messageInBody } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { limitKeys, spelledAs } from "./request-fields.ts";
import { type RelevanceResult, relevanceResults } from "./results.ts";
import { cohereMetaSchema, common, count, messageError, optionalText, relevance, texts } from "./schema-parts.ts";

/** A request. Cohere requires `model`; our server has a default model. */
export interface CohereV2RequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly string[];
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
  max_tokens_per_doc?: Maybe<number>;
  /** 0 to 999. Ignored here. */
  priority?: Maybe<number>;
}

/** A reply. */
export interface CohereV2ReplyBody {
  id?: string;
  results: RelevanceResult<never>[];
  meta: CohereMeta;
}

const fields = spelledAs<CohereV2RequestBody>({ model: "model", topK: limitKeys, maxTokensPerDocument: "max_tokens_per_doc" });

/** @see https://github.com/cohere-ai/cohere-developer-experience `cohere-openapi.yaml` at e814c8a */
export const cohereV2: Codec<CohereV2RequestBody, CohereV2ReplyBody> = {
  name: "cohere-v2",
  requestFields: fields.keys,
  documentsKey: "documents",
  replyFields: new Set(["id", "tokens", "billedUnits"]),
  takesObjects: false,
  echoesByDefault: false,
  scoresAreLogits: false,
  encodeRequest: (request) => ({
    ...fields.encode(request),
    query: request.query,
    documents: onlyTexts(request.documents, "cohere-v2"),
  }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body) }),
  encodeReply: (reply) => ({ ...present({ id: reply.id }), results: relevanceResults(reply.results), meta: cohereMeta(reply, "2") }),
  decodeReply: (body) => readReply(body, { dialect: "cohere-v2", list: "results", score: "relevance_score" }),
  encodeError: cohereError,
  decodeError: messageInBody,
};

/** The dialect for the server. */
export const cohereV2Dialect: RankingDialect<CohereV2RequestBody> = {
  codec: cohereV2,
  vendor: cohere,
  paths: [
    { path: "/v2/rerank", usedBy: "Cohere" },
    { path: "/providers/cohere/v2/rerank", usedBy: "clients of Cohere on Azure, such as n8n's" },
    { path: "/cohere/v2/rerank", usedBy: "base URL `http://HOST/cohere`" },
  ],
  schemas: () => ({
    request: z.object({
      ...common,
      documents: texts,
      top_n: count,
      top_k: count,
      max_tokens_per_doc: count,
      priority: z.nullish(z.number()),
    }),
    reply: z.object({ id: optionalText, results: z.array(z.object(relevance)), meta: cohereMetaSchema }),
    error: messageError,
  }),
};
