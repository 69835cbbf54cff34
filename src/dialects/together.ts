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

/** Together documents no limit: 1,000 keeps a request small. @see https://docs.together.ai/reference/rerank-1 */
export const togetherLimits: { readonly maxDocuments: number } = { maxDocuments: 1000 };

/** A request; Together requires `model`, and reads all keys of objects where there are no `rank_fields`. */
export interface TogetherRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly WireDocument[];
  top_n?: Maybe<number>;
  /** Read as `top_n`, where that is not there. */
  top_k?: Maybe<number>;
  return_documents?: Maybe<boolean>;
  rank_fields?: Maybe<readonly string[]>;
}

/** A reply. */
export interface TogetherReplyBody {
  object: "rerank";
  id?: string;
  model?: string;
  /** A document is always there: its text, or the JSON of an object; null where the reply has none. */
  results: { index: number; relevance_score: number; document: { text: string | null } }[];
  usage?: TokenUsage & { completion_tokens: number };
}

const fields = spelledAs<TogetherRequestBody>(usualSpelling);

/**
 * An object comes back as JSON in a text, and stays a text when it is decoded: nothing tells it from a document that was such a text.
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

/** As the server speaks it. */
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

// The specification types them as text and lists none; these are OpenAI's words.
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
