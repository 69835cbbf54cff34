/** LocalAI: `POST /v1/rerank`. */
import * as z from "zod/mini";
import type { Codec, Maybe, WireDocument } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts, readText, textOf } from "./documents.ts";
import type { Engine } from "./engine.ts";
import { messageInBody, statusIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { limitKeys, spelledAs } from "./request-fields.ts";
import { type RelevanceResult, relevanceResults, type TokenUsage, tokenUsage } from "./results.ts";
import { common, documents, limit, name, nestedError, relevance, usage, wrapped } from "./schema-parts.ts";

/** A request. LocalAI itself accepts only texts. */
export interface LocalAiRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly WireDocument[];
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
  /** Ignored here. */
  backend?: Maybe<string>;
}

/** A reply. */
export interface LocalAiReplyBody {
  model?: string;
  usage?: TokenUsage;
  results: RelevanceResult<{ text: string }>[];
}

const fields = spelledAs<LocalAiRequestBody>({ model: "model", topK: limitKeys });

/** @see https://github.com/mudler/LocalAI `core/schema/jina.go` and `core/http/app.go` at 82c191a */
export const localAi: Codec<LocalAiRequestBody, LocalAiReplyBody> = {
  name: "localai",
  requestFields: fields.keys,
  documentsKey: "documents",
  replyFields: new Set(["model", "tokens", "document"]),
  takesObjects: false,
  echoesByDefault: true,
  scoresAreLogits: false,
  encodeRequest: (request) => ({ ...fields.encode(request), query: request.query, documents: onlyTexts(request.documents, "localai") }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body) }),
  encodeReply: ({ model, tokens, results }) => ({
    ...present({ model, usage: tokenUsage(tokens) }),
    results: relevanceResults(results, (document) => ({ text: textOf(document) })),
  }),
  decodeReply: (body) =>
    readReply(body, { dialect: "localai", list: "results", score: "relevance_score", document: ["document", readText] }),
  encodeError: (failure) => {
    const status = statusIn({ 422: 400 }, failure);
    // LocalAI's error handler writes an empty type.
    return { status, body: { error: { code: status, message: failure.message, type: "" } } };
  },
  decodeError: messageInBody,
};

/** The server as an engine. @see https://localai.io/features/reranker/ */
export const localAiEngine: Engine = {
  codec: localAi,
  prefixes: ["localai"],
  keyVariables: ["LOCALAI_API_KEY"],
  path: "/v1/rerank",
  informationPath: "/v1/models",
  needsModel: true,
};

/** The dialect for the server. */
export const localAiDialect: RankingDialect<LocalAiRequestBody> = {
  codec: localAi,
  vendor: {
    name: "LocalAI",
    description: "Base URL /localai/v1",
    prefix: "localai",
    otherPaths: { alive: ["/localai/healthz"], ready: ["/localai/readyz"], models: ["/localai/v1/models"] },
  },
  paths: [{ path: "/localai/v1/rerank", usedBy: "base URL `http://HOST/localai/v1`" }],
  schemas: () => ({
    request: z.object({ ...common, documents, top_n: limit, top_k: limit, backend: name }),
    reply: z.looseObject({ results: z.array(z.object({ ...relevance, document: z.optional(wrapped) })), usage }),
    error: nestedError,
  }),
};
