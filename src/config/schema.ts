/**
 * The schema of a configuration: every key with its check, its default and its meaning.
 *
 * From it come the types in `types.ts`, the checks of every call, the OpenAPI component `Config`, and the tables of the docs.
 */
import * as z from "zod/mini";
import type { RerankWarning } from "../warnings.ts";
import { modelSchema } from "./model-schema.ts";
import {
  anyString,
  boolean,
  customType,
  documented,
  expected,
  finiteNumber,
  functionOf,
  integer,
  listOf,
  named,
  nonBlank,
  oneOf,
  seconds,
} from "./option.ts";
import { withShortForms } from "./read.ts";
import type { CheckedLongDocuments, CheckedRankOptions, CheckedRerankerSettings } from "./types.ts";

/** Defaults of options, if the default is a value. */
export const defaults = {
  model: "mini",
  showDownloadProgress: false,
  allowDownload: true,
  scoreCacheBytes: 0,
  provider: "auto",
  // A hundred calls of the maximum size of the HTTP interface.
  maxQueued: 100_000,
  truncation: "longest_first",
  truncationSide: "right",
  specialTokens: "neutralize",
  batchSize: 32,
  onError: "fail",
  longDocuments: "cut",
  aggregate: "max",
  select: "first",
  overlapTokens: 0,
} as const;

const acceleration = named(
  "Acceleration",
  "What a local model runs on, and how widely.",
  z.strictObject({
    provider: documented(
      z.exactOptional(
        named("Provider", "Execution providers of ONNX Runtime.", oneOf("auto", "cpu", "cuda", "coreml", "directml", "webgpu")),
      ),
      {
        description:
          'What runs the model. A named provider that is not available gives `missing-dependency`. `"auto"` is CUDA where its files were installed with the runtime, with a `fallback` warning and the CPU if CUDA cannot be opened; elsewhere the CPU.',
        default: defaults.provider,
      },
    ),
    deviceId: documented(z.exactOptional(integer(0)), { description: "Which device, for providers that have several; ≥ 0.", default: 0 }),
    threads: documented(z.exactOptional(integer(1)), {
      description: "Threads of one session; ≥ 1.",
      default: "planned from cores and model size",
    }),
    workers: documented(z.exactOptional(integer(1)), {
      description: "Sessions, each in a thread of its own; ≥ 1.",
      default: "planned from cores, memory and model size",
    }),
    idleSecs: documented(z.exactOptional(seconds()), {
      description: "Ends the threads after this many seconds without a call, to free their memory; > 0. The next call starts them again.",
      default: "never",
    }),
    maxQueued: documented(z.exactOptional(integer(1)), {
      description:
        "Maximum documents that may wait for a thread, over all calls; ≥ 1. A call that finds as many waiting fails with `overloaded`.",
      default: defaults.maxQueued,
    }),
  }),
);

/** Keys of a Reranker's settings: everything that changes a resource that it holds. */
const settingsShape = {
  model: documented(z.exactOptional(modelSchema), {
    description: 'A model, or one string that names it: `"fast"`, `"cohere/rerank-v3.5"`, `"org/name"`, `"hf:org/name"`, `"./folder"`.',
    default: defaults.model,
  }),
  showDownloadProgress: documented(z.exactOptional(boolean()), {
    description: "Shows a bar on stderr while a model downloads.",
    default: defaults.showDownloadProgress,
  }),
  allowDownload: documented(z.exactOptional(boolean()), {
    description: "Whether crossrank may download a model that is not on this machine. False gives `download`, as `HF_HUB_OFFLINE=1` does.",
    default: defaults.allowDownload,
  }),
  cacheDir: documented(z.exactOptional(nonBlank()), {
    description: "Folder of downloaded models.",
    default: "`$CROSSRANK_CACHE`, else `$XDG_CACHE_HOME/crossrank/rerankers`, else `~/.cache/crossrank/rerankers`",
  }),
  acceleration: documented(z.exactOptional(acceleration), {
    description: "What a local model runs on, and how widely.",
    default: "planned",
  }),
  scoreCacheBytes: documented(z.exactOptional(integer(0)), {
    description:
      "Memory for scores of pairs that were scored before, in bytes; ≥ 0, and 0 keeps none. Only for local models. `stats().scorer` has `cacheHits` and `cacheMisses`.",
    default: defaults.scoreCacheBytes,
  }),
  calibration: documented(z.exactOptional(nonBlank()), {
    description:
      "Path of a file that `crossrank eval calibrate` wrote for this very model: scores are its probabilities, not the sigmoid of the logit. The order stays that of the logits. Only for local models; read when the model is loaded. A missing file, or one fitted for another model, gives `invalid-input`.",
    default: "none",
  }),
};

