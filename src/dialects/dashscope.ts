/** Alibaba Cloud's DashScope (Model Studio): its own path, where everything is nested, and the flat one that is called compatible. */
import * as z from "zod/mini";
import { isRecord } from "../values.ts";
import type { Codec, Maybe, WireError, WireFailure, WireReply } from "./codec.ts";
import type { RankingDialect, Vendor } from "./definition.ts";
import { onlyTexts, readText, textOf } from "./documents.ts";
import { messageInBody, statusIn, typeIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { limitKeys, spelledAs } from "./request-fields.ts";
import { type RelevanceResult, relevanceResults } from "./results.ts";
import {
  common,
  count,
  flag,
  name,
  nestedError,
  optionalText,
  querySchema,
  relevance,
  text,
  texts,
  usage,
  wrapped,
} from "./schema-parts.ts";

/**
 * `qwen3-rerank` and `gte-rerank-v2` take 500 documents, `qwen3-vl-rerank` 100. All texts of a request, the query counted with each document,
 * have 120,000 tokens at most, 30,000 for `gte-…`. Bytes of UTF-8 stand for tokens, as none is shorter.
 *
 * @see https://www.alibabacloud.com/help/en/model-studio/text-rerank-api read 2026-11
 */
export function dashScopeLimits(model: string): { maxDocuments: number; maxBytes: number; countsQueryEachTime: boolean } {
  return {
    maxDocuments: model.includes("-vl-") ? 100 : 500,
    maxBytes: model.startsWith("gte-") ? 30_000 : 120_000,
    countsQueryEachTime: true,
  };
}

/** A request at DashScope's own path. */
export interface DashScopeRequestBody {
  /** Required by DashScope. */
  model?: Maybe<string>;
  input: { readonly query: string; readonly documents: readonly string[] };
  parameters?: Maybe<{
    top_n?: Maybe<number>;
    return_documents?: Maybe<boolean>;
    /** What counts as relevant. Ignored here. */
    instruct?: Maybe<string>;
  }>;
}

/** A reply there. */
export interface DashScopeReplyBody {
  output: { results: RelevanceResult<{ text: string }>[] };
  usage?: { total_tokens: number };
  request_id?: string;
}

/** A request at the compatible path. */
export interface DashScopeFlatRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly string[];
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
  return_documents?: Maybe<boolean>;
  instruct?: Maybe<string>;
}

/** A reply there. */
export interface DashScopeFlatReplyBody {
  id?: string;
  object: "list";
  model?: string;
  results: RelevanceResult<{ text: string }>[];
  usage?: { total_tokens: number };
}

const fields = spelledAs<DashScopeFlatRequestBody>({ model: "model", topK: limitKeys, returnDocuments: "return_documents" });

/** @see PyPI `dashscope` 2.0.2, `dashscope/rerank/text_rerank.py` and `dashscope/api_entities/dashscope_response.py` */
export const dashScope: Codec<DashScopeRequestBody, DashScopeReplyBody> = {
  name: "dashscope",
  requestFields: new Map([
    ["model", ["model"]],
    ["topK", ["parameters.top_n"]],
    ["returnDocuments", ["parameters.return_documents"]],
  ]),
  documentsKey: "input.documents",
  otherKeys: ["input.query"],
  replyFields: new Set(["id", "tokens", "document"]),
  takesObjects: false,
  echoesByDefault: false,
  scoresAreLogits: false,
  encodeRequest: ({ query, documents, model, topK, returnDocuments }) => ({
    ...present({ model }),
    input: { query, documents: onlyTexts(documents, "dashscope") },
    ...(topK === undefined && returnDocuments === undefined
      ? {}
      : { parameters: present({ top_n: topK, return_documents: returnDocuments }) }),
  }),
  decodeRequest: ({ model, input, parameters }) => ({
    query: input.query,
    documents: input.documents,
    ...present({
      model,
      topK: (parameters?.top_n ?? 0) >= 1 ? parameters?.top_n : undefined,
      returnDocuments: parameters?.return_documents,
    }),
  }),
  encodeReply: ({ id, tokens, results }) => ({
    output: { results: relevanceResults(results, wrapTextOf) },
    ...present({ usage: usageOf(tokens), request_id: id }),
  }),
  decodeReply: (body) => readReply(flattened(body), { dialect: "dashscope", list: "results", ...spelling }),
  encodeError: encodeDashScopeError,
  decodeError: messageInBody,
};

