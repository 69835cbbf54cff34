/** Google's ranking API (Vertex AI Search, Discovery Engine): `POST …/rankingConfigs/CONFIG:rank`. Documents are records with ids. */
import * as z from "zod/mini";
import { isRecord } from "../values.ts";
import type { Codec, Maybe, WireDocument, WireError, WireFailure, WireRequest, WireResult } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { onlyTexts } from "./documents.ts";
import { messageInBody, statusIn, typeIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { flag, name, nestedError, optionalText, querySchema, text } from "./schema-parts.ts";

/** At most 200 records. @see https://cloud.google.com/generative-ai-app-builder/docs/reference/rest/v1/projects.locations.rankingConfigs/rank */
export const vertexLimits: { readonly maxDocuments: number } = { maxDocuments: 200 };

/** A document of a request or a reply; Google wants a title or a content. */
export interface VertexRecord {
  id?: Maybe<string>;
  title?: Maybe<string>;
  content?: Maybe<string>;
  /** Of a reply. */
  score?: Maybe<number>;
}

/** A request. */
export interface VertexRequestBody {
  model?: Maybe<string>;
  query: string;
  records: readonly VertexRecord[];
  /** 0 and less means all. */
  topN?: Maybe<number>;
  /** Whether the records of the reply have only `id` and `score`. @default false */
  ignoreRecordDetailsInResponse?: Maybe<boolean>;
}

/** A reply. */
export interface VertexReplyBody {
  records: { id: string; score: number; title?: string; content?: string }[];
}

/**
 * The order of the records is by score; the caller's `id` says which one it is. A client of ours numbers them.
 *
 * @see https://cloud.google.com/generative-ai-app-builder/docs/reference/rest/v1/projects.locations.rankingConfigs/rank
 * @see PyPI `google-cloud-discoveryengine` 0.20.5, `services/rank_service/transports/rest.py`
 */
export const vertex: Codec<VertexRequestBody, VertexReplyBody> = {
  name: "vertex",
  requestFields: new Map([
    ["model", ["model"]],
    ["topK", ["topN"]],
  ]),
  documentsKey: "records",
  otherKeys: ["ignoreRecordDetailsInResponse"],
  replyFields: new Set(["document"]),
  takesObjects: false,
  echoesByDefault: true,
  scoresAreLogits: false,
  encodeRequest: ({ query, documents, model, topK }) => ({
    ...present({ model, topN: topK }),
    query,
    records: onlyTexts(documents, "vertex").map((content, index) => ({ id: String(index), content })),
  }),
  decodeRequest,
  encodeReply: ({ results }, request) => ({ records: results.map((result) => recordOf(result, request)) }),
  decodeReply: (body) =>
    readReply(body, {
      dialect: "vertex",
      list: "records",
      score: "score",
      document: ["content", (value) => (typeof value === "string" ? value : undefined)],
      // Only digits: Number("") is 0.
      indexOf: ({ id }) => (typeof id === "string" && /^\d{1,15}$/.test(id) ? Number(id) : id),
    }),
  encodeError,
  decodeError: messageInBody,
};

/** The dialect for the server. */
export const vertexDialect: RankingDialect<VertexRequestBody> = {
  codec: vertex,
  vendor: { name: "Vertex AI", description: "Endpoint at the root, or /vertex", prefix: "vertex" },
  paths: [
    {
      path: "/v1/projects/{project}/locations/{location}/rankingConfigs/{config}:rank",
      usedBy: "Google's clients with `api_endpoint: http://HOST` and `transport: rest`; any names of project and config",
    },
    { path: "/vertex/v1/projects/{project}/locations/{location}/rankingConfigs/{config}:rank", usedBy: "endpoint `http://HOST/vertex`" },
  ],
  schemas: () => ({
    request: z.object({
      model: name,
      query: querySchema,
      records: z.array(z.object({ id: name, title: name, content: name })),
      topN: z.nullish(z.int()),
      ignoreRecordDetailsInResponse: flag,
    }),
    reply: z.object({ records: z.array(z.looseObject({ id: text, score: z.number(), title: optionalText, content: optionalText })) }),
    error: nestedError,
  }),
};

function decodeRequest(body: VertexRequestBody): WireRequest {
  return {
    query: body.query,
    documents: body.records.map(documentOf),
    ...present({
      model: body.model,
      topK: (body.topN ?? 0) >= 1 ? body.topN : undefined,
      returnDocuments: body.ignoreRecordDetailsInResponse === true ? false : undefined,
    }),
  };
}

/** A record with the text that is ranked: the title on the first line, where there is one, and the content below. */
function documentOf({ id, title, content }: VertexRecord): WireDocument {
  return { ...present({ id, title, content }), text: [title ?? "", content ?? ""].filter((part) => part !== "").join("\n") };
}

function recordOf({ index, score, document }: WireResult, request: WireRequest | undefined): VertexReplyBody["records"][number] {
  const sent = request?.documents[index];
  const { id, title, content } = (isRecord(sent) ? sent : { content: document }) as VertexRecord;
  const details = request?.returnDocuments === false ? {} : present({ title, content });
  return { id: id ?? String(index), ...details, score };
}

/** @see https://cloud.google.com/apis/design/errors#handling_errors */
const codes: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  499: "CANCELLED",
  500: "INTERNAL",
  501: "UNIMPLEMENTED",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

function encodeError(failure: WireFailure): WireError {
  const status = statusIn({ 422: 400 }, failure);
  return { status, body: { error: { code: status, message: failure.message, status: typeIn(codes, status) } } };
}
