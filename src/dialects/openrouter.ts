/** OpenRouter: `POST /api/v1/rerank`. Each result has its document. */
import * as z from "zod/mini";
import type { Codec, Maybe, WireDocument } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts, readText, textOf } from "./documents.ts";
import { messageInBody, statusIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { limitKeys, spelledAs } from "./request-fields.ts";
import { type RelevanceResult, relevanceResults } from "./results.ts";
import { common, count, documents, nestedError, optionalText, relevance, wrapped } from "./schema-parts.ts";

/** Each host of a model sets its own limits. Cohere recommends at most 1,000 documents. */
export const openRouterLimits: { readonly maxDocuments: number } = { maxDocuments: 1000 };

/** A request; OpenRouter requires `model`. Objects may have an image, which has no meaning here. */
export interface OpenRouterRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly WireDocument[];
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
}

/** A reply. */
export interface OpenRouterReplyBody {
  id?: string;
  model?: string;
  results: RelevanceResult<{ text: string }>[];
  usage?: { total_tokens?: number; search_units?: number };
}

const fields = spelledAs<OpenRouterRequestBody>({ model: "model", topK: limitKeys });

/** @see npm `@openrouter/sdk` 1.3.19, `esm/models/operations/creatererank.js` and `esm/models/errors/` */
export const openRouter: Codec<OpenRouterRequestBody, OpenRouterReplyBody> = {
  name: "openrouter",
  requestFields: fields.keys,
  documentsKey: "documents",
  replyFields: new Set(["id", "model", "tokens", "billedUnits", "document"]),
  takesObjects: false,
  echoesByDefault: true,
  scoresAreLogits: false,
  encodeRequest: (request) => ({
    ...fields.encode(request),
    query: request.query,
    documents: onlyTexts(request.documents, "openrouter"),
  }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body) }),
  encodeReply: ({ id, model, tokens, billedUnits, results }) => ({
    ...present({ id, model }),
    results: relevanceResults(results, (document) => ({ text: textOf(document) })),
    usage: present({ total_tokens: tokens, search_units: billedUnits }),
  }),
  decodeReply: (body) =>
    readReply(body, { dialect: "openrouter", list: "results", score: "relevance_score", document: ["document", readText] }),
  encodeError: (failure) => {
    const status = statusIn({ 422: 400 }, failure);
    return { status, body: { error: { code: status, message: failure.message } } };
  },
  decodeError: messageInBody,
};

/** The dialect for the server. */
export const openRouterDialect: RankingDialect<OpenRouterRequestBody> = {
  codec: openRouter,
  vendor: { name: "OpenRouter", description: "Base URL /openrouter/api/v1", prefix: "openrouter" },
  paths: [{ path: "/openrouter/api/v1/rerank", usedBy: "base URL `http://HOST/openrouter/api/v1`" }],
  schemas: () => ({
    request: z.object({ ...common, documents, top_n: count, top_k: count }),
    reply: z.looseObject({
      id: optionalText,
      model: optionalText,
      results: z.array(z.object({ ...relevance, document: z.optional(wrapped) })),
    }),
    error: nestedError,
  }),
};
