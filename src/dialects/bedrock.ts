/** Amazon Bedrock (agent runtime): `POST /rerank`, signed. A long list of results may come in pages; our server sends one. */
import * as z from "zod/mini";

import { isRecord } from "../values.ts";
import type { Codec, Maybe, WireDocument, WireRequest } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import type { DocumentReader } from "./documents.ts";
import { messageInBody, statusIn, typeIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { index, messageError, name, querySchema, text } from "./schema-parts.ts";

/** Bedrock accepts up to 1,000 sources. @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html */
export const bedrockLimits: { readonly maxDocuments: number } = { maxDocuments: 1000 };

/** A document of a request or a reply. */
export interface BedrockDocument {
  type: "TEXT" | "JSON";
  textDocument?: Maybe<{ readonly text: string }>;
  jsonDocument?: Maybe<{ readonly [key: string]: unknown }>;
}

/** A request. Bedrock accepts exactly one query and up to 1,000 results. */
export interface BedrockRequestBody {
  queries: readonly { type: "TEXT"; textQuery: { readonly text: string } }[];
  sources: readonly { type: "INLINE"; inlineDocumentSource: BedrockDocument }[];
  rerankingConfiguration: {
    type: "BEDROCK_RERANKING_MODEL";
    bedrockRerankingConfiguration: {
      modelConfiguration: { modelArn?: Maybe<string>; additionalModelRequestFields?: Maybe<{ readonly [key: string]: unknown }> };
      numberOfResults?: Maybe<number>;
    };
  };
  nextToken?: Maybe<string>;
}

/** A reply. */
export interface BedrockReplyBody {
  results: { index: number; relevanceScore: number; document?: BedrockDocument }[];
  nextToken?: string;
}

/**
 * The model is an ARN, as in `arn:aws:bedrock:us-west-2::foundation-model/cohere.rerank-v3-5:0`.
 *
 * Failures are `{message}`; AWS names the exception in a header, we in `code`; its clients read both.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html
 * @see https://github.com/vercel/ai `packages/amazon-bedrock/src/reranking/` at ed857f5
 */
export const bedrock: Codec<BedrockRequestBody, BedrockReplyBody> = {
  name: "bedrock",
  requestFields: new Map([
    ["model", ["rerankingConfiguration.bedrockRerankingConfiguration.modelConfiguration.modelArn"]],
    ["topK", ["rerankingConfiguration.bedrockRerankingConfiguration.numberOfResults"]],
  ]),
  documentsKey: "sources",
  otherKeys: ["queries"],
  replyFields: new Set(["document"]),
  takesObjects: true,
  echoesByDefault: false,
  scoresAreLogits: false,
  encodeRequest,
  decodeRequest,
  encodeReply: (reply) => ({
    results: reply.results.map(({ index, score, document }) => ({
      index,
      relevanceScore: score,
      ...(document === undefined ? {} : { document: writeDocument(document) }),
    })),
  }),
  decodeReply: (body) =>
    readReply(body, { dialect: "bedrock", list: "results", score: "relevanceScore", document: ["document", readDocument] }),
  encodeError: (failure) => {
    const status = statusIn({ 422: 400 }, failure);
    return { status, body: { message: failure.message, code: typeIn(exceptions, status) } };
  },
  decodeError: messageInBody,
};

/** As the server speaks it. Signatures are not checked, for the server has none of AWS's secrets: see `server/auth.ts`. */
export const bedrockDialect: RankingDialect<BedrockRequestBody> = {
  codec: bedrock,
  vendor: { name: "Amazon Bedrock", description: "Endpoint URL at the root, or /bedrock", prefix: "bedrock" },
  paths: [
    { path: "/rerank", usedBy: "with `sources` Amazon Bedrock", isMeant: (body) => "sources" in body },
    { path: "/bedrock/rerank", usedBy: "`endpoint_url` `http://HOST/bedrock`" },
  ],
  schemas: () => ({
    request: z.object({
      queries: z.array(z.object({ type: z.literal("TEXT"), textQuery: z.object({ text: querySchema }) })).check(z.length(1)),
      sources: z.array(
        z.object({
          type: z.literal("INLINE"),
          inlineDocumentSource: z
            .object({
              type: z.enum(["TEXT", "JSON"]),
              textDocument: z.nullish(z.object({ text })),
              jsonDocument: z.nullish(z.record(z.string(), z.unknown())),
            })
            .check(z.refine(hasDocument, { error: "expected textDocument for TEXT, jsonDocument for JSON" })),
        }),
      ),
      rerankingConfiguration: z.object({
        type: z.literal("BEDROCK_RERANKING_MODEL"),
        bedrockRerankingConfiguration: z.object({
          modelConfiguration: z.looseObject({ modelArn: name }),
          numberOfResults: z.nullish(z.int().check(z.minimum(1))),
        }),
      }),
      nextToken: name,
    }),
    reply: z.looseObject({ results: z.array(z.looseObject({ index, relevanceScore: z.number() })) }),
    error: messageError,
  }),
};

/** @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html#API_agent-runtime_Rerank_Errors */
const exceptions: Readonly<Record<number, string>> = {
  400: "ValidationException",
  401: "AccessDeniedException",
  403: "AccessDeniedException",
  404: "ResourceNotFoundException",
  429: "ThrottlingException",
  500: "InternalServerException",
  502: "DependencyFailedException",
};

/** The token for the next page of a reply; undefined on the last one. */
export function nextPageOf(body: unknown): string | undefined {
  return isRecord(body) && typeof body.nextToken === "string" && body.nextToken !== "" ? body.nextToken : undefined;
}

function encodeRequest(request: WireRequest): BedrockRequestBody {
  return {
    queries: [{ type: "TEXT", textQuery: { text: request.query } }],
    sources: request.documents.map((document) => ({ type: "INLINE", inlineDocumentSource: writeDocument(document) })),
    rerankingConfiguration: {
      type: "BEDROCK_RERANKING_MODEL",
      bedrockRerankingConfiguration: {
        modelConfiguration: present({ modelArn: request.model }),
        ...present({ numberOfResults: request.topK }),
      },
    },
  };
}

/** In front of the name of a model in an ARN. */
const modelPrefix = /^arn:[\w-]+:bedrock:[\w-]*:\d*:foundation-model\//;

function hasDocument({ type, textDocument, jsonDocument }: BedrockDocument): boolean {
  return (type === "TEXT" ? textDocument : jsonDocument) != null;
}

function decodeRequest(body: BedrockRequestBody): WireRequest {
  const { modelConfiguration, numberOfResults } = body.rerankingConfiguration.bedrockRerankingConfiguration;
  return {
    query: body.queries[0]?.textQuery.text ?? "",
    documents: body.sources.map(({ inlineDocumentSource }) => readDocument(inlineDocumentSource) ?? ""),
    ...present({
      model: modelConfiguration.modelArn?.replace(modelPrefix, ""),
      topK: (numberOfResults ?? 0) >= 1 ? numberOfResults : undefined,
    }),
  };
}

function writeDocument(document: WireDocument): BedrockDocument {
  return typeof document === "string" ? { type: "TEXT", textDocument: { text: document } } : { type: "JSON", jsonDocument: document };
}

const readDocument: DocumentReader = (value) => {
  if (!isRecord(value)) return undefined;
  const { textDocument, jsonDocument } = value;
  if (isRecord(textDocument) && typeof textDocument.text === "string") return textDocument.text;
  return isRecord(jsonDocument) ? jsonDocument : undefined;
};
