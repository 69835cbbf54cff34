/** What our own `/v1/rerank` speaks: the words of all dialects that have this path, so that any of their clients is understood. */
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
  /** 0 means all, as in vLLM. */
  top_n?: Maybe<number>;
  /** Read as `top_n`, where that is not there. */
  top_k?: Maybe<number>;
  return_documents?: Maybe<boolean>;
  rank_fields?: Maybe<readonly string[]>;
  /** Infinity's. */
  raw_scores?: Maybe<boolean>;
  /** vLLM's; false means `raw_scores`. */
  use_activation?: Maybe<boolean>;
  /** `use_activation` in older versions of vLLM. */
  activation?: Maybe<boolean>;
  /** vLLM's; −1 means what the model reads. */
  truncate_prompt_tokens?: Maybe<number>;
  /** vLLM's. */
  truncation_side?: Maybe<"left" | "right">;
  /** Jina's. */
  truncation?: Maybe<boolean>;
  /** vLLM's and Cohere v2's. */
  max_tokens_per_doc?: Maybe<number>;
  /** Jina's word for `max_tokens_per_doc`. */
  max_doc_length?: Maybe<number>;
  /** Cohere v1's; has no meaning here. */
  max_chunks_per_doc?: Maybe<number>;
}

/** A reply: Jina's and Cohere v1's in one. */
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
 * A crossrank server as an engine, with the limits of a server that was started with nothing else (`src/server/options.ts`). A pool speaks
 * crossrank's own format with it, at `/rerank`.
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

/** As the server speaks it. */
export const unionDialect: RankingDialect<UnionRequestBody> = {
  codec: union,
  vendor: { name: "Several vendors", description: "What clients of Jina, Cohere v1, LiteLLM, LocalAI, Xinference and vLLM have in common" },
  otherVendors: [liteLlm],
  paths: [
    {
      path: "/rerank",
      usedBy: "with `model`, `top_n` or another word of theirs beside the documents vLLM, Infinity, llama.cpp and Jina clients",
      isMeant: saysUnionWords,
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

/** Raw scores in vLLM's words; Infinity's, where they are there too, count. */
function decodeActivation({ use_activation, activation }: UnionRequestBody): { rawScores?: boolean } {
  const isActivated = use_activation ?? activation ?? undefined;
  return isActivated === undefined ? {} : { rawScores: !isActivated };
}

/**
 * Whether a body at our own path has a word that only clients of other rerankers write beside the documents. `top_k` and `truncation` there
 * belong into our own `config`.
 */
function saysUnionWords(body: object): boolean {
  if ("texts" in body || "config" in body) return false;
  const words = [...union.requestFields.values()].flat().filter((key) => key !== "top_k" && key !== "truncation");
  return [...words, "max_chunks_per_doc", "max_tokens_per_query", "priority", "user"].some((key) => key in body);
}
