/** vLLM's scoring of pairs: `POST /score` and `/v1/score`. It ranks nothing, so it has a contract of its own. */
import { RerankError } from "../errors.ts";
import type { Maybe, RequestFields, WireError, WireFailure, WireRequest } from "./codec.ts";
import { present } from "./present.ts";
import { spelledAs } from "./request-fields.ts";
import { type TokenUsage, tokenUsage } from "./results.ts";
import { decodeVllmOptions, encodeVllmError, type VllmOptions, vllmOptionKeys } from "./vllm.ts";

/** One text or a list of them. */
export type VllmScoreTexts = string | readonly string[];

/** A request: one of four spellings of the same two lists. */
export interface VllmScoreRequestBody extends VllmOptions {
  max_tokens_per_doc?: Maybe<number>;
  text_1?: Maybe<VllmScoreTexts>;
  text_2?: Maybe<VllmScoreTexts>;
  queries?: Maybe<VllmScoreTexts>;
  documents?: Maybe<VllmScoreTexts>;
  items?: Maybe<VllmScoreTexts>;
  data_1?: Maybe<VllmScoreTexts>;
  data_2?: Maybe<VllmScoreTexts>;
}

/** A reply. */
export interface VllmScoreReplyBody {
  id?: string;
  object: "list";
  created?: number;
  model?: string;
  data: { index: number; object: "score"; score: number }[];
  usage?: TokenUsage;
}

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
export interface ScoreCodec {
  readonly name: string;
  /** As in `Codec`. */
  readonly requestFields: RequestFields;
  /** Keys of a request that may hold its texts. */
  readonly otherKeys: readonly string[];
  /**
   * One query goes with every document, as many queries as documents go pairwise.
   *
   * @throws RerankError `invalid-input` for other numbers, an empty list, or no complete spelling
   */
  decodeRequest(body: VllmScoreRequestBody): ScoreRequest;
  encodeReply(reply: ScoreReply): VllmScoreReplyBody;
  encodeError(failure: WireFailure): WireError;
}

const fields = spelledAs<VllmScoreRequestBody>({ model: "model", maxTokensPerDocument: "max_tokens_per_doc" });

/** @see https://github.com/vllm-project/vllm `vllm/entrypoints/pooling/scoring/protocol.py` at 004706d; `_validate_score_input_lens` */
export const vllmScore: ScoreCodec = {
  name: "vllm-score",
  requestFields: new Map([...fields.keys, ...vllmOptionKeys]),
  otherKeys: ["text_1", "text_2", "queries", "documents", "items", "data_1", "data_2"],
  decodeRequest: (body) => ({ pairs: pairsOf(body), ...fields.decode(body), ...decodeVllmOptions(body) }),
  encodeReply: (reply) => ({
    ...present({ id: reply.id, created: reply.created, model: reply.model, usage: tokenUsage(reply.tokens) }),
    object: "list",
    data: reply.scores.map((score, index) => ({ index, object: "score", score })),
  }),
  encodeError: encodeVllmError,
};

function pairsOf(body: VllmScoreRequestBody): ScoreRequest["pairs"] {
  const [queries, documents] = listsOf(body);
  if (queries.length === 0 || documents.length === 0) {
    throw invalid(`got ${queries.length} queries and ${documents.length} documents`, "Send at least one of each");
  }
  if (queries.length > 1 && queries.length !== documents.length) {
    throw invalid(`got ${queries.length} queries for ${documents.length} documents`, "Send one query, or as many as documents");
  }
  return documents.map((document, index) => [queries.length === 1 ? queries[0]! : queries[index]!, document]);
}

function listsOf(body: VllmScoreRequestBody): [queries: readonly string[], documents: readonly string[]] {
  // In the order of vLLM's own union, which counts where a body has more than one spelling.
  const spellings = [
    [body.queries, body.documents],
    [body.queries, body.items],
    [body.data_1, body.data_2],
    [body.text_1, body.text_2],
  ] as const;
  for (const [queries, documents] of spellings) {
    if (queries !== undefined && queries !== null && documents !== undefined && documents !== null)
      return [listOf(queries), listOf(documents)];
  }
  throw invalid("found no two lists", "Send text_1 and text_2, queries and documents, queries and items, or data_1 and data_2");
}

function listOf(texts: VllmScoreTexts): readonly string[] {
  return typeof texts === "string" ? [texts] : texts;
}

function invalid(what: string, advice: string): RerankError {
  return new RerankError("invalid-input", `vllm-score: ${what}. ${advice}.`);
}
