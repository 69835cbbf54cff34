import { describe, expect, it } from "vitest";
import { modelSchemas } from "../config/model-schema.ts";
import { definitionOf } from "../config/option.ts";
import { nativeDialect } from "./native-dialect.ts";
import { validate } from "./validate.ts";

const types = modelSchemas
  .map((schema) => {
    const def = definitionOf(schema);
    return def.type === "object" ? [...def.shape.type!._zod.values!][0] : undefined;
  })
  .filter((type) => type !== "external"); // holds a function, which JSON cannot

describe("a request in our own format", () => {
  it.each(types)("may name a model of type %s: the policy says whether it is allowed", (type) => {
    const model = { type, name: "a", model: "a", llm: { model: "a" } };
    const body = { query: "q", documents: ["d"], config: { model } };
    expect(validate(nativeDialect.request, body)).toEqual(body);
  });

  it.each([3, [], {}, { type: "other" }, { type: "hosted" }])("may not have the model %j", (model) => {
    const body = { query: "q", documents: ["d"], config: { model } };
    expect(() => validate(nativeDialect.request, body)).toThrow(
      "config.model: expected a name, or an object of type preset, plugin, hosted",
    );
  });
});
