/** Together's API: `POST /v1/rerank`. */
import * as z from "zod/mini";
import type { Codec, Maybe, WireDocument, WireError, WireFailure } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { readText } from "./documents.ts";
import { messageInBody, statusIn, typeIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { spelledAs, usualSpelling } from "./request-fields.ts";
import { type TokenUsage, tokenUsage } from "./results.ts";
import { common, count, documents, flag, names, nestedError, relevance, usage, wrapped } from "./schema-parts.ts";

/** Our limit: Together documents none. @see https://docs.together.ai/reference/rerank-1 */
export const togetherLimits: { readonly maxDocuments: number } = { maxDocuments: 1000 };

/** A request. Together requires `model`. Without `rank_fields` it reads all keys of object documents. */
export interface TogetherRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly WireDocument[];
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
  return_documents?: Maybe<boolean>;
  rank_fields?: Maybe<readonly string[]>;
}

/** A reply. */
export interface TogetherReplyBody {
  object: "rerank";
  id?: string;
  model?: string;
  /** `document` is always present: its text, or the JSON of an object; null if documents are not returned. */
  results: { index: number; relevance_score: number; document: { text: string | null } }[];
  usage?: TokenUsage & { completion_tokens: number };
}

const fields = spelledAs<TogetherRequestBody>(usualSpelling);

/**
 * A reply contains objects as JSON texts. Decoding leaves them texts, because a document may have been such a text.
 *
 * @see https://github.com/togethercomputer/openapi `openapi.yaml` at 090263a
 */
export const together: Codec<TogetherRequestBody, TogetherReplyBody> = {
  name: "together",
  requestFields: fields.keys,
  documentsKey: "documents",
  replyFields: new Set(["id", "model", "tokens", "document"]),
  takesObjects: true,
  echoesByDefault: false,
  scoresAreLogits: false,
  encodeRequest: (request) => ({ ...fields.encode(request), query: request.query, documents: request.documents }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body) }),
  encodeReply: ({ id, model, tokens, results }) => {
    const usage = tokenUsage(tokens);
    return {
      object: "rerank",
      ...present({ id, model, usage: usage === undefined ? undefined : { ...usage, completion_tokens: 0 } }),
      results: results.map(({ index, score, document }) => ({ index, relevance_score: score, document: { text: echoOf(document) } })),
    };
  },
  decodeReply: (body) =>
    readReply(body, { dialect: "together", list: "results", score: "relevance_score", document: ["document", readText] }),
  encodeError,
  decodeError: messageInBody,
};

/** The dialect for the server. */
export const togetherDialect: RankingDialect<TogetherRequestBody> = {
  codec: together,
  vendor: { name: "Together AI", description: "Base URL /together/v1", prefix: "together" },
  paths: [{ path: "/together/v1/rerank", usedBy: "base URL `http://HOST/together/v1`; in Python `http://HOST/together`" }],
  objectFields: "all",
  schemas: () => ({
    request: z.object({ ...common, documents, top_n: count, top_k: count, return_documents: flag, rank_fields: names }),
    reply: z.looseObject({ object: z.literal("rerank"), results: z.array(z.object({ ...relevance, document: wrapped })), usage }),
    error: nestedError,
  }),
};

function echoOf(document: WireDocument | undefined): string | null {
  return typeof document === "object" ? JSON.stringify(document) : (document ?? null);
}

// The specification allows any text and lists no types. These are OpenAI's.
const errorTypes: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  429: "rate_limit_error",
  500: "server_error",
};

function encodeError(failure: WireFailure): WireError {
  const status = statusIn({ 422: 400 }, failure);
  return { status, body: { error: { message: failure.message, type: typeIn(errorTypes, status), param: null, code: null } } };
}
