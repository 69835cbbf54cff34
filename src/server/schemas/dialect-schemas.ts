/** What each dialect's bodies must look like. Unknown fields are ignored, as the services themselves do. */
import { z } from "zod";
import type { CohereV1RequestBody } from "../../dialects/cohere-v1.ts";
import type { CohereV2RequestBody } from "../../dialects/cohere-v2.ts";
import type { InfinityRequestBody } from "../../dialects/infinity.ts";
import type { JinaRequestBody } from "../../dialects/jina.ts";
import type { LlamaCppRequestBody, LlamaCppTextsRequestBody } from "../../dialects/llamacpp.ts";
import type { LocalAiRequestBody } from "../../dialects/localai.ts";
import type { MixedbreadRequestBody } from "../../dialects/mixedbread.ts";
import type { NimRequestBody } from "../../dialects/nim.ts";
import type { PineconeRequestBody } from "../../dialects/pinecone.ts";
import type { TeiRequestBody } from "../../dialects/tei.ts";
import type { TogetherRequestBody } from "../../dialects/together.ts";
import type { UnionRequestBody } from "../../dialects/union.ts";
import type { VllmRequestBody } from "../../dialects/vllm.ts";
import type { VllmScoreRequestBody } from "../../dialects/vllm-score.ts";
import type { VoyageRequestBody } from "../../dialects/voyage.ts";
import type { XinferenceRequestBody } from "../../dialects/xinference.ts";
import { documentSchema, querySchema } from "./native-schemas.ts";

const text = z.string();
const texts = z.array(text);
const documents = z.array(documentSchema);
/**
 * FastAPI's services read words and digits as truth values, and RAGFlow writes "true" to Xinference.
 *
 * @see https://docs.pydantic.dev/latest/api/standard_library_types/#booleans
 */
const word = z.stringbool({ truthy: ["true", "t", "yes", "y", "on", "1"], falsy: ["false", "f", "no", "n", "off", "0"] });
const flag = z.union([z.boolean(), word], { error: "expected a boolean" }).nullish();
const name = text.nullish();
/** An integer in JSON or, as FastAPI's services read it too, in a text. @see https://docs.pydantic.dev/latest/concepts/conversion_table/ */
const integer = (numbers: z.ZodType<number>, texts: RegExp, expected: string) =>
  z.union([numbers, z.string().regex(texts).transform(Number)], { error: `expected an integer${expected}` }).nullish();
/** 0 means all, as vLLM's clients write it. */
const count = integer(z.int().min(0), /^\d{1,15}$/, " ≥ 0");
/** Servers that people run themselves take −1 for all, too. */
const limit = integer(z.int().min(-1), /^(?:-1|\d{1,15})$/, " ≥ -1");
const names = z.array(text).nullish();
const usage = z.looseObject({ total_tokens: z.int() }).optional();
const index = z.int().min(0);

const common = { model: name, query: querySchema };
/** vLLM takes 0 and fails then: nothing is left of a pair. */
const tokens = integer(z.union([z.literal(-1), z.int().min(1)]), /^(?:-1|[1-9]\d{0,14})$/, " ≥ 1, or -1");
const side = z.enum(["left", "right"]).nullish();
const cutting = { truncate_prompt_tokens: tokens, truncation_side: side };
const activating = { use_activation: flag, activation: flag };
const vllmOptions = { model: name, ...cutting, ...activating, max_tokens_per_doc: count };
const truncateWord = z.enum(["END", "NONE"]).nullish();
const textOrTexts = z.union([text, texts], { error: "expected a string or a list of strings" }).nullish();

/** One of these pairs of lists has to be there; the codec looks for it. */
const pairSpellings = [
  ["text_1", "text_2"],
  ["queries", "documents"],
  ["queries", "items"],
  ["data_1", "data_2"],
];

