/** NVIDIA NIM (NeMo Retriever): `POST /v1/ranking`. Requests have no limit of results, replies contain no documents, scores are logits. */
import * as z from "zod/mini";
import type { Codec, Maybe } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts } from "./documents.ts";
import { messageInBody, typeIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { spelledAs } from "./request-fields.ts";
import { index, name, querySchema, text, truncateWordSchema } from "./schema-parts.ts";
import { readTruncateWord, truncateWord } from "./truncate-word.ts";

/** NIM accepts 1 to 512 passages. @see https://docs.nvidia.com/nim/nemo-retriever/reranking/2.4/reference-grpc.html */
export const nimLimits: { readonly maxDocuments: number } = { maxDocuments: 512 };

/** A request. NIM requires `model`. */
export interface NimRequestBody {
  model?: Maybe<string>;
  query: { readonly text: string };
  passages: readonly { readonly text: string }[];
  truncate?: Maybe<"END" | "NONE">;
}

/** A reply. */
export interface NimReplyBody {
  rankings: { index: number; logit: number }[];
}

const fields = spelledAs<NimRequestBody>({ model: "model" });
// We have seen the first type; the second is OpenAI's.
const errorTypes: Readonly<Record<number, string>> = { 400: "invalid_request_error", 500: "server_error" };

/**
 * Errors are `{object: "error", message, detail, type}`: a container answered so in langchain-ai/langchain-nvidia#299. We do not know what
 * `detail` contains there. Here it is the message, for clients that look for FastAPI's key. A pair that is too long was answered with 422
 * there and with 400 in stargate/data-api#2532.
 *
 * @see https://docs.nvidia.com/nim/nemo-retriever/text-reranking/1.11.0/using-reranking.html
 */
export const nim: Codec<NimRequestBody, NimReplyBody> = {
  name: "nim",
  requestFields: new Map([...fields.keys, ["truncate", ["truncate"]]]),
  documentsKey: "passages",
  replyFields: new Set(),
  takesObjects: false,
  echoesByDefault: false,
  scoresAreLogits: true,
  encodeRequest: (request) => ({
    ...fields.encode(request),
    query: { text: request.query },
    passages: onlyTexts(request.documents, "nim").map((text) => ({ text })),
    ...present({ truncate: truncateWord(request.truncate) }),
  }),
  decodeRequest: (body) => ({
    query: body.query.text,
    documents: body.passages.map((passage) => passage.text),
    ...fields.decode(body),
    ...present({ truncate: readTruncateWord(body.truncate) }),
  }),
  encodeReply: (reply) => ({ rankings: reply.results.map(({ index, score }) => ({ index, logit: score })) }),
  decodeReply: (body) => readReply(body, { dialect: "nim", list: "rankings", score: "logit" }),
  encodeError: ({ status, message }) => ({ status, body: { object: "error", message, detail: message, type: typeIn(errorTypes, status) } }),
  decodeError: messageInBody,
};

/** The dialect for the server. */
export const nimDialect: RankingDialect<NimRequestBody> = {
  codec: nim,
  vendor: {
    name: "NVIDIA NIM",
    description: "Base URL /nim/v1",
    prefix: "nim",
    otherPaths: {
      alive: ["/v1/health/live", "/nim/v1/health/live"],
      ready: ["/v1/health/ready", "/nim/v1/health/ready"],
      models: ["/nim/v1/models"],
    },
  },
  paths: [
    { path: "/v1/ranking", usedBy: "NVIDIA NIM" },
    { path: "/v1/retrieval/{model}/reranking", usedBy: "NVIDIA's hosted NIM; a model in the body counts before the path's" },
    { path: "/nim/v1/ranking", usedBy: "base URL `http://HOST/nim/v1`" },
    { path: "/nim/v1/retrieval/{model}/reranking", usedBy: "the same, as NVIDIA hosts it" },
  ],
  schemas: () => ({
    request: z.object({
      model: name,
      query: z.object({ text: querySchema }),
      passages: z.array(z.object({ text })),
      truncate: truncateWordSchema,
    }),
    reply: z.object({ rankings: z.array(z.object({ index, logit: z.number() })) }),
    error: z.looseObject({}),
  }),
};
