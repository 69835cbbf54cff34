/** Infinity: `POST /rerank`. */
import type { Codec, Maybe, WireDocument, WireError, WireFailure, WireIssue } from "./codec.ts";
import { onlyTexts, readText, textOf } from "./documents.ts";
import { messageInBody, statusIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { limitKeys, spelledAs } from "./request-fields.ts";
import { type RelevanceResult, relevanceResults, type TokenUsage, tokenUsage } from "./results.ts";

/** A request; Infinity itself takes texts only. */
export interface InfinityRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly WireDocument[];
  return_documents?: Maybe<boolean>;
  raw_scores?: Maybe<boolean>;
  top_n?: Maybe<number>;
  /** Read as `top_n`, where that is not there. */
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
 * What does not validate is 422, which Infinity leaves to FastAPI; an unknown model and one that cannot rerank are 400.
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
