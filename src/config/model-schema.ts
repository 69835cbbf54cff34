/** The schema of a configuration's `model`: an object of a known type. Its short forms are a string, a function, and a model of the AI SDK. */
import * as z from "zod/mini";
import { isRecord } from "../values.ts";
import { parseModelString } from "./model-string.ts";
import {
  anyString,
  boolean,
  customType,
  documented,
  either,
  expected,
  httpUrl,
  integer,
  listOf,
  named,
  nonBlank,
  nonNegativeNumber,
  oneOf,
  optionInfo,
  quotedList,
  seconds,
  secret,
  secretRecord,
} from "./option.ts";
import { withShortForms } from "./read.ts";
import type { AiSdkRerankingModel, ModelReference, RerankFunction } from "./types.ts";

const token = (): z.ZodMiniType<number | string> => either(integer(0), nonBlank(), "a token's id (≥ 0) or the token");

const classificationHead = named(
  "ClassificationHead",
  "One logit for each class, from a classification head.",
  z.strictObject({
    type: z.literal("classification"),
    relevantClass: documented(either(integer(0), nonBlank(), "the index (≥ 0) or the label of a class"), {
      description: "Which class means “relevant”: its index, or its label in config.json's `id2label`.",
    }),
  }),
);

const tokenHead = named(
  "TokenHead",
  "Next-token logits of a causal language model, read at the end of the prompt: the logit of one token minus the logit of another.\n\n@see sentence-transformers 6.2 `cross_encoder/modules/logit_score.py`, which computes the same score",
  z.strictObject({
    type: z.literal("token"),
    trueToken: documented(token(), { description: 'The token that answers "relevant": its id, or a string that is one token.' }),
    falseToken: documented(z.exactOptional(token()), {
      description: 'The token that answers "not relevant". Without it, the score is the logit of `trueToken` alone.',
      default: "none",
    }),
  }),
);

const lateInteractionHead = named(
  "LateInteractionHead",
  "Token vectors of query and document, each encoded separately (ColBERT). The score is the sum, over the query's tokens, of the largest cosine with any token of the document (MaxSim). The defaults are those of ColBERT's checkpoints.\n\n@see https://arxiv.org/abs/2004.12832 §3.3, and stanford-futuredata/ColBERT `colbert/infra/config/settings.py`",
  z.strictObject({
    type: z.literal("late-interaction"),
    queryLength: documented(z.exactOptional(integer(8)), {
      description:
        "Tokens of every query, special ones included; ≥ 8. A longer query is cut; a shorter one is filled up with the mask token.",
      default: 32,
    }),
    documentLength: documented(z.exactOptional(integer(8)), {
      description: "Maximum tokens of a document, special ones included; ≥ 8.",
      default: 300,
    }),
    queryToken: documented(z.exactOptional(nonBlank()), {
      description: "The token that marks a query, after the first token.",
      default: "[unused0]",
    }),
    documentToken: documented(z.exactOptional(nonBlank()), { description: "The token that marks a document.", default: "[unused1]" }),
    skipPunctuation: documented(z.exactOptional(boolean()), {
      description: "Whether the comparison leaves out a document's ASCII punctuation.",
      default: true,
    }),
  }),
);

const headTypes = ["classification", "token", "late-interaction"] as const;
const head = named(
  "HeadConfig",
  "How the outputs of a model become one score.",
  withShortForms(
    z.discriminatedUnion("type", [classificationHead, tokenHead, lateInteractionHead], {
      error: ({ input }) => expected(quotedList(headTypes))({ input: typeOf(input) }),
    }),
    // The type may be absent: classification was once the only one.
    (value) => (isRecord(value) && typeOf(value) === undefined ? { ...value, type: "classification" } : value),
  ),
);

const template = named(
  "PromptTemplate",
  "A prompt with `{query}` and, after it, `{document}`, once each, and optionally `{instruction}` on a line of its own.\n\nSpecial tokens written in it are special. The line with `{instruction}` is left out where there is no instruction. A list is tokenized part by part and then joined, as the code of some publishers does it.",
  either(nonBlank(), listOf(anyString(), 1), "a string or a list of strings").check((context) => {
    const message = templateMistake(context.value);
    if (message !== undefined) context.issues.push({ code: "custom", input: context.value, path: [], message });
  }),
);

