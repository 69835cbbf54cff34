/**
 * The common form of requests and replies: each HTTP format of reranking ("dialect") is translated from it and to it.
 *
 * A codec is two pairs of pure functions. The server decodes requests and encodes replies. A client encodes requests and decodes replies.
 * So our clients work with our server, and decode(encode(x)) equals x for everything that the dialect can express.
 */

/** An optional field: clients may leave it out or send null. Schema libraries read it as undefined. */
export type Maybe<T> = T | null | undefined;

/** A document as JSON carries it. */
export type WireDocument = string | { readonly [key: string]: unknown };

/** One rerank request, in the form that all dialects share. If a field is absent, the dialect's default applies. */
export interface WireRequest {
  query: string;
  documents: readonly WireDocument[];
  /** As the client spells it. */
  model?: string;
  /** How many results to return; ≥ 1. Absent: all. */
  topK?: number;
  /** Whether results contain their documents. Absent: as {@link Codec.echoesByDefault}. */
  returnDocuments?: boolean;
  /** The fields of object documents to read, in order; at least one. */
  fields?: readonly string[];
  /** Return logits instead of probabilities. */
  rawScores?: boolean;
  /** Cut pairs that are too long. If false, such a pair is an error. */
  truncate?: boolean;
  /** Maximum tokens of a pair; ≥ 1. */
  maxTokens?: number;
  /** Side from which tokens are removed if a pair is too long. Absent: the right. */
  truncationSide?: "left" | "right";
  /** Maximum tokens of one document; ≥ 1. */
  maxTokensPerDocument?: number;
}

/** A field of a request other than `query` and `documents`. */
export type RequestField = Exclude<keyof WireRequest, "query" | "documents">;

/** Fields, each with the keys that a body may use for it, the usual one first. `a.b` is a key inside an object. */
export type RequestFields = ReadonlyMap<RequestField, readonly string[]>;

/** One result, best first in its list. */
export interface WireResult {
  /** Index in the request's list of documents, from 0. */
  index: number;
  /** A probability or a logit; the dialect and the request decide which. */
  score: number;
  /** A dialect that writes strings as `{text}` decodes such an object to the string if it has no other key. */
  document?: WireDocument;
}

/** The answer to one {@link WireRequest}. */
export interface WireReply {
  /** Id of this reply. */
  id?: string;
  model?: string;
  /** Seconds since 1970. */
  created?: number;
  /** Best first. */
  results: readonly WireResult[];
  /** Tokens read, special tokens included. */
  tokens?: number;
  /** Units that the provider charges for, if the reply contains them. */
  billedUnits?: number;
}

/** Why a request failed, in the form that all dialects share. */
export interface WireFailure {
  /** crossrank's HTTP status. A dialect may use another status for the same failure. */
  status: number;
  /** crossrank's code of the failure, such as `invalid-input`. */
  code: string;
  /** A message for people, without internals. */
  message: string;
  /** Id of the request, for the logs of client and server. */
  requestId?: string;
  /** What is wrong with the body, field by field; at least one. Present only if the body does not match the dialect's schema. */
  issues?: readonly WireIssue[];
}

/** One wrong field of a request. */
export interface WireIssue {
  /** Keys and indices that lead to the field. */
  path: readonly (string | number)[];
  /** A message for people, without the path. */
  message: string;
  /** pydantic's name for the problem. @see https://docs.pydantic.dev/latest/errors/validation_errors/ */
  type: "missing" | "string_type" | "int_type" | "bool_type" | "list_type" | "dict_type" | "value_error";
}

/** An encoded {@link WireFailure}. */
export interface WireError {
  status: number;
  body: unknown;
}

/**
 * Translates the requests and replies of one dialect.
 *
 * @typeParam RequestBody JSON of a request, after the server's schema of the dialect has checked it
 * @typeParam ReplyBody JSON of a successful reply
 */
export interface Codec<RequestBody, ReplyBody> {
  /** Name in paths, metrics and documentation: `cohere-v2`. */
  readonly name: string;
  /** The request fields that the dialect has, in addition to `query` and `documents`. */
  readonly requestFields: RequestFields;
  /** Key of the list of documents. */
  readonly documentsKey: string;
  /** Keys of a request that have an effect but stand for no field. @default none */
  readonly otherKeys?: readonly string[];
  /** The reply fields that the dialect has, in addition to `results`; `document` means that results contain their documents. */
  readonly replyFields: ReadonlySet<Exclude<keyof WireReply, "results"> | "document">;
  /** Whether the service reads object documents. If not, a client sends their texts. The body's type may still allow objects. */
  readonly takesObjects: boolean;
  /** Whether results contain their documents if the request does not say. */
  readonly echoesByDefault: boolean;
  /** Whether scores are logits if the request does not say. */
  readonly scoresAreLogits: boolean;

  /**
   * Writes a request, for clients. Leaves out fields that are not in `requestFields`; the caller warns the user.
   *
   * @throws RerankError `invalid-input` for an object document where the dialect takes none
   */
  encodeRequest(request: WireRequest): RequestBody;
  /** Reads a request, for servers. Null, a limit below 1 and an empty list of fields count as absent. */
  decodeRequest(body: RequestBody): WireRequest;
  /**
   * Writes a reply, for servers. Leaves out what is absent in `reply`.
   *
   * @param request what is answered, for the formats whose replies repeat parts of it
   */
  encodeReply(reply: WireReply, request?: WireRequest): ReplyBody;
  /**
   * Reads a reply, for clients. Ignores unknown fields. Metadata of a wrong type counts as absent.
   *
   * Does not check the order or the upper limit of indices, because that needs the request.
   *
   * @throws RerankError `bad-response` if the body does not have the dialect's format: there is no list, an index is not an integer ≥ 0,
   *   a score is not a finite number, or a document has a wrong type
   */
  decodeReply(body: unknown): WireReply;
  /** Writes a failure, for servers. */
  encodeError(failure: WireFailure): WireError;
  /** Reads the message in the body of a failed request, for clients; undefined if there is none. */
  decodeError(body: unknown): string | undefined;
}

/** A codec of any dialect. Check a request with the schema of the same dialect before you decode it. */
// biome-ignore lint/suspicious/noExplicitAny: the bodies of the dialects have no common type
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
  /** Keys of a request that may contain its texts. */
  readonly otherKeys: readonly string[];
  /**
   * Reads the pairs. A single query is paired with every document; otherwise there must be as many queries as documents.
   *
   * @throws RerankError `invalid-input` for other counts, an empty list, or if one of the two lists is missing
   */
  decodeRequest(body: RequestBody): ScoreRequest;
  encodeReply(reply: ScoreReply): ReplyBody;
  encodeError(failure: WireFailure): WireError;
}

/** A {@link ScoreCodec} of any dialect. */
// biome-ignore lint/suspicious/noExplicitAny: as of AnyCodec
export type AnyScoreCodec = ScoreCodec<any, any>;
