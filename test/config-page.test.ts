/** The tables of options in docs/configuration.md say what the schema of a configuration says. `UPDATE_DOCS=1` writes them into the page. */
import { it } from "vitest";
import type * as z from "zod/mini";
import { definitionOf, optionInfo } from "../src/config/option.ts";
import { optionsSchema, settingsSchema } from "../src/config/schema.ts";
import { expectTable, rowOf } from "./support/tables.node.ts";

it("docs/configuration.md has a row for each key that makes a Reranker", () => {
  expectTable("docs/configuration.md", "| key | meaning | default |", rowsFor(settingsSchema, ""));
});

it("docs/configuration.md has a row for each option of a call", () => {
  expectTable("docs/configuration.md", "| option | meaning | default |", rowsFor(optionsSchema, ""));
});

/** One row for each key; keys of an object inside follow as `key.inner`. */
function rowsFor(schema: z.core.$ZodType, prefix: string): string[] {
  const def = definitionOf(schema);
  if (def.type === "optional") return rowsFor(def.innerType, prefix);
  if (def.type !== "object") return [];
  return Object.entries(def.shape).flatMap(([key, option]) => {
    const inner = rowsFor(option, `${prefix}${key}.`);
    if (inner.length > 0) return inner;
    const { description, default: standard } = optionInfo.get(option)!;
    return rowOf([`\`${prefix}${key}\``, description, Array.isArray(standard) ? "none" : codeOf(standard)]).replaceAll("\n", " ");
  });
}

/** Values as code, words as they are. */
function codeOf(standard: unknown): string {
  if (typeof standard !== "string") return `\`${String(standard)}\``;
  return /^[a-z_]+$/.test(standard) && standard.includes("_") ? `\`"${standard}"\`` : standard;
}
