/** Fireworks AI: `POST /inference/v1/rerank`. Results are under `data`, as Voyage has them, and the limit is called `top_n`. */
import * as z from "zod/mini";
import type { Codec, Maybe } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts, readText, textOf } from "./documents.ts";
import { messageInBody, statusIn, typeIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { limitKeys, spelledAs } from "./request-fields.ts";
import { type RelevanceResult, relevanceResults, type TokenUsage, tokenUsage } from "./results.ts";
import { common, count, flag, name, nestedError, optionalText, relevance, texts, usage } from "./schema-parts.ts";

/** Fireworks documents no limit: 1,000 keeps a request small. @see https://docs.fireworks.ai/api-reference/rerank-documents read 2026-11 */
export const fireworksLimits: { readonly maxDocuments: number } = { maxDocuments: 1000 };

/** A request. */
export interface FireworksRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly string[];
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
  return_documents?: Maybe<boolean>;
  /** What counts as relevant. Ignored here. */
  task?: Maybe<string>;
}

/** A reply. */
export interface FireworksReplyBody {
  object: "list";
  model?: string;
  data: RelevanceResult<string>[];
  usage?: TokenUsage;
}

const fields = spelledAs<FireworksRequestBody>({ model: "model", topK: limitKeys, returnDocuments: "return_documents" });
const errorTypes: Readonly<Record<number, string>> = { 400: "invalid_request_error", 401: "authentication_error", 500: "server_error" };

/** @see https://docs.fireworks.ai/api-reference/rerank-documents read 2026-11 */
export const fireworks: Codec<FireworksRequestBody, FireworksReplyBody> = {
  name: "fireworks",
  requestFields: fields.keys,
  documentsKey: "documents",
  replyFields: new Set(["model", "tokens", "document"]),
  takesObjects: false,
  echoesByDefault: true,
  scoresAreLogits: false,
  encodeRequest: (request) => ({
    ...fields.encode(request),
    query: request.query,
    documents: onlyTexts(request.documents, "fireworks"),
  }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body) }),
  encodeReply: ({ model, tokens, results }) => ({
    object: "list",
    data: relevanceResults(results, textOf),
    ...present({ model, usage: tokenUsage(tokens) }),
  }),
  decodeReply: (body) =>
    readReply(body, { dialect: "fireworks", list: "data", score: "relevance_score", document: ["document", readText] }),
  encodeError: (failure) => {
    const status = statusIn({ 422: 400 }, failure);
    return { status, body: { error: { object: "error", type: typeIn(errorTypes, status), message: failure.message } } };
  },
  decodeError: messageInBody,
};

/** The dialect for the server. */
export const fireworksDialect: RankingDialect<FireworksRequestBody> = {
  codec: fireworks,
  vendor: { name: "Fireworks AI", description: "Base URL /fireworks/inference/v1", prefix: "fireworks" },
  paths: [{ path: "/fireworks/inference/v1/rerank", usedBy: "base URL `http://HOST/fireworks/inference/v1`" }],
  schemas: () => ({
    request: z.object({ ...common, documents: texts, top_n: count, top_k: count, return_documents: flag, task: name }),
    reply: z.looseObject({
      object: z.literal("list"),
      data: z.array(z.object({ ...relevance, document: optionalText })),
      model: optionalText,
      usage,
    }),
    error: nestedError,
  }),
};