const maxLength = {
  description: "Maximum tokens of a query–document pair, special tokens included; ≥ 8.",
};

const preset = named(
  "PresetModel",
  "A preset of the catalogue: see `listPresets()`.",
  z.strictObject({
    type: z.literal("preset"),
    name: documented(nonBlank(), {
      description: "Name in the catalogue: see `listPresets()`.",
      userType: "PresetName | (string & {})",
    }),
    maxLength: documented(z.exactOptional(integer(8)), { ...maxLength, default: "the model's own limit" }),
    modelFile: documented(z.exactOptional(nonBlank()), {
      description: 'Another ONNX file of the same repository. `"auto"` takes the one that this processor runs fastest: see docs/models.md.',
      default: "the preset's",
    }),
    instruction: documented(z.exactOptional(anyString()), {
      description: "Replaces `{instruction}` in the preset's template.",
      default: "the preset's",
    }),
  }),
);

const custom = named(
  "CustomModel",
  "Any ONNX cross-encoder, on the hub or in a local folder.",
  z.strictObject({
    type: z.literal("custom"),
    modelId: documented(
      // `hf:` is only needed to distinguish a hub id from a provider's model. Here the type is already known.
      withShortForms(nonBlank(), (value) => (typeof value === "string" ? value.replace(/^hf:/, "") : value)),
      { description: "Hub id (`org/name`), or a folder: `./…`, `../…`, `/…`, `~…` or `file:…`." },
    ),
    modelFile: documented(z.exactOptional(nonBlank()), {
      description: 'Path inside the repository. `"auto"` takes the file that this processor runs fastest: see docs/models.md.',
      default: "onnx/model.onnx",
    }),
    additionalFiles: documented(z.exactOptional(listOf(nonBlank())), {
      description: "More files to download beside the model. External data that the graph names is found without them.",
      default: [],
    }),
    maxLength: documented(z.exactOptional(integer(8)), { ...maxLength, default: "the smaller of the tokenizer's limit and 512" }),
    revision: documented(z.exactOptional(nonBlank()), { description: "Branch, tag or commit.", default: "main" }),
    head: documented(z.exactOptional(head), {
      description: "What the outputs mean.",
      default: "classification; the relevant class is the only one, or the second of two",
    }),
    template: documented(z.exactOptional(template), {
      description: "The prompt that holds a pair, for models that read a prompt.",
      default: "the tokenizer's own way to join a pair",
    }),
    instruction: documented(z.exactOptional(anyString()), {
      description: "Replaces `{instruction}` in the template where a call has no `instruction` of its own.",
      default: "none: the line is left out",
    }),
  }),
);

const llmKeys = {
  model: documented(nonBlank(), { description: "`provider/model`, for example `cohere/rerank-v3.5`." }),
  apiKey: documented(z.exactOptional(secret()), {
    description: "Key of the provider. crossrank sends it only to the provider's own host, or to `baseUrl`.",
    default: "the provider's usual environment variable",
  }),
  baseUrl: documented(z.exactOptional(httpUrl()), {
    description: "Replaces everything before the last segment of the provider's URL.",
    default: "the provider's own",
  }),
  timeoutSecs: documented(z.exactOptional(seconds()), { description: "Maximum duration of one HTTP request, seconds; > 0.", default: 60 }),
  maxRetries: documented(z.exactOptional(integer(0)), {
    description: "Maximum retries of a request that failed for a passing reason; ≥ 0.",
    default: 3,
  }),
  headers: documented(z.exactOptional(secretRecord()), {
    description: "Headers to send with every request.",
    default: "none",
  }),
  client: documented(z.exactOptional(oneOf("crossrank", "liter-llm")), {
    description: '`"liter-llm"` sends requests by `@kreuzberg/liter-llm`, if it is installed and right for the provider.',
    default: "crossrank",
  }),
  region: documented(z.exactOptional(nonBlank()), { description: "Region of Amazon Bedrock.", default: "$AWS_REGION" }),
};
const llmConfig = named("LlmConfig", "Access to a hosted model.", z.strictObject(llmKeys));
const llm = named(
  "LlmModel",
  "A hosted reranker. {@link HostedModel} is the same without the inner object.",
  z.strictObject({ type: z.literal("llm"), llm: documented(llmConfig, { description: "The model and the access to it." }) }),
);
const hosted = named(
  "HostedModel",
  "A hosted reranker, by its provider and name.",
  z.strictObject({
    type: z.literal("hosted"),
    ...llmKeys,
    model: documented(llmKeys.model, { ...optionInfo.get(llmKeys.model)!, userType: "HostedModelName" }),
  }),
);

