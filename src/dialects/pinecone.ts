/** Pinecone's inference API: `POST /rerank`. Documents are objects; a text is sent as `{text}`. */
import * as z from "zod/mini";
import type { Codec, Maybe, WireDocument, WireError, WireFailure, WireRequest } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { readAny, wrapText } from "./documents.ts";
import { messageInBody, statusIn, typeIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { spelledAs, usualSpelling } from "./request-fields.ts";
import { common, count, documents, flag, index, names, nestedError, optionalText, truncateWordSchema } from "./schema-parts.ts";
import { readTruncateWord, truncateWord } from "./truncate-word.ts";

/** A request. Pinecone requires `model`, and documents must be objects. */
export interface PineconeRequestBody {
  model?: Maybe<string>;
  query: string;
  documents: readonly WireDocument[];
  top_n?: Maybe<number>;
  /** Used if `top_n` is absent. */
  top_k?: Maybe<number>;
  return_documents?: Maybe<boolean>;
  rank_fields?: Maybe<readonly string[]>;
  /** Each model has parameters of its own. */
  parameters?: Maybe<{ readonly truncate?: Maybe<"END" | "NONE">; readonly [key: string]: unknown }>;
}

/** A reply. */
export interface PineconeReplyBody {
  model?: string;
  data: { index: number; score: number; document?: { readonly [key: string]: unknown } }[];
  usage?: { rerank_units: number };
}

const fields = spelledAs<PineconeRequestBody>(usualSpelling);

/** @see https://github.com/pinecone-io/pinecone-api `2026-04/inference_2026-04.oas.yaml` at 068bdf7 */
export const pinecone: Codec<PineconeRequestBody, PineconeReplyBody> = {
  name: "pinecone",
  requestFields: new Map([...fields.keys, ["truncate", ["parameters.truncate"]]]),
  documentsKey: "documents",
  replyFields: new Set(["model", "billedUnits", "document"]),
  takesObjects: true,
  echoesByDefault: true,
  scoresAreLogits: false,
  encodeRequest,
  decodeRequest: (body) => ({
    query: body.query,
    documents: body.documents,
    ...fields.decode(body),
    ...present({ truncate: readTruncateWord(body.parameters?.truncate) }),
  }),
  encodeReply: ({ model, billedUnits, results }) => ({
    ...present({ model, usage: billedUnits === undefined ? undefined : { rerank_units: billedUnits } }),
    data: results.map(({ index, score, document }) => ({
      index,
      score,
      ...(document === undefined ? {} : { document: wrapText(document) }),
    })),
  }),
  decodeReply: (body) => readReply(body, { dialect: "pinecone", list: "data", score: "score", document: ["document", readAny] }),
  encodeError,
  decodeError: messageInBody,
};

/** The dialect for the server. */
export const pineconeDialect: RankingDialect<PineconeRequestBody> = {
  codec: pinecone,
  vendor: { name: "Pinecone", description: "Controller host /pinecone", prefix: "pinecone" },
  paths: [{ path: "/pinecone/rerank", usedBy: "controller host `http://HOST/pinecone`" }],
  schemas: () => ({
    request: z.object({
      ...common,
      documents,
      top_n: count,
      top_k: count,
      return_documents: flag,
      rank_fields: names,
      parameters: z.nullish(z.looseObject({ truncate: truncateWordSchema })),
    }),
    reply: z.looseObject({
      data: z.array(z.looseObject({ index, score: z.number() })),
      model: optionalText,
      usage: z.optional(z.looseObject({ rerank_units: z.number() })),
    }),
    error: nestedError,
  }),
};

function encodeRequest(request: WireRequest): PineconeRequestBody {
  const truncate = truncateWord(request.truncate);
  return {
    ...fields.encode(request),
    query: request.query,
    documents: request.documents.map(wrapText),
    ...(truncate === undefined ? {} : { parameters: { truncate } }),
  };
}

// Codes of the specification, with gRPC's meanings. The specification's own examples use UNKNOWN for 500.
const codes: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  408: "DEADLINE_EXCEEDED",
  429: "RESOURCE_EXHAUSTED",
  499: "ABORTED",
  500: "UNKNOWN",
  501: "UNIMPLEMENTED",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

function encodeError(failure: WireFailure): WireError {
  const status = statusIn({ 422: 400 }, failure);
  return { status, body: { status, error: { code: typeIn(codes, status), message: failure.message } } };
}

/** Cohere's model at Pinecone accepts 200 documents, the others 100. @see https://docs.pinecone.io/guides/search/rerank-results */
export function pineconeLimits(model: string): { maxDocuments: number } {
  return { maxDocuments: model.startsWith("cohere-") ? 200 : 100 };
}