const signal = customType<AbortSignal>(
  "AbortSignal",
  // Checks the shape, not instanceof: signals of another realm (jsdom, vm) and of polyfills are valid too.
  (value) =>
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<AbortSignal>).aborted === "boolean" &&
    typeof (value as Partial<AbortSignal>).addEventListener === "function" &&
    typeof (value as Partial<AbortSignal>).removeEventListener === "function",
  "an AbortSignal",
);

/** Names of the extra fields that a result can carry. */
export const resultFields = ["logit", "tokens", "truncated", "passage", "passages", "highlights"] as const;
const resultField = named("ResultField", "Names of the extra fields that a result can carry.", oneOf(...resultFields));
const cutDocuments = named("CutDocuments", "Reads of a long document only as much as fits.", z.strictObject({ type: z.literal("cut") }));

const passageOptions = named(
  "PassageOptions",
  "Reads a long document passage by passage.",
  z.strictObject({
    type: z.literal("passages"),
    aggregate: documented(
      z.exactOptional(
        named(
          "Aggregate",
          "How the scores of passages become the score of their document.",
          oneOf("max", "first", "mean-top-3", "decayed-sum"),
        ),
      ),
      {
        description:
          "Score of a document: that of its best passage (`max`) or of its `first`; `mean-top-3`, the mean of the three best; `decayed-sum`, where each further passage, the best first, counts half as much as the one before.",
        default: defaults.aggregate,
      },
    ),
    maxPassages: documented(z.exactOptional(integer(1)), {
      description: "Maximum passages of one document that are scored; ≥ 1. The others give an `unread-passages` warning.",
      default: "all",
    }),
    select: documented(
      z.exactOptional(named("PassageSelection", "Which passages are scored, if not all.", oneOf("first", "common-words"))),
      {
        description: "Which passages `maxPassages` keeps: the `first`, or those that have most words of the query (`common-words`).",
        default: defaults.select,
      },
    ),
    passageTokens: documented(z.exactOptional(integer(1)), {
      description: "Maximum tokens of a passage; ≥ 1.",
      default: "what fits beside the query",
    }),
    overlapTokens: documented(z.exactOptional(integer(0)), {
      description:
        "Maximum tokens, in whole sentences, that a passage repeats from the end of the one before; ≥ 0, at most half a passage.",
      default: defaults.overlapTokens,
    }),
    maxDocumentTokens: documented(z.exactOptional(integer(1)), {
      description: "Maximum tokens of one document that are read; ≥ 1. The rest gives an `unread-passages` warning.",
      default: "all",
    }),
    context: documented(z.exactOptional(listOf(nonBlank(), 1)), {
      description:
        "Fields of an object document, for example its title, whose text stands in front of each passage. They take at most a quarter of a passage's room.",
      default: "none",
    }),
  }),
);

/** What becomes of documents that do not fit. */
export const longDocumentsSchema: z.ZodMiniType<CheckedLongDocuments> = named(
  "LongDocuments",
  "What becomes of a document that the model cannot read at once.",
  withShortForms(
    z.discriminatedUnion("type", [cutDocuments, passageOptions], {
      error: expected('"cut", "passages" or an object with one of these as its type'),
    }) as unknown as z.ZodMiniType<CheckedLongDocuments>,
    (value) => {
      if (typeof value === "string") return { type: value };
      if (typeof value !== "object" || value === null || Array.isArray(value) || Object.hasOwn(value, "type")) return value;
      return { type: "passages", ...value };
    },
    '"cut", "passages" or an object',
  ),
);

