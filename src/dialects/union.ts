/** The dialect of `/v1/rerank`: it has the fields of all dialects with this path, so the clients of all of them can use it. */
import * as z from "zod/mini";
import type { Codec, Maybe, WireDocument } from "./codec.ts";
import { type CohereMeta, cohereMeta } from "./cohere.ts";
import type { RankingDialect, Vendor } from "./definition.ts";
import { readWrapped, wrapText } from "./documents.ts";
import type { Engine } from "./engine.ts";
import { messageInBody } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { spelledAs, usualSpelling } from "./request-fields.ts";
import { type RelevanceResult, relevanceResults, type TokenUsage, tokenUsage } from "./results.ts";
import {
  activating,
  cohereMetaSchema,
  common,
  count,
  cutting,
  documents,
  echoed,
  flag,
  limit,
  names,
  optionalText,
  relevance,
  text,
  usage,
} from "./schema-parts.ts";

/** A request of Cohere v1, Jina, vLLM, Infinity, llama.cpp, LocalAI, Xinference or LiteLLM. */
export interface UnionRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly WireDocument[];
  /** 0 means all, as for vLLM. */
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
  return_documents?: Maybe<boolean>;
  rank_fields?: Maybe<readonly string[]>;
  /** Infinity's. */
  raw_scores?: Maybe<boolean>;
  /** vLLM's; false means `raw_scores`. */
  use_activation?: Maybe<boolean>;
  /** `use_activation` in older versions of vLLM. */
  activation?: Maybe<boolean>;
  /** vLLM's. −1 means the model's own limit. */
  truncate_prompt_tokens?: Maybe<number>;
  /** vLLM's. */
  truncation_side?: Maybe<"left" | "right">;
  /** Jina's. */
  truncation?: Maybe<boolean>;
  /** vLLM's and Cohere v2's. */
  max_tokens_per_doc?: Maybe<number>;
  /** Jina's name for `max_tokens_per_doc`. */
  max_doc_length?: Maybe<number>;
  /** Cohere v1's. Ignored here. */
  max_chunks_per_doc?: Maybe<number>;
}

/** A reply: it has the fields of Jina's and of Cohere v1's. */
export interface UnionReplyBody {
  id?: string;
  object: "list";
  model?: string;
  results: RelevanceResult<{ readonly [key: string]: unknown }>[];
  usage?: TokenUsage;
  meta: CohereMeta;
}

const fields = spelledAs<UnionRequestBody>({
  ...usualSpelling,
  rawScores: "raw_scores",
  truncate: "truncation",
  maxTokens: "truncate_prompt_tokens",
  truncationSide: "truncation_side",
  maxTokensPerDocument: ["max_tokens_per_doc", "max_doc_length"],
});

/** Errors have `message` for Cohere's clients and `detail` for Jina's, and keep crossrank's status and code. */
export const union: Codec<UnionRequestBody, UnionReplyBody> = {
  name: "union",
  requestFields: new Map([...fields.keys, ["rawScores", ["raw_scores", "use_activation", "activation"]]]),
  documentsKey: "documents",
  replyFields: new Set(["id", "model", "tokens", "billedUnits", "document"]),
  takesObjects: true,
  echoesByDefault: true,
  scoresAreLogits: false,
  encodeRequest: (request) => ({ ...fields.encode(request), query: request.query, documents: request.documents }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...decodeActivation(body), ...fields.decode(body) }),
  encodeReply: (reply) => ({
    ...present({ id: reply.id, model: reply.model, usage: tokenUsage(reply.tokens) }),
    object: "list",
    results: relevanceResults(reply.results, wrapText),
    meta: cohereMeta(reply, "1"),
  }),
  decodeReply: (body) =>
    readReply(body, { dialect: "union", list: "results", score: "relevance_score", document: ["document", readWrapped] }),
  encodeError: ({ status, code, message, requestId }) => ({
    status,
    body: { message, detail: message, code, ...present({ request_id: requestId }) },
  }),
  decodeError: messageInBody,
};

const liteLlm: Vendor = {
  name: "LiteLLM",
  description: "Base URL /litellm",
  prefix: "litellm",
  otherPaths: { alive: ["/litellm/health/liveliness"], ready: ["/litellm/health/readiness"], models: ["/litellm/v1/models"] },
};

/**
 * A crossrank server as an engine, with the server's default limits (`src/server/options.ts`). A pool uses crossrank's native format, at
 * `/rerank`.
 */
export const crossrankEngine: Engine = {
  codec: union,
  prefixes: ["crossrank"],
  keyVariables: ["CROSSRANK_API_KEY"],
  path: "/rerank",
  isAtRoot: true,
  limits: { maxDocuments: 1024, maxBodyBytes: 16 * 2 ** 20 },
  informationPath: "/info",
  owner: "crossrank",
};

/** The dialect for the server. */
export const unionDialect: RankingDialect<UnionRequestBody> = {
  codec: union,
  vendor: { name: "Several vendors", description: "What clients of Jina, Cohere v1, LiteLLM, LocalAI, Xinference and vLLM have in common" },
  otherVendors: [liteLlm],
  paths: [
    {
      path: "/rerank",
      usedBy:
        "with `model`, `top_n` or any other word that is not crossrank's beside the documents vLLM, Infinity, llama.cpp and Jina clients",
      isMeant: isForeign,
    },
    { path: "/v1/rerank", usedBy: "Jina, Cohere v1, LiteLLM, LocalAI, Xinference, vLLM" },
    { path: "/litellm/rerank", usedBy: "LiteLLM's routes `cohere`, `jina_ai`, `hosted_vllm`" },
    { path: "/litellm/v1/rerank", usedBy: "the same" },
    { path: "/litellm/v2/rerank", usedBy: "the same" },
  ],
  schemas: () => ({
    request: z.object({
      ...common,
      documents,
      top_n: limit,
      top_k: limit,
      return_documents: flag,
      rank_fields: names,
      raw_scores: flag,
      ...activating,
      ...cutting,
      truncation: flag,
      max_tokens_per_doc: count,
      max_doc_length: count,
      max_chunks_per_doc: count,
    }),
    reply: z.looseObject({
      id: optionalText,
      model: optionalText,
      results: z.array(z.object({ ...relevance, document: echoed })),
      usage,
      meta: z.optional(cohereMetaSchema),
    }),
    error: z.looseObject({ message: text, detail: text, code: text }),
  }),
};

/** Reads vLLM's keys for raw scores. Infinity's `raw_scores` overrides them. */
function decodeActivation({ use_activation, activation }: UnionRequestBody): { rawScores?: boolean } {
  const isActivated = use_activation ?? activation ?? undefined;
  return isActivated === undefined ? {} : { rawScores: !isActivated };
}

/**
 * Keys of our own `config` that no other reranker has. Beside the documents they are a mistake in our own format, which names their place.
 */
export const ownWords: ReadonlySet<string> = new Set([
  ...["top_k", "topK", "threshold", "truncation", "truncationSide", "max_length", "maxLength", "instruction", "fields", "return"],
  ...["on_error", "onError", "batch_size", "batchSize", "max_rerank_duration_secs", "maxRerankDurationSecs"],
]);

/** Whether a body at our own path has a key beside query and documents that neither we nor TEI, llama.cpp or Weaviate have there. */
function isForeign(body: object): boolean {
  if (!("documents" in body) || ["config", "texts", "property"].some((key) => key in body)) return false;
  return Object.keys(body).some((key) => key !== "query" && key !== "documents" && !ownWords.has(key));
}
