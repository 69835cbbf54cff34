/** llama.cpp's server: `POST /rerank`, `/v1/rerank`, `/reranking` and `/v1/reranking`, in two modes. Scores are logits. */
import type { Codec, Maybe, WireDocument, WireError, WireFailure } from "./codec.ts";
import { onlyTexts, readText } from "./documents.ts";
import { messageInBody, statusIn, typeIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { limitKeys, spelledAs } from "./request-fields.ts";
import { type RelevanceResult, relevanceResults, type TokenUsage, tokenUsage } from "./results.ts";
import { type TeiResult, teiResults } from "./tei.ts";

/** A request in the mode that is named after Jina; llama.cpp itself takes texts only. */
export interface LlamaCppRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly WireDocument[];
  top_n?: Maybe<number>;
  /** Read as `top_n`, where that is not there. */
  top_k?: Maybe<number>;
}

/** A reply in that mode; documents are never echoed. */
export interface LlamaCppReplyBody {
  model?: string;
  object: "list";
  usage?: TokenUsage;
  results: RelevanceResult<never>[];
}

/** A request in the mode that is named after TEI: a body with `texts`, which may be a flag beside `documents`. */
export interface LlamaCppTextsRequestBody {
  model?: Maybe<string>;
  query: string;
  texts: readonly string[] | boolean;
  /** Counts before `texts`. */
  documents?: Maybe<readonly string[]>;
  top_n?: Maybe<number>;
  /** Read as `top_n`, where that is not there. */
  top_k?: Maybe<number>;
  return_text?: Maybe<boolean>;
}

const fields = spelledAs<LlamaCppRequestBody>({ model: "model", topK: limitKeys });
const textsFields = spelledAs<LlamaCppTextsRequestBody>({ model: "model", topK: limitKeys, returnDocuments: "return_text" });

/** @see https://github.com/ggml-org/llama.cpp `tools/server/README.md` at 00dc805, and `format_response_rerank` in its server */
export const llamaCpp: Codec<LlamaCppRequestBody, LlamaCppReplyBody> = {
  name: "llamacpp",
  requestFields: fields.keys,
  documentsKey: "documents",
  replyFields: new Set(["model", "tokens"]),
  takesObjects: false,
  echoesByDefault: false,
  scoresAreLogits: true,
  encodeRequest: (request) => ({ ...fields.encode(request), query: request.query, documents: onlyTexts(request.documents, "llamacpp") }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body) }),
  encodeReply: (reply) => ({
    ...present({ model: reply.model, usage: tokenUsage(reply.tokens) }),
    object: "list",
    results: relevanceResults(reply.results),
  }),
  decodeReply: (body) => readReply(body, { dialect: "llamacpp", list: "results", score: "relevance_score" }),
  encodeError: encodeLlamaCppError,
  decodeError: messageInBody,
};

/** llama.cpp asked with `texts`: the reply is TEI's bare list. */
export const llamaCppTexts: Codec<LlamaCppTextsRequestBody, TeiResult[]> = {
  name: "llamacpp-texts",
  requestFields: textsFields.keys,
  documentsKey: "texts",
  otherKeys: ["documents"],
  replyFields: new Set(["document"]),
  takesObjects: false,
  echoesByDefault: false,
  scoresAreLogits: true,
  encodeRequest: (request) => ({
    ...textsFields.encode(request),
    query: request.query,
    texts: onlyTexts(request.documents, "llamacpp-texts"),
  }),
  decodeRequest: (body) => ({
    query: body.query,
    documents: body.documents ?? (typeof body.texts === "boolean" ? [] : body.texts),
    ...textsFields.decode(body),
  }),
  encodeReply: (reply) => teiResults(reply.results),
  decodeReply: (body) => readReply(body, { dialect: "llamacpp-texts", score: "score", document: ["text", readText] }),
  encodeError: encodeLlamaCppError,
  decodeError: messageInBody,
};

/** @see `format_error_response` in llama.cpp's `tools/server/server-common.cpp` */
const errorTypes: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  500: "server_error",
  501: "not_supported_error",
  503: "unavailable_error",
};

function encodeLlamaCppError(failure: WireFailure): WireError {
  const status = statusIn({ 422: 400 }, failure);
  return { status, body: { error: { code: status, message: failure.message, type: typeIn(errorTypes, status) } } };
}