/**
 * The compatible path's errors are OpenAI's, by its name; none was seen.
 *
 * @see https://www.alibabacloud.com/help/en/model-studio/rerank read 2026-11
 */
export const dashScopeFlat: Codec<DashScopeFlatRequestBody, DashScopeFlatReplyBody> = {
  name: "dashscope-compatible",
  requestFields: fields.keys,
  documentsKey: "documents",
  replyFields: new Set(["id", "model", "tokens", "document"]),
  takesObjects: false,
  echoesByDefault: false,
  scoresAreLogits: false,
  encodeRequest: (request) => ({
    ...fields.encode(request),
    query: request.query,
    documents: onlyTexts(request.documents, "dashscope-compatible"),
  }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body) }),
  encodeReply: ({ id, model, tokens, results }) => ({
    object: "list",
    results: relevanceResults(results, wrapTextOf),
    ...present({ id, model, usage: usageOf(tokens) }),
  }),
  decodeReply: (body) => readReply(body, { dialect: "dashscope-compatible", list: "results", ...spelling }),
  encodeError: (failure) => {
    const status = statusIn({ 422: 400 }, failure);
    return { status, body: { error: { message: failure.message, type: typeIn(codes, status), param: null, code: typeIn(codes, status) } } };
  },
  decodeError: messageInBody,
};

const vendor: Vendor = {
  name: "DashScope",
  description: "Base URL /dashscope/api/v1 or /dashscope/compatible-api/v1",
  prefix: "dashscope",
};

/** The dialect for the server. */
export const dashScopeDialect: RankingDialect<DashScopeRequestBody> = {
  codec: dashScope,
  vendor,
  paths: [
    { path: "/api/v1/services/rerank/text-rerank/text-rerank", usedBy: "DashScope, base URL `http://HOST/api/v1`" },
    { path: "/dashscope/api/v1/services/rerank/text-rerank/text-rerank", usedBy: "base URL `http://HOST/dashscope/api/v1`" },
  ],
  schemas: () => ({
    request: z.object({
      model: name,
      input: z.looseObject({ query: querySchema, documents: texts }),
      parameters: z.nullish(z.looseObject({ top_n: count, return_documents: flag })),
    }),
    reply: z.looseObject({
      output: z.object({ results: z.array(z.object({ ...relevance, document: z.optional(wrapped) })) }),
      usage,
      request_id: optionalText,
    }),
    error: z.looseObject({ code: text, message: text }),
  }),
};

/** The dialect for the server. */
export const dashScopeFlatDialect: RankingDialect<DashScopeFlatRequestBody> = {
  codec: dashScopeFlat,
  vendor,
  paths: [
    { path: "/compatible-api/v1/reranks", usedBy: "DashScope, base URL `http://HOST/compatible-api/v1`" },
    { path: "/dashscope/compatible-api/v1/reranks", usedBy: "base URL `http://HOST/dashscope/compatible-api/v1`" },
  ],
  schemas: () => ({
    request: z.object({ ...common, documents: texts, top_n: count, top_k: count, return_documents: flag, instruct: name }),
    reply: z.looseObject({ results: z.array(z.object({ ...relevance, document: z.optional(wrapped) })), usage }),
    error: nestedError,
  }),
};

const spelling = { score: "relevance_score", document: ["document", readText] } as const;

function wrapTextOf(document: Parameters<typeof textOf>[0]): { text: string } {
  return { text: textOf(document) };
}

function usageOf(tokens: WireReply["tokens"]): { total_tokens: number } | undefined {
  return tokens === undefined ? undefined : { total_tokens: tokens };
}

/** The reply without its outer object; what is not one stays as it is, for the reader to complain about. */
function flattened(body: unknown): unknown {
  if (!isRecord(body) || !isRecord(body.output)) return body;
  return { ...body.output, usage: body.usage, id: body.request_id };
}

/** @see https://www.alibabacloud.com/help/en/model-studio/error-code read 2026-11 */
const codes: Readonly<Record<number, string>> = {
  400: "InvalidParameter",
  401: "InvalidApiKey",
  403: "AccessDenied",
  404: "ModelNotFound",
  429: "Throttling",
  500: "InternalError",
  503: "ModelUnavailable",
  504: "RequestTimeOut",
};

function encodeDashScopeError(failure: WireFailure): WireError {
  const status = statusIn({ 422: 400 }, failure);
  return {
    status,
    body: { code: typeIn(codes, status), message: failure.message, ...present({ request_id: failure.requestId }) },
  };
}
