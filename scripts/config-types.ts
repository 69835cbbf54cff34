/** Generates the TypeScript declarations in `src/config/types.ts` from the configuration's schema. */
import type * as z from "zod/mini";
import { modelSchema, modelSchemas } from "../src/config/model-schema.ts";
import { definitionOf, optionInfo, typeInfoOf, typeTextOf } from "../src/config/option.ts";
import { optionsSchema, settingsSchema } from "../src/config/schema.ts";
import { snakeCase } from "../src/values.ts";

type Schema = z.core.$ZodType;

/** Spelling of an object's keys: as crossrank uses them inside, or as users may write them. */
type Form = "checked" | "input";

/** Names of types whose input form has a name of its own. */
const inputNames: Readonly<Record<string, string>> = { ModelReference: "ModelInput", HeadConfig: "HeadInput" };

/**
 * Declarations of every named type of the configuration, each after those that it needs.
 *
 * A shape whose keys have two spellings, or that holds such a shape, has a second declaration `…Input` with both spellings.
 */
export function declareConfigTypes(): string {
  const declarations = new Map<string, string>();
  for (const schema of [settingsSchema, optionsSchema, ...modelSchemas]) declare(schema, declarations);
  declarations.set("ModelReference", alias("ModelReference", modelSchema, unionOf(modelSchemas, "checked")));
  const inputs = `export type RerankerModelType = ${unionOf(modelSchemas, "input")};`;
  declarations.set("RerankerModelType", `${comment("Where the scores come from, each key in camelCase or snake_case.")}${inputs}\n`);
  return [...declarations.values()].join("\n");
}

function declare(schema: Schema, declarations: Map<string, string>): void {
  for (const part of partsOf(schema)) declare(part, declarations);
  const info = typeInfoOf(schema);
  if (info === undefined || declarations.has(info.name) || schema === modelSchema) return;
  const { name } = info;
  const shape = shapeOf(schema);
  declarations.set(
    name,
    shape === undefined ? alias(name, schema, bareType(schema, "checked")) : checkedInterface(name, info.description, shape),
  );
  if (!hasInputForm(schema)) return;
  const inputDescription = `{@link ${name}} with each key in camelCase or snake_case.`;
  declarations.set(
    `${name}Input`,
    shape === undefined
      ? `${comment(inputDescription)}export type ${name}Input = ${bareType(schema, "input")};\n`
      : inputDeclaration(name, inputDescription, shape),
  );
}

function checkedInterface(name: string, description: string, shape: z.core.$ZodShape): string {
  const properties = Object.entries(shape).map(([key, schema]) => property(key, schema, "checked"));
  return `${comment(description)}export interface ${name} {\n${properties.join("")}}\n`;
}

/** Declares an input type. A required key with two spellings needs a union, because exactly one of them must be present. */
function inputDeclaration(name: string, description: string, shape: z.core.$ZodShape): string {
  const keys = Object.entries(shape);
  const isTwice = ([key, schema]: [string, Schema]): boolean => snakeCase(key) !== key && !isOptional(schema);
  const properties = keys
    .filter((entry) => !isTwice(entry))
    .flatMap(([key, schema]) => spellingsOf(key).map((spelling) => property(spelling, schema, "input")));
  const body = `{\n${properties.join("")}}`;
  const required = keys.filter(isTwice);
  if (required.length === 0) return `${comment(description)}export interface ${name}Input ${body}\n`;
  const either = required.map(([key, schema]) => {
    const [camelCase, snake] = spellingsOf(key) as [string, string];
    return ` & (\n| {\n${property(camelCase, schema, "input")} ${snake}?: never }\n| {\n${property(snake, schema, "input")} ${camelCase}?: never })`;
  });
  return `${comment(description)}export type ${name}Input = ${body}${either.join("")};\n`;
}

function property(key: string, schema: Schema, form: Form): string {
  const type = typeOf(schema, form);
  const ignore = /\bany\b/.test(type)
    ? "// biome-ignore lint/suspicious/noExplicitAny: a function on the caller's own document type fits\n"
    : "";
  return `${comment(documentationOf(schema))}${ignore}${/^\w+$/.test(key) ? key : JSON.stringify(key)}${isOptional(schema) ? "?" : ""}: ${type};\n`;
}

function documentationOf(schema: Schema): string {
  const info = optionInfo.get(schema);
  if (info === undefined) return "";
  if (info.default === undefined) return info.description;
  return `${info.description} @default ${Array.isArray(info.default) ? "[]" : info.default}`;
}

function alias(name: string, schema: Schema, type: string): string {
  return `${comment(typeInfoOf(schema)!.description)}export type ${name} = ${type};\n`;
}

function typeOf(schema: Schema, form: Form): string {
  const info = typeInfoOf(schema);
  if (info === undefined) return bareType(schema, form);
  return form === "input" && hasInputForm(schema) ? (inputNames[info.name] ?? `${info.name}Input`) : info.name;
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

function hasInputForm(schema: Schema): boolean {
  // A model inside a model.
  if (schema === modelSchema || definitionOf(schema).type === "lazy") return true;
  const shape = shapeOf(schema);
  const isSpelledTwice = shape !== undefined && Object.keys(shape).some((key) => snakeCase(key) !== key);
  return isSpelledTwice || partsOf(schema).some(hasInputForm);
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
