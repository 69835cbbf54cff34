import { z } from "zod";
import { configJsonSchema, type JsonSchema } from "../../config/json-schema.ts";
import { documentSchema, querySchema } from "../../dialects/schema-parts.ts";
import { operatorKeys, operatorModelKeys, returnSchema } from "../policy.ts";

/** `config` as far as the server reads it. The library checks what is in it: see `parseAllowedConfig`. */
export const nativeConfigSchema: z.ZodType<Record<string, unknown>> = z.record(z.string(), z.unknown());

/** Name of the OpenAPI component that says what {@link nativeConfigSchema} may hold. */
export const configComponent = "Config";

let components: Record<string, JsonSchema> | undefined;

/** The OpenAPI components of a request's `config`: the library's own schema without what only the operator may set. */
export function configComponents(): Record<string, JsonSchema> {
  components ??= describeConfig();
  return components;
}

function describeConfig(): Record<string, JsonSchema> {
  const { $defs, ...config } = configJsonSchema([...operatorKeys, ...operatorModelKeys], "#/components/schemas/");
  const { $schema, ...fields } = z.toJSONSchema(returnSchema);
  const asked = { anyOf: [{ ...fields, description: "More fields of each result, or of the reply." }, { type: "null" }] } as JsonSchema;
  const description = "Which model, and the options of the call, each key in snake_case or camelCase.";
  return { [configComponent]: { ...config, description, properties: { ...config.properties, return: asked } }, ...$defs };
}

/** JSON of a native request. */
export interface NativeRequestBody {
  query: string;
  documents: (string | Record<string, unknown>)[];
  config?: Record<string, unknown> | null | undefined;
}

/** A request in crossrank's own format. */
export const nativeRequestSchema: z.ZodType<NativeRequestBody> = z
  .strictObject({ query: querySchema, documents: z.array(documentSchema), config: nativeConfigSchema.nullish() }, { error: explainKeys })
  .meta({
    description: "Documents to put in order by how well they answer a query.",
    example: {
      query: "How to train a dog",
      documents: ["Cats are independent animals.", "Dog training requires patience."],
      config: { model: { type: "preset", name: "mini" }, top_k: 1 },
    },
  });

/** The message for unknown keys. For options that are outside `config`, it says where they belong. */
function explainKeys(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== "unrecognized_keys") return undefined;
  const known = Object.keys(configComponents()[configComponent]!.properties!);
  const inside = issue.keys.filter((key) => known.includes(key)).map((key) => `config.${key}`);
  const shown = issue.keys.slice(0, 8).map((key) => JSON.stringify(key.slice(0, 60)));
  const advice = inside.length === 0 ? "Options stand in config" : `Send ${inside.join(", ")}`;
  return `unrecognized ${issue.keys.length === 1 ? "key" : "keys"} ${shown.join(", ")}. ${advice}`;
}

const resultSchema = z.looseObject({
  index: z.int().min(0),
  score: z.number(),
  relevance_score: z.number().describe("The score once more, for clients of other rerankers."),
  document: documentSchema,
  logit: z.number().optional(),
  tokens: z.int().optional(),
  truncated: z.boolean().optional(),
});

/** A reply in crossrank's own format. */
export const nativeReplySchema: z.ZodType = z.object({
  results: z.array(resultSchema),
  model: z.string().optional(),
  usage: z.object({ documents: z.int(), tokens: z.int() }).optional(),
  timings: z.record(z.string(), z.number()).optional(),
  warnings: z.array(z.looseObject({ type: z.string(), message: z.string() })).optional(),
});

/** A failure in crossrank's own format. */
export const nativeErrorSchema: z.ZodType = z.object({
  error: z.object({ code: z.string(), message: z.string(), request_id: z.string().optional() }),
});
