/** Cohere's API, version 1: `POST /v1/rerank`. */
import * as z from "zod/mini";
import type { Codec, Maybe, WireDocument } from "./codec.ts";
import { type CohereMeta, cohere, cohereError, cohereMeta } from "./cohere.ts";
import type { RankingDialect, Vendor } from "./definition.ts";
import { readWrapped, wrapText } from "./documents.ts";
import { messageInBody } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { spelledAs, usualSpelling } from "./request-fields.ts";
import { type RelevanceResult, relevanceResults } from "./results.ts";
import { cohereMetaSchema, common, count, documents, echoed, flag, messageError, names, optionalText, relevance } from "./schema-parts.ts";

/** A request. */
export interface CohereV1RequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly WireDocument[];
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
  rank_fields?: Maybe<readonly string[]>;
  return_documents?: Maybe<boolean>;
  /** A number of chunks. Ignored here: documents are not split into chunks. */
  max_chunks_per_doc?: Maybe<number>;
}

/** A reply. */
export interface CohereV1ReplyBody {
  id?: string;
  results: RelevanceResult<{ readonly [key: string]: unknown }>[];
  meta: CohereMeta;
}

const fields = spelledAs<CohereV1RequestBody>(usualSpelling);

/** @see https://github.com/cohere-ai/cohere-developer-experience `cohere-openapi.yaml` at e814c8a */
export const cohereV1: Codec<CohereV1RequestBody, CohereV1ReplyBody> = {
  name: "cohere-v1",
  requestFields: fields.keys,
  documentsKey: "documents",
  replyFields: new Set(["id", "tokens", "billedUnits", "document"]),
  takesObjects: true,
  echoesByDefault: false,
  scoresAreLogits: false,
  encodeRequest: (request) => ({ ...fields.encode(request), query: request.query, documents: request.documents }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body) }),
  encodeReply: (reply) => ({
    ...present({ id: reply.id }),
    results: relevanceResults(reply.results, wrapText),
    meta: cohereMeta(reply, "1"),
  }),
  decodeReply: (body) =>
    readReply(body, { dialect: "cohere-v1", list: "results", score: "relevance_score", document: ["document", readWrapped] }),
  encodeError: cohereError,
  decodeError: messageInBody,
};

/** @see https://github.com/openvinotoolkit/model_server `src/rerank/rerank_utils.cpp` at 1809f60 */
const openVino: Vendor = {
  name: "OpenVINO Model Server",
  description: "Base URL /v3",
  prefix: "v3",
  otherPaths: { alive: ["/v2/health/live"], ready: ["/v2/health/ready"], models: ["/v3/models"] },
};

/** The dialect for the server. */
export const cohereV1Dialect: RankingDialect<CohereV1RequestBody> = {
  codec: cohereV1,
  vendor: cohere,
  otherVendors: [openVino],
  paths: [
    { path: "/v3/rerank", usedBy: "clients of OpenVINO Model Server" },
    { path: "/cohere/v1/rerank", usedBy: "base URL `http://HOST/cohere`" },
  ],
  schemas: () => ({
    request: z.object({
      ...common,
      documents,
      top_n: count,
      top_k: count,
      rank_fields: names,
      return_documents: flag,
      max_chunks_per_doc: count,
    }),
    reply: z.object({ id: optionalText, results: z.array(z.object({ ...relevance, document: echoed })), meta: cohereMetaSchema }),
    error: messageError,
  }),
};