/** What a request of each dialect is, once its schema has checked it. */
export interface DialectBodies {
  "cohere-v2": CohereV2RequestBody;
  "cohere-v1": CohereV1RequestBody;
  jina: JinaRequestBody;
  voyage: VoyageRequestBody;
  mixedbread: MixedbreadRequestBody;
  pinecone: PineconeRequestBody;
  together: TogetherRequestBody;
  nim: NimRequestBody;
  tei: TeiRequestBody;
  vllm: VllmRequestBody;
  "vllm-score": VllmScoreRequestBody;
  infinity: InfinityRequestBody;
  llamacpp: LlamaCppRequestBody;
  "llamacpp-texts": LlamaCppTextsRequestBody;
  xinference: XinferenceRequestBody;
  localai: LocalAiRequestBody;
  union: UnionRequestBody;
}

/** Names of the dialects beside our own. */
export type DialectName = keyof DialectBodies;

export const requests: { readonly [Name in DialectName]: z.ZodType<DialectBodies[Name]> } = {
  "cohere-v2": z.object({
    ...common,
    documents: texts,
    top_n: count,
    top_k: count,
    max_tokens_per_doc: count,
    priority: z.number().nullish(),
  }),
  "cohere-v1": z.object({
    ...common,
    documents,
    top_n: count,
    top_k: count,
    rank_fields: names,
    return_documents: flag,
    max_chunks_per_doc: count,
  }),
  jina: z.object({
    ...common,
    documents,
    top_n: count,
    top_k: count,
    return_documents: flag,
    truncation: flag,
    max_doc_length: count,
    return_embeddings: flag,
  }),
  voyage: z.object({
    ...common,
    documents: texts,
    top_k: count,
    top_n: count,
    return_documents: flag,
    truncation: flag,
  }),
  mixedbread: z.object({
    ...common,
    input: documents,
    rank_fields: names,
    top_k: count,
    top_n: count,
    return_input: flag,
    rewrite_query: flag,
  }),
  pinecone: z.object({
    ...common,
    documents,
    top_n: count,
    top_k: count,
    return_documents: flag,
    rank_fields: names,
    parameters: z.looseObject({ truncate: truncateWord }).nullish(),
  }),
  together: z.object({
    ...common,
    documents,
    top_n: count,
    top_k: count,
    return_documents: flag,
    rank_fields: names,
  }),
  nim: z.object({
    model: name,
    query: z.object({ text: querySchema }),
    passages: z.array(z.object({ text })),
    truncate: truncateWord,
  }),
  tei: z.object({
    query: querySchema,
    texts,
    truncate: flag,
    truncation_direction: z.enum(["Left", "left", "Right", "right"]).nullish(),
    raw_scores: flag,
    return_text: flag,
  }),
  vllm: z.object({
    query: querySchema,
    documents,
    top_n: limit,
    top_k: limit,
    ...vllmOptions,
  }),
  "vllm-score": z
    .object({
      text_1: textOrTexts,
      text_2: textOrTexts,
      queries: textOrTexts,
      documents: textOrTexts,
      items: textOrTexts,
      data_1: textOrTexts,
      data_2: textOrTexts,
      ...vllmOptions,
    })
    .meta({ anyOf: pairSpellings.map((required) => ({ required })) }),
  infinity: z.object({
    ...common,
    documents,
    return_documents: flag,
    raw_scores: flag,
    top_n: limit,
    top_k: limit,
  }),
  llamacpp: z.object({ ...common, documents, top_n: limit, top_k: limit }),
  "llamacpp-texts": z
    .object({
      ...common,
      // Its presence asks for this form; the documents may stand where they always do.
      texts: z.union([texts, z.boolean()], { error: "expected a list of strings, or true beside documents" }),
      documents: texts.nullish(),
      top_n: limit,
      top_k: limit,
      return_text: flag,
    })
    .refine(({ texts: list, documents: listed }) => Array.isArray(list) || Array.isArray(listed), {
      error: "expected a list of strings where there are no documents",
      path: ["texts"],
    }),
  xinference: z.object({
    ...common,
    documents,
    top_n: limit,
    top_k: limit,
    return_documents: flag,
    return_len: flag,
    max_chunks_per_doc: count,
    kwargs: name,
  }),
  localai: z.object({ ...common, documents, top_n: limit, top_k: limit, backend: name }),
  union: z.object({
    ...common,
    documents,
    top_n: limit,
    top_k: limit,
    return_documents: flag,
    rank_fields: names,
    raw_scores: flag,
    ...activating,
    ...cutting,
    truncation: flag,
    max_tokens_per_doc: count,
    max_doc_length: count,
    max_chunks_per_doc: count,
  }),
};

