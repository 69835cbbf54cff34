import { describe, expect, it } from "vitest";
import { modelSchemas } from "../config/model-schema.ts";
import { definitionOf } from "../config/option.ts";
import { configSchema } from "../config/schema.ts";
import { ownWords, union } from "../dialects/union.ts";
import type { ReadRequest, ServerView } from "./dialect.ts";
import { nativeDialect } from "./native-dialect.ts";
import { operatorKeys, operatorModelKeys, replyFields } from "./policy.ts";
import { routes } from "./routes.ts";
import { configComponent, configComponents } from "./schemas/native-schemas.ts";
import { validate } from "./validate.ts";

const types = modelSchemas
  .map((schema) => {
    const def = definitionOf(schema);
    return def.type === "object" ? [...def.shape.type!._zod.values!][0] : undefined;
  })
  .filter((type) => type !== "external"); // holds a function, which JSON cannot

/** What the native dialect makes of a `config`. */
const readNative = (config: object): ReadRequest => {
  const body = { query: "q", documents: ["d"], config };
  const view = { models: { served: [] }, options: { allowModels: true } } as unknown as ServerView;
  return nativeDialect.read(validate(nativeDialect.request, body), view, body);
};

describe("a request in our own format", () => {
  it.each(types)("may name a model of type %s: the policy says whether it is allowed", (type) => {
    const model = { type, name: "a", model: "a", llm: { model: "a" } };
    const body = { query: "q", documents: ["d"], config: { model } };
    expect(validate(nativeDialect.request, body)).toEqual(body);
  });

  it.each([
    [3, "config.model: expected a string, an object or a function, got 3."],
    [[], "config.model: expected a string, an object or a function, got an empty array."],
    [{}, 'config.model.type: expected "preset", "custom", "hosted", '],
    [{ type: "other" }, 'config.model.type: expected "preset", "custom", "hosted", '],
    [{ type: "hosted" }, "config.model.model: missing."],
    [{ type: "fallback", models: [{ type: "custom", model_id: 7 }] }, "config.model.models[0].model_id: expected a string"],
  ])("may not have the model %j", (model, message) => {
    expect(() => readNative({ model })).toThrow(message);
  });

  it.each([
    [{ top_k: -1 }, "config.top_k: expected an integer ≥ 0, got -1."],
    [{ topK: "3" }, 'config.topK: expected an integer ≥ 0, got "3".'],
    [{ top_kk: 3 }, "config.top_kk: unknown key. Did you mean top_k?"],
    [{ fields: ["a", 3] }, "config.fields[1]: expected a string"],
    [
      { return: ["usage", "logits"] },
      'config.return[1]: expected "logit", "tokens", "truncated", "model", "usage", "timings" or "warnings", got "logits".',
    ],
    [{ max_length: 5, maxLength: 5 }, "config: has both max_length and maxLength."],
  ])("may not have the config %j, and the message has the path as the client wrote it", (config, message) => {
    expect(() => readNative(config)).toThrow(message);
  });

  it("is described by the library's schema, but for what only the operator may set", () => {
    const { Config: config, ModelReference: model } = configComponents() as unknown as Record<
      string,
      { properties: Record<string, object> }
    >;
    const known = definitionOf(configSchema);
    const names = known.type === "object" ? Object.keys(known.shape) : [];
    expect(
      Object.keys(config!.properties)
        .filter((key) => names.includes(key))
        .sort(),
    ).toEqual(names.filter((key) => !operatorKeys.includes(key)).sort());
    expect(config!.properties.return).toMatchObject({ anyOf: [{ items: { enum: ["logit", "tokens", "truncated", ...replyFields] } }, {}] });
    const text = JSON.stringify(model);
    for (const key of operatorModelKeys) expect(text).not.toContain(`"${key}":`);
  });
});

describe("keys beside the documents at /rerank", () => {
  const { choose } = routes.find(({ path }) => path === "/rerank")!;
  const dialectOf = (body: object): string => choose({ query: "q", documents: ["d"], ...body }).name;
  const ownKeys = Object.keys(configComponents()[configComponent]!.properties!);

  it("are ours where they belong into config and no other reranker has them there", () => {
    const others = new Set([...union.requestFields].flatMap(([field, keys]) => (field === "topK" || field === "truncate" ? [] : keys)));
    expect([...ownWords].sort()).toEqual(ownKeys.filter((key) => !others.has(key)).sort());
    for (const key of ownWords) expect(dialectOf({ [key]: 1 }), key).toBe("native");
    expect(dialectOf({})).toBe("native");
    expect(dialectOf({ config: {}, model: "m" })).toBe("native");
  });

  it.each(["model", "top_n", "truncate_prompt_tokens", "truncation_side", "return_documents", "user", "priority", "anything"])(
    "are another reranker's: %s",
    (key) => {
      expect(dialectOf({ [key]: 1 })).toBe("union");
      expect(dialectOf({ [key]: 1, top_k: 2 })).toBe("union");
    },
  );

  it("may be Weaviate's, text-embeddings-inference's, llama.cpp's or Amazon Bedrock's", () => {
    expect(dialectOf({ property: "" })).toBe("weaviate");
    expect(dialectOf({ texts: true })).toBe("llamacpp-texts");
    expect(choose({ query: "q", texts: [] }).name).toBe("tei");
    expect(choose({ queries: [], sources: [] }).name).toBe("bedrock");
  });
});
