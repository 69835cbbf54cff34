/** vLLM: `POST /rerank`, `/v1/rerank` and `/v2/rerank`. */
import * as z from "zod/mini";
import type { Codec, Maybe, RequestFields, WireDocument, WireError, WireFailure, WireRequest } from "./codec.ts";
import type { RankingDialect, Vendor } from "./definition.ts";
import { onlyTexts, readText, textOf } from "./documents.ts";
import type { Engine } from "./engine.ts";
import { messageInBody, statusIn, typeIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { limitKeys, spelledAs } from "./request-fields.ts";
import { type TokenUsage, tokenUsage } from "./results.ts";
import { activating, count, cutting, documents, limit, name, nestedError, querySchema, relevance, usage, wrapped } from "./schema-parts.ts";

/** Options that ranking and scoring requests share. Options that are ignored here are left out. */
export interface VllmOptions {
  model?: Maybe<string>;
  /** Cut pairs to this many tokens; −1: to the model's own limit. Absent: a pair that is too long is an error. */
  truncate_prompt_tokens?: Maybe<number>;
  /** @default the tokenizer's */
  truncation_side?: Maybe<"left" | "right">;
  /** False: return logits. */
  use_activation?: Maybe<boolean>;
  /** The name of `use_activation` in older versions. */
  activation?: Maybe<boolean>;
}

/** A request. `top_n: 0` means all. */
export interface VllmRequestBody extends VllmOptions {
  query: string;
  documents: readonly WireDocument[];
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
  max_tokens_per_doc?: Maybe<number>;
}

/** A reply. */
export interface VllmReplyBody {
  id?: string;
  model?: string;
  usage?: TokenUsage;
  /** `document` is always present; its text is null if documents are not returned. */
  results: { index: number; document: { text: string | null }; relevance_score: number }[];
}

const fields = spelledAs<VllmRequestBody>({ model: "model", topK: limitKeys, maxTokensPerDocument: "max_tokens_per_doc" });

/** The keys of {@link VllmOptions}, except the model's. */
export const vllmOptionKeys: RequestFields = new Map([
  ["rawScores", ["use_activation", "activation"]],
  ["truncate", ["truncate_prompt_tokens"]],
  ["maxTokens", ["truncate_prompt_tokens"]],
  ["truncationSide", ["truncation_side"]],
]);

/**
 * `truncate: false` is vLLM's default, so it is not sent, and decoding gives undefined. The same holds for `truncate: true` with
 * `maxTokens`, because a maximum already means cutting.
 *
 * @see https://github.com/vllm-project/vllm `vllm/entrypoints/pooling/scoring/protocol.py` at 5315868, and `pooling/base/protocol.py` at 020638a
 */
export const vllm: Codec<VllmRequestBody, VllmReplyBody> = {
  name: "vllm",
  requestFields: new Map([...fields.keys, ...vllmOptionKeys]),
  documentsKey: "documents",
  replyFields: new Set(["id", "model", "tokens", "document"]),
  takesObjects: false,
  echoesByDefault: true,
  scoresAreLogits: false,
  encodeRequest: (request) => ({
    ...fields.encode(request),
    query: request.query,
    documents: onlyTexts(request.documents, "vllm"),
    ...(request.rawScores === undefined ? {} : { use_activation: !request.rawScores }),
    ...present({
      truncate_prompt_tokens: request.maxTokens ?? (request.truncate === true ? -1 : undefined),
      truncation_side: request.truncationSide,
    }),
  }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body), ...decodeVllmOptions(body) }),
  encodeReply: (reply) => ({
    ...present({ id: reply.id, model: reply.model, usage: tokenUsage(reply.tokens) }),
    results: reply.results.map(({ index, score, document }) => ({
      index,
      document: { text: document === undefined ? null : textOf(document) },
      relevance_score: score,
    })),
  }),
  decodeReply: (body) => readReply(body, { dialect: "vllm", list: "results", score: "relevance_score", document: ["document", readText] }),
  encodeError: encodeVllmError,
  decodeError: messageInBody,
};

/** The server as an engine. @see https://docs.litellm.ai/docs/providers/vllm for the variables */
export const vllmEngine: Engine = {
  codec: vllm,
  prefixes: ["vllm", "hosted_vllm"],
  keyVariables: ["HOSTED_VLLM_API_KEY", "VLLM_API_KEY"],
  baseUrlVariables: ["HOSTED_VLLM_API_BASE"],
  path: "/rerank",
  owner: "vllm",
  refusesLongPairs: true,
};

/** The vendor of the ranking and the scoring paths. */
export const vllmVendor: Vendor = {
  name: "vLLM",
  description: "Base URL /vllm, /vllm/v1 or /vllm/v2",
  prefix: "vllm",
  otherPaths: { alive: ["/vllm/health", "/vllm/ping"], models: ["/vllm/v1/models"] },
};

/** Schemas of {@link VllmOptions}. */
export function vllmOptionSchemas(): typeof cutting & typeof activating & { model: typeof name; max_tokens_per_doc: typeof count } {
  return { model: name, ...cutting, ...activating, max_tokens_per_doc: count };
}

/** The dialect for the server. */
export const vllmDialect: RankingDialect<VllmRequestBody> = {
  codec: vllm,
  vendor: vllmVendor,
  paths: [
    { path: "/vllm/rerank", usedBy: "base URL `http://HOST/vllm`" },
    { path: "/vllm/v1/rerank", usedBy: "base URL `http://HOST/vllm/v1`" },
    { path: "/vllm/v2/rerank", usedBy: "base URL `http://HOST/vllm/v2`" },
  ],
  schemas: () => ({
    request: z.object({ query: querySchema, documents, top_n: limit, top_k: limit, ...vllmOptionSchemas() }),
    reply: z.looseObject({ results: z.array(z.object({ ...relevance, document: wrapped })), usage }),
    error: nestedError,
  }),
};

/** Reads {@link VllmOptions} except the model. */
export function decodeVllmOptions(body: VllmOptions): Pick<WireRequest, "rawScores" | "truncate" | "maxTokens" | "truncationSide"> {
  const activation = body.use_activation ?? body.activation ?? undefined;
  const limit = body.truncate_prompt_tokens ?? undefined;
  return present({
    rawScores: activation === undefined ? undefined : !activation,
    truncate: limit === -1 ? true : undefined,
    maxTokens: limit !== undefined && limit >= 1 ? limit : undefined,
    truncationSide: body.truncation_side,
  });
}

// vLLM defines three of these names. For the others, its handler writes the phrases of Python's http.HTTPStatus.
const errorTypes: Readonly<Record<number, string>> = {
  400: "BadRequestError",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFoundError",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "InternalServerError",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** Writes a failure as `{error: {message, type, param, code}}`. An invalid request gets 400. */
export function encodeVllmError(failure: WireFailure): WireError {
  const status = statusIn({ 422: 400 }, failure);
  return { status, body: { error: { message: failure.message, type: typeIn(errorTypes, status), param: null, code: status } } };
}
