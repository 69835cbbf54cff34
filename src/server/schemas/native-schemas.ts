import { z } from "zod";
import { documentSchema, querySchema } from "../../dialects/schema-parts.ts";

/** Types of models whose keys the library checks, and whose use the server's policy. */
const otherTypes = ["custom", "remote", "fallback", "cascade", "fuse", "field", "none"] as const;

const modelSchema = z.union(
  [
    z.string(),
    z.looseObject({ type: z.literal("preset"), name: z.string() }),
    z.looseObject({ type: z.literal("plugin"), name: z.string() }),
    z.looseObject({ type: z.literal("hosted"), model: z.string() }),
    z.looseObject({ type: z.enum(["llm", "chat"]), llm: z.looseObject({ model: z.string() }) }),
    z.looseObject({ type: z.enum(otherTypes) }),
  ],
  { error: `expected a name, or an object of type ${["preset", "plugin", "hosted", "llm", "chat", ...otherTypes].join(", ")}` },
);

const integer = (least: number) => z.int().min(least).nullish();

/** `config`: each key in snake_case or camelCase. What keys there are is checked by the library, whose messages name the nearest one. */
const configSchema = z.looseObject({
  model: modelSchema.nullish(),
  top_k: integer(0).describe("How many results, after all were scored; default all."),
  topK: integer(0),
  threshold: z.number().nullish().describe("Leave out results scored below it."),
  truncation: z.enum(["longest_first", "only_second", "error"]).nullish(),
  truncation_side: z.enum(["left", "right"]).nullish().describe("Where a text that is too long is cut; default right."),
  truncationSide: z.enum(["left", "right"]).nullish(),
  max_length: integer(1).describe("Most tokens of a pair in this call; default what the model reads."),
  maxLength: integer(1),
  instruction: z.string().nullish(),
  fields: z.array(z.string()).min(1).nullish().describe("Fields of an object that make its text, in order."),
  return: z
    .array(z.enum(["logit", "tokens", "truncated", "model", "usage", "timings", "warnings"]))
    .nullish()
    .describe("More fields of each result, or of the reply."),
  on_error: z.enum(["fail", "partial"]).nullish().describe("Whether documents that a hosted model could not score are left out."),
  onError: z.enum(["fail", "partial"]).nullish(),
  batch_size: integer(1),
  batchSize: integer(1),
  max_rerank_duration_secs: z.number().positive().nullish(),
  maxRerankDurationSecs: z.number().positive().nullish(),
});

/** JSON of a native request; `config` is checked further by the library. */
export interface NativeRequestBody {
  query: string;
  documents: (string | Record<string, unknown>)[];
  config?: Record<string, unknown> | null | undefined;
}

export const nativeRequestSchema: z.ZodType<NativeRequestBody> = z
  .strictObject({ query: querySchema, documents: z.array(documentSchema), config: configSchema.nullish() }, { error: explainKeys })
  .meta({
    description: "Documents to put in order by how well they answer a query.",
    example: {
      query: "How to train a dog",
      documents: ["Cats are independent animals.", "Dog training requires patience."],
      config: { model: { type: "preset", name: "mini" }, top_k: 1 },
    },
  });

/** Says of keys that stand beside `config` where they belong. */
function explainKeys(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== "unrecognized_keys") return undefined;
  const known = Object.keys(configSchema.shape);
  const inside = issue.keys.filter((key) => known.includes(key)).map((key) => `config.${key}`);
  const shown = issue.keys.slice(0, 8).map((key) => JSON.stringify(key.slice(0, 60)));
  const advice = inside.length === 0 ? "Options stand in config" : `Send ${inside.join(", ")}`;
  return `unrecognized ${issue.keys.length === 1 ? "key" : "keys"} ${shown.join(", ")}. ${advice}`;
}

const resultSchema = z.looseObject({
  index: z.int().min(0),
  score: z.number(),
  document: documentSchema,
  logit: z.number().optional(),
  tokens: z.int().optional(),
  truncated: z.boolean().optional(),
});

export const nativeReplySchema: z.ZodType = z.object({
  results: z.array(resultSchema),
  model: z.string().optional(),
  usage: z.object({ documents: z.int(), tokens: z.int() }).optional(),
  timings: z.record(z.string(), z.number()).optional(),
  warnings: z.array(z.looseObject({ type: z.string(), message: z.string() })).optional(),
});

export const nativeErrorSchema: z.ZodType = z.object({
  error: z.object({ code: z.string(), message: z.string(), request_id: z.string().optional() }),
});
