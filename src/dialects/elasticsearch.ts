/** Elasticsearch's inference service `hugging_face` with task type `rerank`: a body like Cohere's, and the reply is a bare list. */
import * as z from "zod/mini";
import type { Codec, Maybe } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts, readText } from "./documents.ts";
import { messageInBody } from "./error-bodies.ts";
import { readReply } from "./reply-checks.ts";
import { limitKeys, spelledAs } from "./request-fields.ts";
import { bareResults, count, flag, querySchema, text, texts } from "./schema-parts.ts";
import { type TeiResult, teiResults } from "./tei.ts";

/** A request. */
export interface ElasticsearchRequestBody {
  documents: readonly string[];
  query: string;
  return_documents?: Maybe<boolean>;
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
  /** Chunks, not tokens: has no meaning here, where a document is cut or read whole. */
  max_chunks_per_doc?: Maybe<number>;
}

const fields = spelledAs<ElasticsearchRequestBody>({ topK: limitKeys, returnDocuments: "return_documents" });

/**
 * Elasticsearch refuses a result with a key that it does not know, so there are none beside `index`, `score` and `text`. Of a failure it
 * reads `error`, a text.
 *
 * @see https://github.com/elastic/elasticsearch `x-pack/plugin/inference/src/main/java/org/elasticsearch/xpack/inference/services/huggingface/`:
 *   `request/rerank/HuggingFaceRerankRequestEntity.java` at 32f73f1, `response/HuggingFaceRerankResponseEntity.java` at 4d9ec59 and
 *   `response/HuggingFaceErrorResponseEntity.java` at 8b0d918
 */
const elasticsearch: Codec<ElasticsearchRequestBody, TeiResult[]> = {
  name: "elasticsearch",
  requestFields: fields.keys,
  documentsKey: "documents",
  replyFields: new Set(["document"]),
  takesObjects: false,
  echoesByDefault: false,
  scoresAreLogits: false,
  encodeRequest: (request) => ({
    documents: onlyTexts(request.documents, "elasticsearch"),
    query: request.query,
    ...fields.encode(request),
  }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body) }),
  encodeReply: (reply) => teiResults(reply.results),
  decodeReply: (body) => readReply(body, { dialect: "elasticsearch", score: "score", document: ["text", readText] }),
  encodeError: ({ status, message }) => ({ status, body: { error: message } }),
  decodeError: messageInBody,
};

/** The dialect for the server. */
export const elasticsearchDialect: RankingDialect<ElasticsearchRequestBody> = {
  codec: elasticsearch,
  vendor: { name: "Elasticsearch", description: "URL /elasticsearch/rerank", prefix: "elasticsearch" },
  paths: [{ path: "/elasticsearch/rerank", usedBy: "service `hugging_face` with `url: http://HOST/elasticsearch/rerank`" }],
  schemas: () => ({
    request: z.object({
      documents: texts,
      query: querySchema,
      return_documents: flag,
      top_n: count,
      top_k: count,
      max_chunks_per_doc: count,
      // Elasticsearch never names one. Who does expects an object, and may take this list for an empty one.
      model: z.optional(z.never({ error: "Elasticsearch's requests name no model; other clients cannot read its replies" })),
    }),
    reply: bareResults,
    error: z.object({ error: text }),
  }),
};