const chat = named(
  "ChatModel",
  "A chat model that judges relevance, behind any OpenAI-compatible endpoint.",
  z.strictObject({
    type: z.literal("chat"),
    method: documented(oneOf("pointwise", "listwise"), {
      description:
        "`pointwise` asks about one document at a time and reads the odds of yes; `listwise` has windows of documents put in order.",
    }),
    llm: documented(llmConfig, {
      description:
        "`model` is the endpoint's own name, without a provider. `baseUrl` ends before `/chat/completions`; its default is https://api.openai.com/v1.",
    }),
    windowSize: documented(z.exactOptional(integer(2)), { description: "Documents of one window, `listwise` only; ≥ 2.", default: 20 }),
    step: documented(z.exactOptional(integer(1)), {
      description: "How far a window moves toward the front, `listwise` only; ≥ 1, below `windowSize`.",
      default: 10,
    }),
    price: documented(
      z.exactOptional(
        named(
          "TokenPrice",
          "Price of a million tokens, in any currency.",
          z.strictObject({
            input: documented(nonNegativeNumber(), { description: "Price of a million tokens read; ≥ 0." }),
            output: documented(nonNegativeNumber(), { description: "Price of a million tokens written; ≥ 0." }),
          }),
        ),
      ),
      { description: "What a million tokens cost, in any currency; gives `usage.cost`.", default: "none" },
    ),
  }),
);

const remoteDialect = named(
  "RemoteDialect",
  "Names of the dialects that a remote engine may speak.",
  oneOf("crossrank", "tei", "vllm", "infinity", "llamacpp", "cohere", "jina", "xinference", "localai"),
);
const remote = named(
  "RemoteModel",
  "Engines that you run, several copies of one model. The least busy one answers, and another one where it fails.",
  z.strictObject({
    type: z.literal("remote"),
    urls: documented(listOf(httpUrl(), 1), { description: "Base URLs of engines that give equal scores; at least one." }),
    dialect: documented(z.exactOptional(remoteDialect), {
      description: "The HTTP format that the engines speak.",
      default: "what each engine's `/info` and `/v1/models` say",
    }),
    model: documented(z.exactOptional(nonBlank()), {
      description: "The engine's name of the model, where it serves several.",
      default: "its first",
    }),
    apiKey: documented(z.exactOptional(secret()), { description: "Key of the engines.", default: "none" }),
    headers: documented(z.exactOptional(secretRecord()), {
      description: "Headers to send with every request.",
      default: "none",
    }),
    timeoutSecs: documented(z.exactOptional(seconds()), {
      description: "Maximum duration of one HTTP request, seconds; > 0.",
      default: 60,
    }),
  }),
);

const field = named(
  "FieldModel",
  "Scores that object documents bring with them, for example those of a search engine.",
  z.strictObject({ type: z.literal("field"), name: documented(nonBlank(), { description: "Key of a number in each document." }) }),
);
const none = named("NoneModel", "No model: keeps the input order; all scores are 0.", z.strictObject({ type: z.literal("none") }));
const plugin = named(
  "PluginModel",
  "A backend registered with `registerRerankerBackend`.",
  z.strictObject({ type: z.literal("plugin"), name: documented(nonBlank(), { description: "The backend's name." }) }),
);

const part = z.lazy(() => modelSchema);
const parts = (): z.ZodMiniType<readonly ModelReference[]> => listOf(part, 1);

const fallback = named(
  "FallbackModel",
  "The first of several models that answers.",
  z.strictObject({
    type: z.literal("fallback"),
    models: documented(parts(), {
      description: 'The models, in the order in which they are tried; at least one. `{ type: "none" }` at the end never fails.',
    }),
  }),
);

