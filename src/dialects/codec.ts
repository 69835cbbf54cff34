/**
 * What every HTTP format of reranking ("dialect") is translated from and to.
 *
 * A codec is two pure pairs of functions. The server decodes requests and encodes replies; a client encodes requests and decodes
 * replies: so a client of ours can be pointed at our own server, and decode(encode(x)) = x for all that a dialect can say.
 */

/** A field that clients leave out or send as null when they have nothing to say; schema libraries give undefined for it. */
export type Maybe<T> = T | null | undefined;

/** A document as JSON carries it. */
export type WireDocument = string | { readonly [key: string]: unknown };

/** One rerank request, in words that all dialects have in common. An absent field was not said: the dialect's own default holds. */
export interface WireRequest {
  query: string;
  documents: readonly WireDocument[];
  /** As the client spells it. */
  model?: string;
  /** How many results to return; ≥ 1. Absent: all. */
  topK?: number;
  /** Whether results carry their documents. Absent: as {@link Codec.echoesByDefault}. */
  returnDocuments?: boolean;
  /** Fields of object documents that are read, in order; at least one. */
  fields?: readonly string[];
  /** Logits instead of probabilities. */
  rawScores?: boolean;
  /** Whether a pair that is too long is cut; false makes it an error. */
  truncate?: boolean;
  /** Most tokens of a pair; ≥ 1. */
  maxTokens?: number;
  /** Where a pair that is too long is cut. Absent: at the right. */
  truncationSide?: "left" | "right";
  /** Most tokens of one document; ≥ 1. */
  maxTokensPerDocument?: number;
}

/** A field of a request beside `query` and `documents`. */
export type RequestField = Exclude<keyof WireRequest, "query" | "documents">;

/** Fields, each with the keys under which a body may say it, the usual one first; `a.b` is a key inside an object. */
export type RequestFields = ReadonlyMap<RequestField, readonly string[]>;

/** One result, best first in its list. */
export interface WireResult {
  /** Place in the request's list, from 0. */
  index: number;
  /** A probability or a logit, as the dialect and the request want it. */
  score: number;
  /** A dialect that says strings as `{text}` decodes an object with that one key to the string. */
  document?: WireDocument;
}

/** The answer to one {@link WireRequest}. */
export interface WireReply {
  /** Of this reply. */
  id?: string;
  model?: string;
  /** Seconds since 1970. */
  created?: number;
  /** Best first. */
  results: readonly WireResult[];
  /** Tokens read, special tokens included. */
  tokens?: number;
  /** What the provider charges for, where it tells. */
  billedUnits?: number;
}

/** Why a request failed, in words that all dialects have in common. */
export interface WireFailure {
  /** HTTP status as crossrank would answer; a dialect may have another one for the same thing. */
  status: number;
  /** crossrank's code of the failure, such as `invalid-input`. */
  code: string;
  /** For people; no internals. */
  message: string;
  /** For logs on both sides. */
  requestId?: string;
  /** What is wrong with the body, field by field; only of a body that does not fit the dialect's schema, at least one. */
  issues?: readonly WireIssue[];
}

/** One field of a request that is not as it has to be. */
export interface WireIssue {
  /** Keys and places that lead to it. */
  path: readonly (string | number)[];
  /** For people, without the path. */
  message: string;
  /** As pydantic calls it. @see https://docs.pydantic.dev/latest/errors/validation_errors/ */
  type: "missing" | "string_type" | "int_type" | "bool_type" | "list_type" | "dict_type" | "value_error";
}

/** An encoded {@link WireFailure}. */
export interface WireError {
  status: number;
  body: unknown;
}

/**
 * One dialect.
 *
 * @typeParam RequestBody JSON of a request, after the server's schema of the dialect has checked it
 * @typeParam ReplyBody JSON of a successful reply
 */
export interface Codec<RequestBody, ReplyBody> {
  /** Name in paths, metrics and documentation: `cohere-v2`. */
  readonly name: string;
  /** Fields of a request that the dialect can say, beside `query` and `documents`. */
  readonly requestFields: RequestFields;
  /** Key of the list of documents. */
  readonly documentsKey: string;
  /** Keys of a request that are heeded though they stand for no field. @default none */
  readonly otherKeys?: readonly string[];
  /** Fields of a reply that the dialect can say, beside `results`; `document` stands for those of the results. */
  readonly replyFields: ReadonlySet<Exclude<keyof WireReply, "results"> | "document">;
  /** Whether the service reads object documents; where not, a client sends their texts. Bodies may be typed wider, for lenient servers. */
  readonly takesObjects: boolean;
  /** Whether results carry their documents where the request does not say. */
  readonly echoesByDefault: boolean;
  /** Whether scores are logits where the request does not say. */
  readonly scoresAreLogits: boolean;

  /**
   * For clients. Fields outside `requestFields` are left out: whoever calls tells the user.
   *
   * @throws RerankError `invalid-input` for an object document where the dialect takes none
   */
  encodeRequest(request: WireRequest): RequestBody;
  /** For servers. Nulls count as absent, and so do a limit below 1 and an empty list of fields. */
  decodeRequest(body: RequestBody): WireRequest;
  /**
   * For servers. Results carry their documents where `reply` has them; other fields of `reply` that are absent are left out.
   *
   * @param request what is answered, for the formats whose replies repeat parts of it
   */
  encodeReply(reply: WireReply, request?: WireRequest): ReplyBody;
  /**
   * For clients, of a body that came from outside. Unknown fields are ignored, and metadata of a wrong type counts as absent.
   *
   * Neither the order nor the range of indices is checked, for that takes the request.
   *
   * @throws RerankError `bad-response` when it is not what the dialect promises: no list, an index that is no integer ≥ 0,
   *   a score that is no finite number, a document of a wrong type
   */
  decodeReply(body: unknown): WireReply;
  /** For servers. */
  encodeError(failure: WireFailure): WireError;
  /** For clients: the message for people in the body of a failed request; undefined where there is none. */
  decodeError(body: unknown): string | undefined;
}

/** A codec of whichever bodies: what is decoded with it must have been checked by the schema of the same dialect. */
// biome-ignore lint/suspicious/noExplicitAny: no type of a body is common to all dialects
export type AnyCodec = Codec<any, any>;

/** Pairs to score, in the order of their scores. */
export interface ScoreRequest
  extends Pick<WireRequest, "model" | "rawScores" | "truncate" | "maxTokens" | "truncationSide" | "maxTokensPerDocument"> {
  pairs: readonly (readonly [query: string, document: string])[];
}

/** The answer to one {@link ScoreRequest}. */
export interface ScoreReply {
  id?: string;
  model?: string;
  /** Seconds since 1970. */
  created?: number;
  /** One for each pair, in their order. */
  scores: readonly number[];
  tokens?: number;
}

/** A codec of scoring, for servers. */
export interface ScoreCodec<RequestBody, ReplyBody> {
  readonly name: string;
  /** As in {@link Codec}. */
  readonly requestFields: RequestFields;
  /** Keys of a request that may hold its texts. */
  readonly otherKeys: readonly string[];
  /**
   * One query goes with every document, as many queries as documents go pairwise.
   *
   * @throws RerankError `invalid-input` for other numbers, an empty list, or no complete spelling
   */
  decodeRequest(body: RequestBody): ScoreRequest;
  encodeReply(reply: ScoreReply): ReplyBody;
  encodeError(failure: WireFailure): WireError;
}

/** A {@link ScoreCodec} of whichever bodies. */
// biome-ignore lint/suspicious/noExplicitAny: as of AnyCodec
export type AnyScoreCodec = ScoreCodec<any, any>;
