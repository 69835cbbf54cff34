/** Generates the TypeScript declarations in `src/config/types.ts` from the configuration's schema. */
import type * as z from "zod/mini";
import { presets } from "../src/catalogue/presets.ts";
import { modelSchema, modelSchemas } from "../src/config/model-schema.ts";
import { providerPrefixes } from "../src/config/model-string.ts";
import { definitionOf, optionInfo, typeInfoOf, typeTextOf } from "../src/config/option.ts";
import { optionsSchema, settingsSchema } from "../src/config/schema.ts";
import { snakeCase } from "../src/values.ts";

type Schema = z.core.$ZodType;

/** Spelling of an object's keys: as crossrank uses them inside, or as users may write them. */
type Form = "checked" | "input";

/**
 * Declarations of every named type of the configuration, each after those that it needs.
 *
 * A shape whose keys have two spellings, or that holds such a shape, has two declarations: one with both spellings, for users, and
 * `Checked…` with camelCase only, as crossrank uses it inside.
 */
export function declareConfigTypes(): string {
  const declarations = new Map<string, string>([
    [
      "PresetName",
      literals(
        "PresetName",
        "Names of presets: see `listPresets()`.",
        presets.map(({ name }) => name),
      ),
    ],
    ["ProviderPrefix", literals("ProviderPrefix", "First segments of hosted models' names: see `listProviders()`.", providerPrefixes)],
  ]);
  for (const schema of [settingsSchema, optionsSchema, ...modelSchemas]) declare(schema, declarations);
  declarations.set("ModelReference", alias("ModelReference", modelSchema, unionOf(modelSchemas, "checked")));
  const inputs = `export type RerankerModelType = ${unionOf(modelSchemas, "input")};`;
  declarations.set("RerankerModelType", `${comment("An object that says where the scores come from, by its `type`.")}${inputs}\n`);
  return [...declarations.values()].join("\n");
}

function declare(schema: Schema, declarations: Map<string, string>): void {
  for (const part of partsOf(schema)) declare(part, declarations);
  const info = typeInfoOf(schema);
  if (info === undefined || declarations.has(info.name) || schema === modelSchema) return;
  const shape = shapeOf(schema);
  for (const form of hasTwoForms(schema) ? (["input", "checked"] as const) : (["checked"] as const)) {
    const name = nameOf(schema, form)!;
    const description = name === info.name ? info.description : `{@link ${info.name}} after the check: its keys in camelCase.`;
    if (shape === undefined) declarations.set(name, `${comment(description)}export type ${name} = ${bareType(schema, form)};\n`);
    else if (form === "input") declarations.set(name, inputDeclaration(name, description, shape));
    else declarations.set(name, checkedInterface(name, description, shape));
  }
}

function nameOf(schema: Schema, form: Form): string | undefined {
  const name = typeInfoOf(schema)?.name;
  if (schema === modelSchema) return form === "input" ? "ModelInput" : name;
  return name !== undefined && form === "checked" && hasTwoForms(schema) ? `Checked${name}` : name;
}

function checkedInterface(name: string, description: string, shape: z.core.$ZodShape): string {
  const properties = Object.entries(shape).map(([key, schema]) => property(key, schema, "checked", name));
  return `${comment(description)}export interface ${name} {\n${properties.join("")}}\n`;
}

/** Declares an input type. A required key with two spellings needs a union, because exactly one of them must be present. */
function inputDeclaration(name: string, description: string, shape: z.core.$ZodShape): string {
  const keys = Object.entries(shape);
  const isTwice = ([key, schema]: [string, Schema]): boolean => snakeCase(key) !== key && !isOptional(schema);
  const properties = keys
    .filter((entry) => !isTwice(entry))
    .flatMap(([key, schema]) => spellingsOf(key).map((spelling) => property(spelling, schema, "input", name)));
  const body = `{\n${properties.join("")}}`;
  const required = keys.filter(isTwice);
  if (required.length === 0) {
    const isGeneric = /\bD\b/.test(body);
    const ignore = isGeneric ? "// biome-ignore lint/suspicious/noExplicitAny: the documents of a configuration may be of any type\n" : "";
    return `${comment(description)}${ignore}export interface ${name}${isGeneric ? "<D = any>" : ""} ${body}\n`;
  }
  const either = required.map(([key, schema]) => {
    const [camelCase, snake] = spellingsOf(key) as [string, string];
    const absent = (spelling: string): string => `${comment(documentationOf(schema))}${spelling}?: never`;
    return ` & (\n| {\n${property(camelCase, schema, "input", name)} ${absent(snake)} }\n| {\n${property(snake, schema, "input", name)} ${absent(camelCase)} })`;
  });
  return `${comment(description)}export type ${name} = ${body}${either.join("")};\n`;
}