const cascade = named(
  "CascadeModel",
  "A cheap model on all documents, a strong one on the best of them.",
  z.strictObject({
    type: z.literal("cascade"),
    first: documented(part, { description: "Scores all documents." }),
    second: documented(part, {
      description: "Scores the best documents again. They come first, whatever the other scores are.",
    }),
    keep: documented(integer(1), { description: "How many documents go on to the second model; ≥ 1." }),
  }),
);

const fuse = named(
  "FuseModel",
  "One order out of several.",
  z
    .strictObject({
      type: z.literal("fuse"),
      models: documented(parts(), {
        description: 'The models; at least one. `{ type: "field" }` stands for scores that the documents bring.',
      }),
      method: documented(z.exactOptional(oneOf("reciprocal_rank", "weighted")), {
        description: "Sum of reciprocal ranks, or weighted sum of scores that are scaled to [0, 1] within the call.",
        default: "reciprocal_rank",
      }),
      weights: documented(z.exactOptional(listOf(nonNegativeNumber(), 1)), {
        description: "One weight for each model; ≥ 0.",
        default: "1 each",
      }),
      k: documented(z.exactOptional(nonNegativeNumber()), { description: "The constant of reciprocal ranks; ≥ 0.", default: 60 }),
    })
    .check(({ value: { models, weights }, issues }) => {
      if (weights === undefined || weights.length === models.length) return;
      const message = `${weights.length} for ${models.length} models. Give one for each.`;
      issues.push({ code: "custom", input: weights, path: ["weights"], message });
    }),
);

const external = named(
  "ExternalModel",
  "A function or an AI SDK model, as the caller passed it.",
  z.strictObject({
    type: z.literal("external"),
    source: documented(
      customType<RerankFunction | AiSdkRerankingModel>(
        "RerankFunction | AiSdkRerankingModel",
        (value) => typeof value === "function" || isAiSdkModel(value),
        "a function or a reranking model of the AI SDK",
      ),
      { description: "The function or the model." },
    ),
  }),
);

const types = [preset, custom, hosted, llm, chat, remote, field, none, plugin, fallback, cascade, fuse, external] as const;
/** Every type of model, in the order of messages and documents. */
export const modelSchemas: readonly z.core.$ZodType[] = types;
const listedTypes = types.map((schema) => schema.shape.type.def.values[0]!).filter((type) => type !== "external");

/** What the `model` of a configuration may be. */
export const modelSchema: z.ZodMiniType<ModelReference> = named(
  "ModelReference",
  "Where the scores come from.",
  withShortForms(
    z.discriminatedUnion("type", types as unknown as [typeof preset], {
      error: ({ input }) => expected(quotedList(listedTypes))({ input: typeOf(input) }),
    }) as unknown as z.ZodMiniType<ModelReference>,
    (value, path) => {
      if (typeof value === "string") return parseModelString(value, path);
      if (typeof value === "function" || isAiSdkModel(value)) return { type: "external", source: value };
      return value;
    },
    "a string, an object or a function",
  ),
);

/** Checks the shape, not the class: each version and each copy of the AI SDK has its own classes. */
function isAiSdkModel(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as { doRerank?: unknown }).doRerank === "function";
}

/** The value's own `type`; `undefined` for null, which means "not set". */
function typeOf(value: unknown): unknown {
  return isRecord(value) && Object.hasOwn(value, "type") ? (value.type ?? undefined) : undefined;
}

function templateMistake(template: string | readonly string[]): string | undefined {
  const whole = typeof template === "string" ? template : template.join("\n");
  const count = (slot: string): number => whole.split(slot).length - 1;
  if (count("{query}") !== 1 || count("{document}") !== 1 || whole.indexOf("{document}") < whole.indexOf("{query}")) {
    return "expected {query} and, after it, {document}, once each. Put them where the texts belong.";
  }
  const line = whole.split("\n").find((text) => text.includes("{instruction}")) ?? "";
  if (count("{instruction}") > 1 || /\{query\}|\{document\}/.test(line)) {
    return "expected {instruction} at most once, and on a line without {query} and {document}: it is left out where there is no instruction.";
  }
  return undefined;
}
