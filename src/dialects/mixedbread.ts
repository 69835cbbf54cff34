/** Mixedbread's API: `POST /v1/reranking`. */
import * as z from "zod/mini";
import type { Codec, Maybe, WireDocument } from "./codec.ts";
import type { RankingDialect } from "./definition.ts";
import { readAny } from "./documents.ts";
import { messageInBody } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { spelledAs } from "./request-fields.ts";
import { type TokenUsage, tokenUsage } from "./results.ts";
import { common, count, documentSchema, documents, flag, index, names, optionalText } from "./schema-parts.ts";

/** Our limit: Mixedbread documents none. @see https://mixedbread.com/api-reference/endpoints/reranking */
export const mixedbreadLimits: { readonly maxDocuments: number } = { maxDocuments: 1000 };

/** A request. Mixedbread also accepts a list of parts as one input, for images. */
export interface MixedbreadRequestBody {
  model?: Maybe<string>;
  query: string;
  input: readonly WireDocument[];
  rank_fields?: Maybe<readonly string[]>;
  top_k?: Maybe<number>;
  /** Used if `top_k` is absent. */
  top_n?: Maybe<number>;
  return_input?: Maybe<boolean>;
  /** Ignored here. */
  rewrite_query?: Maybe<boolean>;
}

/** A reply. */
export interface MixedbreadReplyBody {
  usage?: TokenUsage;
  model?: string;
  data: { index: number; score: number; input?: WireDocument; object: "rank_result" }[];
  object: "list";
  /** How many results there are. */
  top_k: number;
  return_input: boolean;
}

const fields = spelledAs<MixedbreadRequestBody>({
  model: "model",
  topK: ["top_k", "top_n"],
  fields: "rank_fields",
  returnDocuments: "return_input",
});

/**
 * Mixedbread documents the statuses (422 among them) but not the body of errors, and we have not seen one. `{message, detail}` has both
 * keys that a client may look for.
 *
 * @see https://github.com/mixedbread-ai/mixedbread-ts `src/client.ts` at 82b0dd5
 * @see https://www.mixedbread.com/api-reference/error-handling
 */
export const mixedbread: Codec<MixedbreadRequestBody, MixedbreadReplyBody> = {
  name: "mixedbread",
  requestFields: fields.keys,
  documentsKey: "input",
  replyFields: new Set(["model", "tokens", "document"]),
  takesObjects: true,
  echoesByDefault: false,
  scoresAreLogits: false,
  encodeRequest: (request) => ({ ...fields.encode(request), query: request.query, input: request.documents }),
  decodeRequest: (body) => ({ query: body.query, documents: body.input, ...fields.decode(body) }),
  encodeReply: ({ model, tokens, results }) => ({
    ...present({ usage: tokenUsage(tokens), model }),
    data: results.map(({ index, score, document }) => ({ index, score, ...present({ input: document }), object: "rank_result" })),
    object: "list",
    top_k: results.length,
    return_input: results.some((result) => result.document !== undefined),
  }),
  decodeReply: (body) => readReply(body, { dialect: "mixedbread", list: "data", score: "score", document: ["input", readAny] }),
  encodeError: ({ status, message }) => ({ status, body: { message, detail: message } }),
  decodeError: messageInBody,
};

/** The dialect for the server. */
export const mixedbreadDialect: RankingDialect<MixedbreadRequestBody> = {
  codec: mixedbread,
  vendor: { name: "Mixedbread", description: "Base URL /mixedbread", prefix: "mixedbread" },
  paths: [
    { path: "/v1/reranking", usedBy: "Mixedbread with `input`", isMeant: (body) => "input" in body },
    { path: "/mixedbread/v1/reranking", usedBy: "base URL `http://HOST/mixedbread`" },
  ],
  schemas: () => ({
    request: z.object({
      ...common,
      input: documents,
      rank_fields: names,
      top_k: count,
      top_n: count,
      return_input: flag,
      rewrite_query: flag,
    }),
    reply: z.looseObject({
      object: z.literal("list"),
      data: z.array(z.looseObject({ index, score: z.number(), input: z.optional(documentSchema) })),
      model: optionalText,
      top_k: z.int(),
      return_input: z.boolean(),
    }),
    error: z.looseObject({}),
  }),
};
