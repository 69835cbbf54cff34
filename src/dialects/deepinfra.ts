/** DeepInfra: `POST /v1/inference/MODEL`. A query for each document, and bare scores in the order of the documents. */
import * as z from "zod/mini";
import { RerankError } from "../errors.ts";
import type { Codec, Maybe } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts } from "./documents.ts";
import { messageInBody } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { detailError, name, querySchema, texts } from "./schema-parts.ts";
import { inInputOrder } from "./weaviate.ts";

/** DeepInfra documents no limit: 1,000 keeps a request small. @see https://deepinfra.com/Qwen/Qwen3-Reranker-0.6B/api read 2026-11 */
export const deepInfraLimits: { readonly maxDocuments: number } = { maxDocuments: 1000 };

/** A request. The model is in the path, from where our server puts it here. */
export interface DeepInfraRequestBody {
  model?: Maybe<string>;
  /** As many as documents, or one. */
  queries: readonly string[];
  documents: readonly string[];
  /** What counts as relevant. Ignored here. */
  instruction?: Maybe<string>;
}

/** A reply. */
export interface DeepInfraReplyBody {
  scores: number[];
  input_tokens?: number;
  request_id?: string;
}

/**
 * A request of ours repeats its query, for the service wants as many queries as documents.
 *
 * @see https://deepinfra.com/Qwen/Qwen3-Reranker-0.6B/api read 2026-11
 * @see https://github.com/BerriAI/litellm `litellm/llms/deepinfra/rerank/transformation.py` at 0647d5b
 */
export const deepInfra: Codec<DeepInfraRequestBody, DeepInfraReplyBody> = {
  name: "deepinfra",
  requestFields: new Map(),
  documentsKey: "documents",
  otherKeys: ["queries", "model"],
  replyFields: new Set(["tokens"]),
  takesObjects: false,
  echoesByDefault: false,
  scoresAreLogits: false,
  encodeRequest: ({ query, documents }) => ({
    // One even without documents: else the query would be lost.
    queries: documents.length === 0 ? [query] : documents.map(() => query),
    documents: onlyTexts(documents, "deepinfra"),
  }),
  decodeRequest: ({ queries, documents, model }) => ({ query: onlyQuery(queries), documents, ...present({ model }) }),
  encodeReply: ({ id, tokens, results }) => ({
    scores: inInputOrder(results).map(({ score }) => score),
    ...present({ input_tokens: tokens, request_id: id }),
  }),
  decodeReply: (body) => readReply(body, { dialect: "deepinfra", list: "scores", indexOf: (_, index) => index }),
  encodeError: ({ status, message }) => ({ status, body: { detail: message } }),
  decodeError: messageInBody,
};

/** The dialect for the server. */
export const deepInfraDialect: RankingDialect<DeepInfraRequestBody> = {
  codec: deepInfra,
  vendor: { name: "DeepInfra", description: "Base URL /deepinfra/v1", prefix: "deepinfra" },
  paths: [{ path: "/deepinfra/v1/inference/{model}", usedBy: "base URL `http://HOST/deepinfra/v1`, with one query a request" }],
  schemas: () => ({
    request: z.object({ model: name, queries: z.array(querySchema), documents: texts, instruction: name }),
    reply: z.looseObject({ scores: z.array(z.number()) }),
    error: detailError,
  }),
};

function onlyQuery(queries: readonly string[]): string {
  const [query] = queries;
  if (query !== undefined && queries.every((other) => other === query)) return query;
  const what = query === undefined ? "is empty" : "holds different queries, and this server ranks by one";
  throw new RerankError("invalid-input", `queries: ${what}. Repeat one query, and send a request for each.`);
}
