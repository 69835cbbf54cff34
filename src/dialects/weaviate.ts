/** Weaviate's `reranker-transformers` container: `POST /rerank`. No model, no limit, and scores come in the order of the documents. */
import * as z from "zod/mini";
import type { Codec, WireResult } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts, readText, textOf } from "./documents.ts";
import { messageInBody } from "./error-bodies.ts";
import { readReply } from "./reply-checks.ts";
import { querySchema, text, texts } from "./schema-parts.ts";

/** A request. */
export interface WeaviateRequestBody {
  query: string;
  documents: readonly string[];
  /** A single text that is scored where there are no documents; Weaviate always sends it empty. */
  property: string;
}

/** A reply. */
export interface WeaviateReplyBody {
  query: string;
  scores: { document: string; score: number }[];
}

/**
 * Weaviate takes the n-th score for the n-th document, and reads `error`, a text, of a failure.
 *
 * @see https://github.com/weaviate/weaviate `modules/reranker-transformers/clients/` at 1e25081
 * @see https://github.com/weaviate/reranker-transformers `app.py` and `crossencoder.py` at 0203507
 */
const weaviate: Codec<WeaviateRequestBody, WeaviateReplyBody> = {
  name: "weaviate",
  requestFields: new Map(),
  documentsKey: "documents",
  otherKeys: ["property"],
  replyFields: new Set(["document"]),
  takesObjects: false,
  echoesByDefault: true,
  scoresAreLogits: false,
  encodeRequest: ({ query, documents }) => ({ query, documents: onlyTexts(documents, "weaviate"), property: "" }),
  decodeRequest: ({ query, documents }) => ({ query, documents }),
  encodeReply: ({ results }, request) => ({
    query: request?.query ?? "",
    scores: inInputOrder(results).map(({ score, document = "" }) => ({ document: textOf(document), score })),
  }),
  decodeReply: (body) =>
    readReply(body, {
      dialect: "weaviate",
      list: "scores",
      score: "score",
      document: ["document", readText],
      indexOf: (_, index) => index,
    }),
  encodeError: ({ status, message }) => ({ status, body: { error: message } }),
  decodeError: messageInBody,
};

/** The dialect for the server. */
export const weaviateDialect: RankingDialect<WeaviateRequestBody> = {
  codec: weaviate,
  vendor: {
    name: "Weaviate",
    description: "RERANKER_INFERENCE_API at the root, or /weaviate",
    prefix: "weaviate",
    otherPaths: {
      alive: ["/.well-known/live", "/weaviate/.well-known/live"],
      ready: ["/.well-known/ready", "/weaviate/.well-known/ready"],
      info: ["/meta", "/weaviate/meta"],
    },
  },
  paths: [
    { path: "/rerank", usedBy: "with `property` Weaviate", isMeant: isWeaviates },
    { path: "/weaviate/rerank", usedBy: "`RERANKER_INFERENCE_API=http://HOST/weaviate`" },
  ],
  isUnmistakable: isWeaviates,
  schemas: () => ({
    request: z.object({
      query: querySchema,
      documents: texts,
      // Others' clients do not send it, and could not read the reply.
      property: text,
    }),
    reply: z.looseObject({ query: text, scores: z.array(z.object({ document: text, score: z.number() })) }),
    error: z.object({ error: text }),
  }),
};

/** Results in the order of the request, not by rank. */
export function inInputOrder(results: readonly WireResult[]): WireResult[] {
  return [...results].sort((left, right) => left.index - right.index);
}

function isWeaviates(body: object): boolean {
  return "property" in body && "documents" in body;
}