function property(key: string, schema: Schema, form: Form, owner: string): string {
  const type = (form === "input" ? optionInfo.get(schema)?.userType : undefined) ?? typeOf(schema, form);
  const ignore = /\bany\b/.test(type)
    ? "// biome-ignore lint/suspicious/noExplicitAny: a function on the caller's own document type fits\n"
    : "";
  // Where the type may be absent, `withShortForms` fills it in.
  const mayBeAbsent = isOptional(schema) || (form === "input" && owner === "ClassificationHead" && key === "type");
  const documentation = definitionOf(schema).type === "literal" ? `Makes it a ${owner.replace("Checked", "")}.` : documentationOf(schema);
  return `${comment(documentation)}${ignore}${/^\w+$/.test(key) ? key : JSON.stringify(key)}${mayBeAbsent ? "?" : ""}: ${type};\n`;
}

function documentationOf(schema: Schema): string {
  const info = optionInfo.get(schema);
  if (info === undefined) return "";
  if (info.default === undefined) return info.description;
  return `${info.description} @default ${Array.isArray(info.default) ? "[]" : info.default}`;
}

function literals(name: string, description: string, values: readonly string[]): string {
  return `${comment(description)}export type ${name} = ${values.map((value) => JSON.stringify(value)).join(" | ")};\n`;
}

function alias(name: string, schema: Schema, type: string): string {
  return `${comment(typeInfoOf(schema)!.description)}export type ${name} = ${type};\n`;
}

function typeOf(schema: Schema, form: Form): string {
  return nameOf(schema, form) ?? bareType(schema, form);
}

function bareType(schema: Schema, form: Form): string {
  const text = typeTextOf(schema);
  if (text !== undefined) return text;
  const def = definitionOf(schema);
  switch (def.type) {
    case "optional":
      return typeOf(def.innerType, form);
    case "lazy":
      return typeOf(def.getter(), form);
    case "array": {
      const entry = typeOf(def.element, form);
      return /[ |]/.test(entry) ? `readonly (${entry})[]` : `readonly ${entry}[]`;
    }
    case "union":
      return unionOf(def.options, form);
    case "literal":
      return def.values.map((value) => JSON.stringify(value)).join(" | ");
    case "enum":
      return Object.values(def.entries)
        .map((value) => JSON.stringify(value))
        .join(" | ");
    case "string":
    case "number":
    case "boolean":
      return def.type;
    default:
      throw new Error(`config-types: no TypeScript for a schema of type ${def.type}. Use customType.`);
  }
}

function unionOf(schemas: readonly Schema[], form: Form): string {
  return schemas.map((schema) => typeOf(schema, form)).join(" | ");
}

function hasTwoForms(schema: Schema): boolean {
  // A model inside a model.
  if (schema === modelSchema || definitionOf(schema).type === "lazy") return true;
  const shape = shapeOf(schema);
  const isSpelledTwice = shape !== undefined && Object.keys(shape).some((key) => snakeCase(key) !== key);
  return isSpelledTwice || partsOf(schema).some(hasTwoForms);
}

/** The schemas inside a schema, without recursive ones: those are used by name and declared separately. */
function partsOf(schema: Schema): readonly Schema[] {
  const def = definitionOf(schema);
  if (def.type === "optional") return [def.innerType];
  if (def.type === "array") return [def.element];
  if (def.type === "union") return def.options;
  return Object.values(shapeOf(schema) ?? {});
}

function shapeOf(schema: Schema): z.core.$ZodShape | undefined {
  const def = definitionOf(schema);
  return def.type === "object" ? def.shape : undefined;
}

function isOptional(schema: Schema): boolean {
  return schema._zod.def.type === "optional";
}

function spellingsOf(key: string): string[] {
  return [...new Set([key, snakeCase(key)])];
}

function comment(text: string): string {
  if (text === "") return "";
  const lines = text.split("\n");
  return lines.length === 1 ? `/** ${text} */\n` : `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join("\n")}\n */\n`;
}