/** Keys that belong to one call. */
const optionsShape = {
  topK: documented(z.exactOptional(integer(0)), { description: "How many results to return, after scoring all; ≥ 0.", default: "all" }),
  threshold: documented(z.exactOptional(finiteNumber()), { description: "Leaves out results with a lower score.", default: "none" }),
  truncation: documented(
    z.exactOptional(
      named("Truncation", "What to do with a pair that is longer than the model reads.", oneOf("longest_first", "only_second", "error")),
    ),
    {
      description:
        "For pairs that are too long: `longest_first` cuts the longer of query and document, `only_second` cuts the document, `error` refuses the pair. In a prompt, `longest_first` cuts the document, and the query beyond three quarters of the room.",
      default: defaults.truncation,
    },
  ),
  truncationSide: documented(
    z.exactOptional(
      named(
        "TruncationSide",
        "The side from which a text that is too long loses tokens: at `right` its end, at `left` its beginning.",
        oneOf("left", "right"),
      ),
    ),
    {
      description:
        "Where a text that is cut loses tokens: `right` cuts its end, `left` its beginning. Special tokens and a prompt's own words stay.",
      default: defaults.truncationSide,
    },
  ),
  maxLength: documented(z.exactOptional(integer(1)), {
    description:
      "Maximum tokens of a pair in this call, special tokens included (of a document for late interaction); ≥ 1. A number above what the model reads means what it reads.",
    default: "what the model reads",
  }),
  longDocuments: documented(z.exactOptional(longDocumentsSchema), {
    description:
      "For documents that do not fit beside the query: `cut` reads their beginning, with a warning; `passages` scores them passage by passage, and so reads every word. An object of type `passages` says more. A document that fits has the same score either way.",
    default: defaults.longDocuments,
    userType: '"cut" | "passages" | LongDocuments | Omit<PassageOptions, "type">',
  }),
  specialTokens: documented(
    withShortForms(z.exactOptional(oneOf("neutralize", "interpret")), (value) => (value === "neutralise" ? "neutralize" : value)),
    {
      description:
        "Special tokens (`[SEP]`, `</s>` and the like) typed inside a text: `neutralize` reads them as plain characters, `interpret` as the tokens that they spell.",
      default: defaults.specialTokens,
    },
  ),
  instruction: documented(z.exactOptional(anyString()), {
    description: "What counts as relevant, for models whose prompt has a place for it. Other models give a warning.",
    default: "the model's",
  }),
  batchSize: documented(z.exactOptional(integer(1)), {
    description: "Maximum pairs in one forward pass; ≥ 1. Changes no score: a dynamically quantized model always runs one pair a pass.",
    default: defaults.batchSize,
  }),
  onError: documented(z.exactOptional(oneOf("fail", "partial")), {
    description:
      "Whether documents that could not be scored fail the call, or are left out with a `partial` warning: those of a request that a hosted model refused; for local models, a document that cannot be tokenized, or is too long under truncation `error`.",
    default: defaults.onError,
  }),
  return: documented(z.exactOptional(listOf(resultField)), {
    description:
      "Extra fields of each result. For local models: `logit` (not for late interaction), `tokens`, `truncated`. With `longDocuments` `passages`: `passage`, `passages`, `highlights`.",
    default: [],
  }),
  fields: documented(z.exactOptional(listOf(nonBlank(), 1)), {
    description:
      "Fields of an object document that make its text, in this order: of one the value alone, of several a line `name: value` each. A dot leads into an object (`metadata.title`); a key that holds the dot itself comes first. A field that no document has gives a warning.",
    default: "the first of `text`, `pageContent`, `content`, `body`, `document`",
    userType: "readonly FieldName<D>[]",
  }),
  text: documented(z.exactOptional(functionOf<NonNullable<CheckedRankOptions["text"]>>("(document: any, index: number) => string")), {
    description: "A function that makes the text of a document; excludes `fields`.",
    default: "none",
    userType: "(document: D, index: number) => string",
  }),
  maxRerankDurationSecs: documented(z.exactOptional(seconds()), {
    description:
      "Maximum duration of one call, seconds; > 0. Downloading and loading never count. A model made of others takes the longest of its parts.",
    default: "60 for plugins, functions, hosted and remote models; none for local ones",
  }),
  signal: documented(z.exactOptional(signal), {
    description: "Ends the call with `aborted`, between two forward passes. The model stays usable.",
    default: "none",
  }),
  onWarning: documented(z.exactOptional(functionOf<(warning: RerankWarning) => void>("(warning: RerankWarning) => void")), {
    description: "Receives each warning as it arises.",
    default: "none",
  }),
  onProgress: documented(z.exactOptional(functionOf<(scored: number, total: number) => void>("(scored: number, total: number) => void")), {
    description:
      "Receives, as a call goes on, how many documents are scored, of how many. Only for local models, and not from `rerankSync`.",
    default: "none",
  }),
};

/** The settings of a Reranker. */
export const settingsSchema: z.ZodMiniType<CheckedRerankerSettings> = named(
  "RerankerSettings",
  "What makes a Reranker: whatever changes a resource that it holds.",
  z.strictObject(settingsShape),
);

/** The options of one call. */
export const optionsSchema: z.ZodMiniType<CheckedRankOptions> = named(
  "RankOptions",
  "What belongs to one call.",
  z.strictObject(optionsShape),
);

/** Settings and options in one object. */
export const configSchema: z.ZodMiniType<CheckedRerankerSettings & CheckedRankOptions> = z.strictObject({
  ...settingsShape,
  ...optionsShape,
});
