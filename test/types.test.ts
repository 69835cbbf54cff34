/** The types that users write and read. The compiler checks them (`npm run check`); at run time, these tests only call. */
import { describe, expectTypeOf, it } from "vitest";
import type { FieldName, ModelInput, PresetName, RankOptions, RerankedDocument, RerankerConfig, RerankResult } from "../src/index.ts";
import { RerankerConfig as Config, createReranker, getPreset, rerank, rerankSync } from "../src/index.ts";
import type { RerankServerOptions } from "../src/server/index.ts";

interface Article {
  id: number;
  title: string;
  author?: { name: string; address: { city: string } } | null;
  tags: string[];
  extra: Record<string, unknown>;
  toHtml(): string;
}

/** Types only: never called. */
const never = (_body: () => unknown): void => undefined;
declare const articles: readonly Article[];

describe("fields", () => {
  it("are the keys of a document type, and paths into the objects under them", () => {
    expectTypeOf<"title" | "id" | "author" | "author.name" | "author.address" | "tags" | "extra">().toExtend<FieldName<Article>>();
    expectTypeOf<"author.address.city" | "tags.0" | "extra.anything">().toExtend<FieldName<Article>>();
    expectTypeOf<"titel">().not.toExtend<FieldName<Article>>();
    expectTypeOf<"author.nmae" | "title.length" | "toHtml" | "id.x">().not.toExtend<FieldName<Article>>();
    expectTypeOf<FieldName<{ a: string } | { b: { c: number } } | string>>().toEqualTypeOf<"a" | "b" | "b.c">();
  });

  it("are any string where the keys are not known", () => {
    expectTypeOf<FieldName<object>>().toEqualTypeOf<string>();
    expectTypeOf<FieldName<string>>().toEqualTypeOf<string>();
    expectTypeOf<FieldName<string | object>>().toEqualTypeOf<string>();
    expectTypeOf<FieldName<Record<string, unknown>>>().toEqualTypeOf<string>();
  });

  it("are checked in calls", () => {
    never(() => rerank("q", articles, { fields: ["title", "author.name"], top_k: 3 }));
    never(() => rerankSync("q", articles, { fields: ["author.address.city"] }));
    never(() => createReranker().rank("q", articles, { fields: ["tags"] }));
    // @ts-expect-error titel is no field of an article
    never(() => rerank("q", articles, { fields: ["titel"] }));
    // @ts-expect-error titel is no field of an article
    never(() => rerankSync("q", articles, { fields: ["title", "titel"] }));
    // @ts-expect-error titel is no field of an article
    never(() => createReranker().rank("q", articles, { fields: ["titel"] }));
  });
});

describe("text", () => {
  it("takes the caller's own documents", () => {
    never(() =>
      rerank("q", articles, {
        text: (article, index) => {
          expectTypeOf(article).toEqualTypeOf<Article>();
          expectTypeOf(index).toEqualTypeOf<number>();
          return article.title;
        },
      }),
    );
    never(() => rerank("q", articles, { text: ({ title }: { title: string }) => title }));
    // @ts-expect-error an article has no body
    never(() => rerank("q", articles, { text: (article) => article.body }));
    // @ts-expect-error the text is a string
    never(() => rerank("q", articles, { text: (article) => article.id }));
  });
});

describe("results", () => {
  it("carry the type of the documents, whatever the configuration", () => {
    never(() => expectTypeOf(rerank("q", articles)).resolves.toEqualTypeOf<RerankedDocument<Article>[]>());
    never(() => expectTypeOf(rerank("q", articles, {} as RerankerConfig)).resolves.toEqualTypeOf<RerankedDocument<Article>[]>());
    never(() => expectTypeOf(rerankSync("q", ["a", "b"] as string[], { topK: 1 })).toEqualTypeOf<RerankedDocument<string>[]>());
    never(() => expectTypeOf(createReranker().rank("q", articles)).resolves.toEqualTypeOf<RerankResult<Article>>());
  });
});

describe("configurations", () => {
  it("written without a document type fit calls with any documents", () => {
    const config: RerankerConfig = { fields: ["title"], text: (document) => String(document) };
    never(() => rerank("q", articles, config));
    never(() => rerank("q", ["a"], { ...config, topK: 3 }));
    never(() => rerank("q", articles, Config.parse({})));
    never(() => createReranker(config).rank("q", articles, {} as RankOptions));
  });

  it("take either spelling of a key, and refuse misspelled ones", () => {
    never(() => createReranker({ top_k: 1, maxRerankDurationSecs: 2, model: { type: "custom", model_id: "org/name" } }));
    // @ts-expect-error topk is neither spelling
    never(() => createReranker({ topk: 1 }));
    // @ts-expect-error one spelling of a required key
    never(() => createReranker({ model: { type: "custom", modelId: "org/name", model_id: "org/name" } }));
  });
});

describe("model names", () => {
  it("know the presets, and take any other string", () => {
    expectTypeOf<"mini" | "fast">().toExtend<PresetName>();
    expectTypeOf<"finest">().not.toExtend<PresetName>();
    expectTypeOf<string>().toExtend<ModelInput>();
    expectTypeOf<string>().toExtend<NonNullable<RerankServerOptions["models"]>[number]>();
    never(() => getPreset("a name from elsewhere" as string));
    never(() => createReranker({ model: { type: "preset", name: "a name from elsewhere" as string } }));
  });
});
