/** Infinity: `POST /rerank`. */
import * as z from "zod/mini";
import type { Codec, Maybe, WireDocument, WireError, WireFailure, WireIssue } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts, readText, textOf } from "./documents.ts";
import type { Engine } from "./engine.ts";
import { messageInBody, statusIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { limitKeys, spelledAs } from "./request-fields.ts";
import { type RelevanceResult, relevanceResults, type TokenUsage, tokenUsage } from "./results.ts";
import { common, documents, flag, limit, nestedError, optionalText, relevance, text, usage } from "./schema-parts.ts";

/** A request. Infinity itself accepts only texts. */
export interface InfinityRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly WireDocument[];
  return_documents?: Maybe<boolean>;
  raw_scores?: Maybe<boolean>;
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
}

/** A reply. */
export interface InfinityReplyBody {
  object: "rerank";
  id?: string;
  model?: string;
  created?: number;
  results: RelevanceResult<string>[];
  usage?: TokenUsage;
}

const fields = spelledAs<InfinityRequestBody>({
  model: "model",
  topK: limitKeys,
  returnDocuments: "return_documents",
  rawScores: "raw_scores",
});

/** @see https://github.com/michaelfeil/infinity `libs/infinity_emb/infinity_emb/fastapi_schemas/pymodels.py` at fcb951c */
export const infinity: Codec<InfinityRequestBody, InfinityReplyBody> = {
  name: "infinity",
  requestFields: fields.keys,
  documentsKey: "documents",
  replyFields: new Set(["id", "model", "created", "tokens", "document"]),
  takesObjects: false,
  echoesByDefault: false,
  scoresAreLogits: false,
  encodeRequest: (request) => ({ ...fields.encode(request), query: request.query, documents: onlyTexts(request.documents, "infinity") }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body) }),
  encodeReply: (reply) => ({
    object: "rerank",
    ...present({ id: reply.id, model: reply.model, created: reply.created, usage: tokenUsage(reply.tokens) }),
    results: relevanceResults(reply.results, textOf),
  }),
  decodeReply: (body) =>
    readReply(body, { dialect: "infinity", list: "results", score: "relevance_score", document: ["document", readText] }),
  encodeError,
  decodeError: messageInBody,
};

/**
 * Infinity as an engine. The limit is the default of `INFINITY_MAX_CLIENT_BATCH_SIZE`. Infinity applies a sigmoid to scores.
 *
 * @see https://github.com/michaelfeil/infinity `libs/infinity_emb/infinity_emb/env.py` line 198 and `inference/batch_handler.py` line 208 at
 *   fcb951c
 * @see https://docs.litellm.ai/docs/providers/infinity for the variables
 */
export const infinityEngine: Engine = {
  codec: infinity,
  prefixes: ["infinity"],
  keyVariables: ["INFINITY_API_KEY"],
  baseUrlVariables: ["INFINITY_API_BASE"],
  path: "/rerank",
  limits: { maxDocuments: 2048 },
  owner: "infinity",
};

/** The dialect for the server. */
export const infinityDialect: RankingDialect<InfinityRequestBody> = {
  codec: infinity,
  vendor: {
    name: "Infinity",
    description: "Base URL /infinity",
    prefix: "infinity",
    otherPaths: { alive: ["/infinity/health"], models: ["/infinity/models"] },
  },
  paths: [{ path: "/infinity/rerank", usedBy: "base URL `http://HOST/infinity`" }],
  schemas: () => ({
    request: z.object({ ...common, documents, return_documents: flag, raw_scores: flag, top_n: limit, top_k: limit }),
    reply: z.looseObject({ object: z.literal("rerank"), results: z.array(z.object({ ...relevance, document: optionalText })), usage }),
    error: z.union([
      nestedError,
      z.looseObject({ detail: z.array(z.looseObject({ loc: z.array(z.union([text, z.int()])), msg: text, type: text })) }),
    ]),
  }),
};

/**
 * FastAPI answers an invalid request with 422. Infinity answers an unknown model, and a model that cannot rerank, with 400.
 *
 * @see https://fastapi.tiangolo.com/tutorial/handling-errors/ the body of a RequestValidationError
 */
function encodeError(failure: WireFailure): WireError {
  if (failure.code === "invalid-input" && failure.status === 422) {
    const issues: readonly WireIssue[] = failure.issues ?? [{ path: [], message: failure.message, type: "value_error" }];
    return { status: 422, body: { detail: issues.map(({ path, message, type }) => ({ type, loc: ["body", ...path], msg: message })) } };
  }
  const status = statusIn({ 404: 400, 422: 400 }, failure);
  return { status, body: { error: { message: failure.message, type: null, param: null, code: status } } };
}
