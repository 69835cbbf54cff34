/** Jina's API: `POST /v1/rerank`. */
import * as z from "zod/mini";
import type { Codec, Maybe, WireDocument, WireIssue } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts, readWrapped, wrapText } from "./documents.ts";
import { messageInBody } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { limitKeys, spelledAs } from "./request-fields.ts";
import { type RelevanceResult, relevanceResults } from "./results.ts";
import { cohereMetaSchema, common, count, documents, echoed, flag, optionalText, relevance, text, usage } from "./schema-parts.ts";

/** Our limit: Jina documents none, and smaller requests lose less if one fails. @see https://jina.ai/reranker */
export const jinaLimits: { readonly maxDocuments: number } = { maxDocuments: 1000 };

/** A request. Jina requires `model`, and the only objects that it accepts are `{text}` and `{image}`. */
export interface JinaRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly WireDocument[];
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
  return_documents?: Maybe<boolean>;
  truncation?: Maybe<boolean>;
  /** Maximum tokens of one document; jina-reranker-v3 only. */
  max_doc_length?: Maybe<number>;
  /** jina-reranker-v3 only. Ignored here. */
  return_embeddings?: Maybe<boolean>;
}

/** A reply. */
export interface JinaReplyBody {
  model?: string;
  object: "list";
  usage?: { total_tokens: number };
  results: RelevanceResult<{ readonly [key: string]: unknown }>[];
}

const fields = spelledAs<JinaRequestBody>({
  model: "model",
  topK: limitKeys,
  returnDocuments: "return_documents",
  truncate: "truncation",
  maxTokensPerDocument: "max_doc_length",
});

// Only these codes are certain. Other failures get no code.
const codes: Readonly<Record<number, string>> = { 401: "AUTH_INVALID_API_KEY", 429: "RATE_REQUEST_LIMIT_EXCEEDED" };

/** @see https://github.com/tryAGI/Jina `src/libs/Jina/openapi.json` at 2a3f424, a copy of Jina's specification */
export const jina: Codec<JinaRequestBody, JinaReplyBody> = {
  name: "jina",
  requestFields: fields.keys,
  documentsKey: "documents",
  replyFields: new Set(["model", "tokens", "document"]),
  takesObjects: false,
  echoesByDefault: true,
  scoresAreLogits: false,
  encodeRequest: (request) => ({ ...fields.encode(request), query: request.query, documents: onlyTexts(request.documents, "jina") }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body) }),
  encodeReply: ({ model, tokens, results }) => ({
    ...present({ model, usage: tokens === undefined ? undefined : { total_tokens: tokens } }),
    object: "list",
    results: relevanceResults(results, wrapText),
  }),
  decodeReply: (body) =>
    readReply(body, { dialect: "jina", list: "results", score: "relevance_score", document: ["document", readWrapped] }),
  encodeError: ({ status, message, requestId, issues }) => ({
    status,
    body: present({ code: codes[status], detail: message, errors: issues?.map(fieldError), request_id: requestId }),
  }),
  decodeError: messageInBody,
};

/** The dialect for the server. */
export const jinaDialect: RankingDialect<JinaRequestBody> = {
  codec: jina,
  vendor: { name: "Jina", description: "Base URL /jina/v1", prefix: "jina" },
  paths: [{ path: "/jina/v1/rerank", usedBy: "base URL `http://HOST/jina/v1`" }],
  schemas: () => ({
    request: z.object({
      ...common,
      documents,
      top_n: count,
      top_k: count,
      return_documents: flag,
      truncation: flag,
      max_doc_length: count,
      return_embeddings: flag,
    }),
    reply: z.looseObject({
      id: optionalText,
      model: optionalText,
      results: z.array(z.object({ ...relevance, document: echoed })),
      usage,
      meta: z.optional(cohereMetaSchema),
    }),
    error: z.looseObject({ detail: text, errors: z.optional(z.array(z.looseObject({ field: text, message: text, type: text }))) }),
  }),
};

function fieldError({ path, message, type }: WireIssue): object {
  return { field: path.join("."), message, type };
}