const relevance = { index, relevance_score: z.number() };
const wrapped = z.looseObject({ text: text.nullish() });
/** An object comes back as it was, whatever its `text` is. */
const echoed = z.record(text, z.unknown()).optional();
const cohereMeta = z.looseObject({ api_version: z.looseObject({ version: text }) });

const bareResults = z.array(z.object({ index, score: z.number(), text: text.optional() }));
const unionReply = z.looseObject({
  id: text.optional(),
  model: text.optional(),
  results: z.array(z.object({ ...relevance, document: echoed })),
  usage,
  meta: cohereMeta.optional(),
});

export const replies: Readonly<Record<DialectName, z.ZodType>> = {
  "cohere-v2": z.object({ id: text.optional(), results: z.array(z.object(relevance)), meta: cohereMeta }),
  "cohere-v1": z.object({
    id: text.optional(),
    results: z.array(z.object({ ...relevance, document: echoed })),
    meta: cohereMeta,
  }),
  jina: unionReply,
  voyage: z.object({
    object: z.literal("list"),
    data: z.array(z.object({ ...relevance, document: text.optional() })),
    model: text.optional(),
    usage,
  }),
  mixedbread: z.looseObject({
    object: z.literal("list"),
    data: z.array(z.looseObject({ index, score: z.number(), input: documentSchema.optional() })),
    model: text.optional(),
    top_k: z.int(),
    return_input: z.boolean(),
  }),
  pinecone: z.looseObject({
    data: z.array(z.looseObject({ index, score: z.number() })),
    model: text.optional(),
    usage: z.looseObject({ rerank_units: z.number() }).optional(),
  }),
  together: z.looseObject({ object: z.literal("rerank"), results: z.array(z.object({ ...relevance, document: wrapped })), usage }),
  nim: z.object({ rankings: z.array(z.object({ index, logit: z.number() })) }),
  tei: bareResults,
  vllm: z.looseObject({ results: z.array(z.object({ ...relevance, document: wrapped })), usage }),
  "vllm-score": z.looseObject({
    object: z.literal("list"),
    data: z.array(z.object({ index, object: z.literal("score"), score: z.number() })),
    usage,
  }),
  infinity: z.looseObject({ object: z.literal("rerank"), results: z.array(z.object({ ...relevance, document: text.optional() })), usage }),
  llamacpp: z.looseObject({ object: z.literal("list"), results: z.array(z.object(relevance)), usage }),
  "llamacpp-texts": bareResults,
  xinference: z.looseObject({ id: text.optional(), results: z.array(z.object({ ...relevance, document: wrapped.nullable() })) }),
  localai: z.looseObject({ results: z.array(z.object({ ...relevance, document: wrapped.optional() })), usage }),
  union: unionReply,
};

const message = z.looseObject({ message: text });
const detail = z.looseObject({ detail: text });
const issue = z.looseObject({ loc: z.array(z.union([text, z.int()])), msg: text, type: text });
const nested = z.looseObject({ error: z.looseObject({ message: text }) });

export const errors: Readonly<Record<DialectName, z.ZodType>> = {
  "cohere-v2": message,
  "cohere-v1": message,
  jina: z.looseObject({ detail: text, errors: z.array(z.looseObject({ field: text, message: text, type: text })).optional() }),
  voyage: detail,
  mixedbread: z.looseObject({}),
  pinecone: nested,
  together: nested,
  nim: z.looseObject({}),
  tei: z.object({ error: text, error_type: z.enum(["Unhealthy", "Backend", "Overloaded", "Validation", "Tokenizer", "Empty"]) }),
  vllm: nested,
  "vllm-score": nested,
  infinity: z.union([nested, z.looseObject({ detail: z.array(issue) })]),
  llamacpp: nested,
  "llamacpp-texts": nested,
  xinference: detail,
  localai: nested,
  union: z.looseObject({ message: text, detail: text, code: text }),
};
