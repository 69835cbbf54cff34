/** llama.cpp's server: `POST /rerank`, `/v1/rerank`, `/reranking` and `/v1/reranking`, in two modes. Scores are logits. */
import * as z from "zod/mini";
import type { Codec, Maybe, WireDocument, WireError, WireFailure } from "./codec.ts";
import type { RankingDialect, Vendor } from "./definition.ts";
import { onlyTexts, readText } from "./documents.ts";
import type { Engine } from "./engine.ts";
import { messageInBody, statusIn, typeIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { limitKeys, spelledAs } from "./request-fields.ts";
import { type RelevanceResult, relevanceResults, type TokenUsage, tokenUsage } from "./results.ts";
import { bareResults, common, documents, flag, limit, nestedError, relevance, texts, usage } from "./schema-parts.ts";
import { type TeiResult, teiResults } from "./tei.ts";

/** A request in Jina's format. llama.cpp itself accepts only texts. */
export interface LlamaCppRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly WireDocument[];
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
}

/** A reply in Jina's format. It never contains documents. */
export interface LlamaCppReplyBody {
  model?: string;
  object: "list";
  usage?: TokenUsage;
  results: RelevanceResult<never>[];
}

/** A request in TEI's format: it has `texts`, either the list itself or a flag in addition to `documents`. */
export interface LlamaCppTextsRequestBody {
  model?: Maybe<string>;
  query: string;
  texts: readonly string[] | boolean;
  /** Used instead of `texts` if both are present. */
  documents?: Maybe<readonly string[]>;
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
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

/** llama.cpp in TEI's format: the request has `texts`, the reply is a bare list. */
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

/**
 * llama.cpp as an engine. Scores are a classifier's logits. Only Qwen3's are probabilities, because a softmax is applied to its two classes.
 * The name is all that the engine reports about a model's architecture.
 *
 * @see https://github.com/ggml-org/llama.cpp `src/llama-graph.cpp`, build_pooling, at 00395eb
 */
export const llamaCppEngine: Engine = {
  codec: llamaCpp,
  prefixes: ["llamacpp"],
  keyVariables: ["LLAMA_API_KEY"],
  path: "/rerank",
  informationPath: "/v1/models",
  owner: "llamacpp",
  answersLogits: (model) => !/qwen[-_ ]?3/i.test(model),
};

const llamaCppVendor: Vendor = {
  name: "llama.cpp",
  description: "Base URL /llamacpp or /llamacpp/v1",
  prefix: "llamacpp",
  otherPaths: { alive: ["/llamacpp/health", "/llamacpp/v1/health"], models: ["/llamacpp/v1/models", "/llamacpp/models"] },
};

/** The dialect for the server. */
export const llamaCppDialect: RankingDialect<LlamaCppRequestBody> = {
  codec: llamaCpp,
  vendor: llamaCppVendor,
  paths: [
    { path: "/v1/reranking", usedBy: "else llama.cpp" },
    { path: "/reranking", usedBy: "llama.cpp" },
    { path: "/llamacpp/rerank", usedBy: "base URL `http://HOST/llamacpp`; documents, or texts as TEI has them" },
    { path: "/llamacpp/v1/rerank", usedBy: "base URL `http://HOST/llamacpp/v1`" },
    { path: "/llamacpp/reranking", usedBy: "base URL `http://HOST/llamacpp`" },
    { path: "/llamacpp/v1/reranking", usedBy: "base URL `http://HOST/llamacpp/v1`" },
  ],
  schemas: () => ({
    request: z.object({ ...common, documents, top_n: limit, top_k: limit }),
    reply: z.looseObject({ object: z.literal("list"), results: z.array(z.object(relevance)), usage }),
    error: nestedError,
  }),
};

/** The dialect for the server. */
export const llamaCppTextsDialect: RankingDialect<LlamaCppTextsRequestBody> = {
  codec: llamaCppTexts,
  vendor: llamaCppVendor,
  paths: [
    {
      path: "/rerank",
      usedBy: "with `texts: true` beside documents llama.cpp",
      isMeant: (body) => "texts" in body && !Array.isArray(body.texts) && "documents" in body,
    },
    { path: "/v1/reranking", isMeant: hasTexts },
    { path: "/reranking", isMeant: hasTexts },
    { path: "/llamacpp/rerank", isMeant: hasTexts },
    { path: "/llamacpp/v1/rerank", isMeant: hasTexts },
    { path: "/llamacpp/reranking", isMeant: hasTexts },
    { path: "/llamacpp/v1/reranking", isMeant: hasTexts },
  ],
  schemas: () => ({
    request: z
      .object({
        ...common,
        // The key selects this format. The documents may be here or under `documents`.
        texts: z.union([texts, z.boolean()], { error: "expected a list of strings, or true beside documents" }),
        documents: z.nullish(texts),
        top_n: limit,
        top_k: limit,
        return_text: flag,
      })
      .check(
        z.refine(({ texts: list, documents: listed }) => Array.isArray(list) || Array.isArray(listed), {
          error: "expected a list of strings where there are no documents",
          path: ["texts"],
        }),
      ),
    reply: bareResults,
    error: nestedError,
  }),
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

function hasTexts(body: object): boolean {
  return "texts" in body;
}
