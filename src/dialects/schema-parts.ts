/** Parts of schemas that several dialects share. Only the server's schemas use them, so bundles for browsers leave them out. */
import * as z from "zod/mini";

/** A key that clients may leave out or send as null. */
type Nullish<T> = z.ZodMiniOptional<z.ZodMiniNullable<z.ZodMiniType<T>>>;

/** A document: a text, or an object, which a reply repeats unchanged. */
export const documentSchema: z.ZodMiniType<string | Record<string, unknown>> = z.union([z.string(), z.record(z.string(), z.unknown())], {
  error: "expected a string or an object",
});

/** A query. The library refuses a blank one; the pattern shows this in the OpenAPI document. */
export const querySchema: z.ZodMiniType<string> = z
  .string()
  .check(z.meta({ description: "What is looked for; not blank.", pattern: "\\S" }));

/** Any string. */
export const text: z.ZodMiniType<string> = z.string();
/** A list of strings. */
export const texts: z.ZodMiniType<string[]> = z.array(z.string());
/** A list of documents. */
export const documents: z.ZodMiniType<(string | Record<string, unknown>)[]> = z.array(documentSchema);

/**
 * FastAPI's services accept words and digits as booleans, and RAGFlow sends "true" to Xinference.
 *
 * @see https://docs.pydantic.dev/latest/api/standard_library_types/#booleans
 */
const booleanWord = z.stringbool({ truthy: ["true", "t", "yes", "y", "on", "1"], falsy: ["false", "f", "no", "n", "off", "0"] });

/** A boolean, or a word for one. */
export const flag: Nullish<boolean> = z.nullish(z.union([z.boolean(), booleanWord], { error: "expected a boolean" }));
/** A string that clients may leave out or send as null, such as a model's name. */
export const name: Nullish<string> = z.nullish(text);
/** A list of strings that clients may leave out or send as null. */
export const names: Nullish<string[]> = z.nullish(texts);

const atLeast = (min: number): z.ZodMiniType<number> => z.int().check(z.minimum(min));

/** A limit of results. vLLM's clients send 0 for all. */
export const count: Nullish<number> = integer(atLeast(0), /^\d{1,15}$/, " ≥ 0");
/** A limit of results, for self-hosted servers: −1 also means all. */
export const limit: Nullish<number> = integer(atLeast(-1), /^(?:-1|\d{1,15})$/, " ≥ -1");
/** A number of tokens, or −1. Not 0: it would leave nothing of a pair, and vLLM fails. */
const tokens: Nullish<number> = integer(z.union([z.literal(-1), atLeast(1)]), /^(?:-1|[1-9]\d{0,14})$/, " ≥ 1, or -1");

const side: Nullish<"left" | "right"> = z.nullish(z.enum(["left", "right"]));
/** Pinecone's and NIM's option for pairs that are too long. */
export const truncateWordSchema: Nullish<"END" | "NONE"> = z.nullish(z.enum(["END", "NONE"]));

/** The keys that nearly every request has. */
export const common: { model: Nullish<string>; query: z.ZodMiniType<string> } = { model: name, query: querySchema };
/** vLLM's keys for cutting pairs. */
export const cutting: { truncate_prompt_tokens: Nullish<number>; truncation_side: Nullish<"left" | "right"> } = {
  truncate_prompt_tokens: tokens,
  truncation_side: side,
};
/** vLLM's keys for requesting logits. */
export const activating: { use_activation: Nullish<boolean>; activation: Nullish<boolean> } = { use_activation: flag, activation: flag };

/** The index of a document, from 0. */
export const index: z.ZodMiniType<number> = atLeast(0);
/** A result with its score under `relevance_score`. */
export const relevance: { index: z.ZodMiniType<number>; relevance_score: z.ZodMiniType<number> } = { index, relevance_score: z.number() };
/** A document in a reply, as `{text}`. */
export const wrapped: z.ZodMiniType<{ text?: string | null | undefined }> = z.looseObject({ text: z.nullish(text) });
/** A document in a reply: any object. Its `text` may have any type. */
export const echoed: z.ZodMiniOptional<z.ZodMiniType<Record<string, unknown>>> = z.optional(z.record(z.string(), z.unknown()));
/** A string that a reply may leave out. */
export const optionalText: z.ZodMiniOptional<z.ZodMiniType<string>> = z.optional(text);
/** The tokens of a call, which a reply may leave out. */
export const usage: z.ZodMiniOptional<z.ZodMiniType<object>> = z.optional(z.looseObject({ total_tokens: z.int() }));
/** Cohere's `meta` object. */
export const cohereMetaSchema: z.ZodMiniType<object> = z.looseObject({ api_version: z.looseObject({ version: text }) });
/** TEI's reply, and llama.cpp's in TEI's format. */
export const bareResults: z.ZodMiniType = z.array(z.object({ index, score: z.number(), text: optionalText }));

/** Cohere's format of failures. */
export const messageError: z.ZodMiniType = z.looseObject({ message: text });
/** FastAPI's format of failures. */
export const detailError: z.ZodMiniType = z.looseObject({ detail: text });
/** OpenAI's format of failures, which many services copy. */
export const nestedError: z.ZodMiniType = z.looseObject({ error: z.looseObject({ message: text }) });

/** An integer, as a number or as a text of digits, which FastAPI's services also accept. @see https://docs.pydantic.dev/latest/concepts/conversion_table/ */
function integer(numbers: z.ZodMiniType<number>, digits: RegExp, expected: string): Nullish<number> {
  const written = z.pipe(z.string().check(z.regex(digits)), z.transform(Number));
  return z.nullish(z.union([numbers, written], { error: `expected an integer${expected}` }));
}
