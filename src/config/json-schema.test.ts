import { describe, expect, it } from "vitest";
import { configJsonSchema } from "./json-schema.ts";

interface JsonObject {
  properties: Record<string, object>;
  $defs: Record<string, { anyOf: [object, { oneOf: { properties: Record<string, object>; required: string[] }[] }] }>;
}

describe("configJsonSchema", () => {
  const schema = configJsonSchema(["cacheDir", "apiKey"]) as unknown as JsonObject;
  const models = schema.$defs.ModelReference;
  const [asString, { oneOf: asObjects }] = models!.anyOf;
  const typesOf = (objects: typeof asObjects): string[] => objects.map(({ properties }) => (properties.type as { const: string }).const);

  it("has each key in both spellings, with its meaning, or null", () => {
    for (const key of ["topK", "top_k"]) {
      expect(schema.properties[key]).toEqual({
        anyOf: [
          expect.objectContaining({ type: "integer", minimum: 0, description: expect.stringContaining("results") }),
          { type: "null" },
        ],
      });
    }
    expect(schema.properties.acceleration).toMatchObject({ anyOf: [{ properties: { device_id: {}, deviceId: {} } }, { type: "null" }] });
  });

  it("leaves out functions and the given keys, at any depth", () => {
    const text = JSON.stringify(schema);
    for (const key of ["signal", "onWarning", "on_warning", "cacheDir", "cache_dir", "apiKey", "api_key"]) {
      expect(text).not.toContain(`"${key}":`);
    }
    expect(text).toContain('"max_rerank_duration_secs":');
  });

  it("takes a model as a string or as an object of a known type", () => {
    expect(asString).toEqual({ type: "string" });
    const types = typesOf(asObjects);
    expect(types).toEqual(expect.arrayContaining(["preset", "custom", "hosted", "llm", "cascade"]));
    expect(asObjects[types.indexOf("preset")]!.required).toEqual(["type", "name"]);
  });

  it("leaves out models that need a function, or a key that is left out", () => {
    expect(typesOf(asObjects)).not.toContain("external");
    expect(typesOf(asObjects)).toContain("remote");
    const { $defs } = configJsonSchema(["urls"]) as unknown as JsonObject;
    expect(typesOf($defs.ModelReference!.anyOf[1].oneOf)).not.toContain("remote");
  });

  it("refers to its definitions by their names, wherever they are to be", () => {
    const referencesOf = (value: object): string[] => JSON.stringify(value).match(/"#[^"]+"/g) ?? [];
    expect(new Set(referencesOf(schema))).toEqual(new Set(['"#/$defs/ModelReference"']));
    expect(new Set(referencesOf(configJsonSchema([], "#/components/schemas/")))).toEqual(
      new Set(['"#/components/schemas/ModelReference"']),
    );
  });
});
