import * as z from "zod/mini";
import { snakeCase } from "../values.ts";
import { modelSchema } from "./model-schema.ts";
import { optionInfo, typeInfoOf } from "./option.ts";
import { configSchema } from "./schema.ts";

/** A schema in JSON Schema. */
export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** What {@link configJsonSchema} gives. */
export interface ConfigJsonSchema extends JsonSchema {
  properties: Record<string, JsonSchema>;
  $defs: Record<string, JsonSchema>;
}

/**
 * JSON Schema (draft 2020-12) of a configuration as users may write it: each key in camelCase or snake_case, `null` for "not set". What the
 * schema refers to is in its `$defs`.
 *
 * It leaves out options that JSON cannot hold (functions, signals), and models that need one. It does not require a key that has two
 * spellings; crossrank itself checks that one of them is present.
 *
 * @param leaveOut keys, in camelCase, to leave out at any depth
 * @param definitions what references begin with; @default `#/$defs/`
 * @see https://json-schema.org/draft/2020-12
 */
export function configJsonSchema(leaveOut: readonly string[] = [], definitions = "#/$defs/"): ConfigJsonSchema {
  const metadata = z.registry<{ id: string }>();
  metadata.add(modelSchema, { id: typeInfoOf(modelSchema)!.name });
  const { $schema, ...schema } = z.toJSONSchema(configSchema, {
    metadata,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const info = optionInfo.get(zodSchema);
      if (info !== undefined) jsonSchema.description = info.description;
      if (info?.default !== undefined && typeof info.default !== "string") Object.assign(jsonSchema, { default: info.default });
      if ((zodSchema as z.core.$ZodType) !== modelSchema) return;
      const { oneOf } = jsonSchema;
      delete jsonSchema.oneOf;
      jsonSchema.anyOf = [{ type: "string" }, { oneOf: oneOf! }];
    },
  });
  const spelled = withBothSpellings(schema, new Set(leaveOut));
  return JSON.parse(JSON.stringify(spelled).replaceAll('"#/$defs/', `"${definitions}`)) as ConfigJsonSchema;
}

/** The same schema, with every key of every object in both spellings. */
function withBothSpellings(value: unknown, leaveOut: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !needsWhatIsLeftOut(item, leaveOut)).map((item) => withBothSpellings(item, leaveOut));
  }
  if (typeof value !== "object" || value === null) return value;
  const schema = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withBothSpellings(item, leaveOut)])) as JsonSchema;
  const { properties, required = [] } = schema;
  if (schema.type !== "object" || properties === undefined) return schema;
  const spelled = Object.entries(properties)
    .filter(([key, property]) => !leaveOut.has(key) && !isUnrepresentable(property))
    .flatMap(([key, property]) =>
      [...new Set([key, snakeCase(key)])].map((spelling) => [spelling, nullable(property, required.includes(key))]),
    );
  return {
    ...schema,
    properties: Object.fromEntries(spelled),
    required: required.filter((key) => snakeCase(key) === key && !leaveOut.has(key)),
  };
}

/** Whether an object needs a key that is left out, or that JSON cannot hold. */
function needsWhatIsLeftOut({ properties = {}, required = [] }: JsonSchema, leaveOut: ReadonlySet<string>): boolean {
  return required.some((key) => leaveOut.has(key) || isUnrepresentable(properties[key]!));
}

function nullable(property: z.core.JSONSchema._JSONSchema, isRequired: boolean): z.core.JSONSchema._JSONSchema {
  return isRequired ? property : { anyOf: [property as JsonSchema, { type: "null" }] };
}

/** Whether a schema allows any value: then JSON cannot represent its real values, for example functions. */
function isUnrepresentable(schema: z.core.JSONSchema._JSONSchema): boolean {
  return typeof schema === "object" && Object.keys(schema).every((key) => key === "description");
}
