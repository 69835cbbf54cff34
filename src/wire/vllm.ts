/** vLLM: `POST /rerank`, `/v1/rerank` and `/v2/rerank`. */
import type { Codec, Maybe, WireDocument, WireError, WireFailure } from "./codec.ts";
import { onlyTexts, readText, textOf } from "./documents.ts";
import { messageInBody, statusIn, typeIn } from "./error-bodies.ts";
import { present } from "./present.ts";
import { readReply } from "./reply-checks.ts";
import { spelledAs } from "./request-fields.ts";
import { type TokenUsage, tokenUsage } from "./results.ts";

/** What ranking and scoring requests share, as far as it means something here. */
export interface VllmOptions {
  model?: Maybe<string>;
  /** −1 cuts pairs to what the model reads, a number cuts them to so many tokens; absent, a long pair is an error. */
  truncate_prompt_tokens?: Maybe<number>;
  /** False: logits. */
  use_activation?: Maybe<boolean>;
  /** `use_activation` in older versions. */
  activation?: Maybe<boolean>;
}

/** A request; 0 for `top_n` means all. */
export interface VllmRequestBody extends VllmOptions {
  query: string;
  documents: readonly WireDocument[];
  top_n?: Maybe<number>;
  max_tokens_per_doc?: Maybe<number>;
}

/** A reply. */
export interface VllmReplyBody {
  id?: string;
  model?: string;
  usage?: TokenUsage;
  /** A document is always there; its text is null where the reply has none. */
  results: { index: number; document: { text: string | null }; relevance_score: number }[];
}

const fields = spelledAs<VllmRequestBody>({ model: "model", topK: "top_n", maxTokensPerDocument: "max_tokens_per_doc" });

/**
 * `truncate: false` is vLLM's default and said by leaving it out, so it comes back as absent.
 *
 * @see https://github.com/vllm-project/vllm `vllm/entrypoints/pooling/scoring/protocol.py` at 004706d
 */
export const vllm: Codec<VllmRequestBody, VllmReplyBody> = {
  name: "vllm",
  requestFields: new Set([...fields.names, "rawScores", "truncate"]),
  replyFields: new Set(["id", "model", "tokens", "document"]),
  takesObjects: false,
  echoesByDefault: true,
  scoresAreLogits: false,
  encodeRequest: (request) => ({
    ...fields.encode(request),
    query: request.query,
    documents: onlyTexts(request.documents, "vllm"),
    ...(request.rawScores === undefined ? {} : { use_activation: !request.rawScores }),
    ...(request.truncate === true ? { truncate_prompt_tokens: -1 } : {}),
  }),
  decodeRequest: (body) => ({ query: body.query, documents: body.documents, ...fields.decode(body), ...decodeVllmOptions(body) }),
  encodeReply: (reply) => ({
    ...present({ id: reply.id, model: reply.model, usage: tokenUsage(reply.tokens) }),
    results: reply.results.map(({ index, score, document }) => ({
      index,
      document: { text: document === undefined ? null : textOf(document) },
      relevance_score: score,
    })),
  }),
  decodeReply: (body) => readReply(body, { dialect: "vllm", list: "results", score: "relevance_score", document: ["document", readText] }),
  encodeError: encodeVllmError,
  decodeError: messageInBody,
};

/** What {@link VllmOptions} say beside the model. */
export function decodeVllmOptions(body: VllmOptions): { rawScores?: boolean; truncate?: boolean } {
  const activation = body.use_activation ?? body.activation ?? undefined;
  const cut = body.truncate_prompt_tokens ?? undefined;
  return present({ rawScores: activation === undefined ? undefined : !activation, truncate: cut === undefined ? undefined : true });
}

// The three that vLLM names itself; the rest are the phrases of Python's http.HTTPStatus, which its handler of HTTPException writes.
const errorTypes: Readonly<Record<number, string>> = {
  400: "BadRequestError",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFoundError",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "InternalServerError",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** `{error: {message, type, param, code}}`; a request that does not validate is 400. */
export function encodeVllmError(failure: WireFailure): WireError {
  const status = statusIn({ 422: 400 }, failure);
  return { status, body: { error: { message: failure.message, type: typeIn(errorTypes, status), param: null, code: status } } };
}
