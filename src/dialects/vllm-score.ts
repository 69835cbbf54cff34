/** vLLM's scoring of pairs: `POST /score` and `/v1/score`. It does not rank, so it has a codec type of its own. */
import * as z from "zod/mini";
import { RerankError } from "../errors.ts";
import type { Maybe, ScoreCodec, ScoreRequest } from "./codec.ts";
import type { ScoringDialect } from "./definition.ts";
import { present } from "./present.ts";
import { spelledAs } from "./request-fields.ts";
import { type TokenUsage, tokenUsage } from "./results.ts";
import { index, nestedError, text, texts, usage } from "./schema-parts.ts";
import { decodeVllmOptions, encodeVllmError, type VllmOptions, vllmOptionKeys, vllmOptionSchemas, vllmVendor } from "./vllm.ts";

/** One text or a list of them. */
export type VllmScoreTexts = string | readonly string[];

/** A request: two lists, under one of four pairs of keys. */
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

const fields = spelledAs<VllmScoreRequestBody>({ model: "model", maxTokensPerDocument: "max_tokens_per_doc" });

/** @see https://github.com/vllm-project/vllm `vllm/entrypoints/pooling/scoring/protocol.py` at 004706d; `_validate_score_input_lens` */
export const vllmScore: ScoreCodec<VllmScoreRequestBody, VllmScoreReplyBody> = {
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

/** A request must have one of these pairs of keys. The codec finds it. */
const spellings: readonly (readonly [string, string])[] = [
  ["text_1", "text_2"],
  ["queries", "documents"],
  ["queries", "items"],
  ["data_1", "data_2"],
];

const textOrTexts = () => z.nullish(z.union([text, texts], { error: "expected a string or a list of strings" }));

/** The dialect for the server. */
export const vllmScoreDialect: ScoringDialect<VllmScoreRequestBody> = {
  scoreCodec: vllmScore,
  vendor: vllmVendor,
  paths: [
    { path: "/score", usedBy: "vLLM" },
    { path: "/v1/score", usedBy: "vLLM" },
    { path: "/vllm/score", usedBy: "base URL `http://HOST/vllm`" },
    { path: "/vllm/v1/score", usedBy: "base URL `http://HOST/vllm/v1`" },
  ],
  schemas: () => ({
    request: z
      .object({
        text_1: textOrTexts(),
        text_2: textOrTexts(),
        queries: textOrTexts(),
        documents: textOrTexts(),
        items: textOrTexts(),
        data_1: textOrTexts(),
        data_2: textOrTexts(),
        ...vllmOptionSchemas(),
      })
      .check(z.meta({ anyOf: spellings.map((required) => ({ required })) })),
    reply: z.looseObject({
      object: z.literal("list"),
      data: z.array(z.object({ index, object: z.literal("score"), score: z.number() })),
      usage,
    }),
    error: nestedError,
  }),
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
  // The order of vLLM's own union: if a body has several pairs of lists, the first counts.
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
