/** Xinference: `POST /v1/rerank`. The reply has Cohere's format, and every key is always present. */
import * as z from "zod/mini";
import type { Codec, Maybe, WireDocument } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts, readText, textOf } from "./documents.ts";
import type { Engine } from "./engine.ts";
import { messageInBody, statusIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { limitKeys, spelledAs } from "./request-fields.ts";
import { common, count, detailError, documents, flag, limit, name, optionalText, relevance, wrapped } from "./schema-parts.ts";

/** A request. Xinference requires `model` and accepts only texts. */
export interface XinferenceRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly WireDocument[];
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
  return_documents?: Maybe<boolean>;
  /** Ignored here: replies always contain the number of tokens. */
  return_len?: Maybe<boolean>;
  /** Xinference refuses it. Ignored here. */
  max_chunks_per_doc?: Maybe<number>;
  /** Options of the model, as JSON. Ignored here. */
  kwargs?: Maybe<string>;
}

/** A reply. */
export interface XinferenceReplyBody {
  id?: string;
  results: { index: number; relevance_score: number; document: { text: string } | null }[];
  meta: {
    api_version: null;
    billed_units: null;
    tokens: { input_tokens: number; output_tokens: number } | null;
    warnings: null;
  };
}

const fields = spelledAs<XinferenceRequestBody>({ model: "model", topK: limitKeys, returnDocuments: "return_documents" });

/** @see https://github.com/xorbitsai/inference `xinference/types.py` and `xinference/api/restful_api.py` at 7ecec16, and its issue 1657 */
export const xinference: Codec<XinferenceRequestBody, XinferenceReplyBody> = {
  name: "xinference",
  requestFields: fields.keys,
  documentsKey: "documents",
  otherKeys: ["return_len"],
  replyFields: new Set(["id", "tokens", "document"]),
  takesObjects: false,
  echoesByDefault: false,
  scoresAreLogits: false,
  encodeRequest: (request) => ({ ...fields.encode(request), query: request.query, documents: onlyTexts(request.documents, "xinference") }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body) }),
  encodeReply: ({ id, tokens, results }) => ({
    ...present({ id }),
    results: results.map(({ index, score, document }) => ({
      index,
      relevance_score: score,
      document: document === undefined ? null : { text: textOf(document) },
    })),
    meta: {
      api_version: null,
      billed_units: null,
      tokens: tokens === undefined ? null : { input_tokens: tokens, output_tokens: 0 },
      warnings: null,
    },
  }),
  decodeReply: (body) =>
    readReply(body, { dialect: "xinference", list: "results", score: "relevance_score", document: ["document", readText] }),
  // Xinference raises a ValueError for an unknown model, and answers every ValueError with 400.
  encodeError: (failure) => ({ status: statusIn({ 404: 400, 422: 400 }, failure), body: { detail: failure.message } }),
  decodeError: messageInBody,
};

/** The server as an engine. @see https://docs.litellm.ai/docs/providers/xinference for the variables */
export const xinferenceEngine: Engine = {
  codec: xinference,
  prefixes: ["xinference"],
  keyVariables: ["XINFERENCE_API_KEY"],
  baseUrlVariables: ["XINFERENCE_API_BASE"],
  path: "/v1/rerank",
  informationPath: "/v1/models",
  owner: "xinference",
  needsModel: true,
};

/** The dialect for the server. */
export const xinferenceDialect: RankingDialect<XinferenceRequestBody> = {
  codec: xinference,
  vendor: {
    name: "Xinference",
    description: "Base URL /xinference/v1",
    prefix: "xinference",
    otherPaths: { models: ["/xinference/v1/models"], keys: ["/v1/cluster/auth", "/xinference/v1/cluster/auth"] },
  },
  paths: [{ path: "/xinference/v1/rerank", usedBy: "base URL `http://HOST/xinference/v1`" }],
  schemas: () => ({
    request: z.object({
      ...common,
      documents,
      top_n: limit,
      top_k: limit,
      return_documents: flag,
      return_len: flag,
      max_chunks_per_doc: count,
      kwargs: name,
    }),
    reply: z.looseObject({ id: optionalText, results: z.array(z.object({ ...relevance, document: z.nullable(wrapped) })) }),
    error: detailError,
  }),
};
