/** Each adapter in its real framework. */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as lancedb from "@lancedb/lancedb";
import { ContextualCompressionRetriever } from "@langchain/classic/retrievers/contextual_compression";
import type { Callbacks } from "@langchain/core/callbacks/manager";
import { Document } from "@langchain/core/documents";
import { BaseRetriever } from "@langchain/core/retrievers";
import { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import type { BaseNodePostprocessor } from "@llamaindex/core/postprocessor";
import { TextNode } from "@llamaindex/core/schema";
import { rerankWithScorer } from "@mastra/rag";
import { rerank as tanstackRerank } from "@tanstack/ai";
import { createProviderRegistry, customProvider, type RerankingModel, rerank } from "ai";
import type { RerankingModel as RerankingModel7 } from "ai-7";
import { Bool, Field, FixedSizeList, Float32, Int32, Int64, List, Schema, TimestampMillisecond, Utf8 } from "apache-arrow";
import { genkit } from "genkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCrossrank, crossrank } from "../../dist/adapters/ai-sdk.js";
import { defineCrossrank } from "../../dist/adapters/genkit.js";
import { createCrossrankReranker } from "../../dist/adapters/lancedb.js";
import { CrossrankRerank, progressEvent } from "../../dist/adapters/langchain.js";
import { createCrossrankPostprocessor } from "../../dist/adapters/llamaindex.js";
import { createCrossrankScorer } from "../../dist/adapters/mastra.js";
import { crossrankRerank } from "../../dist/adapters/tanstack-ai.js";
import { clearRerankerBackends, clearRerankers, RerankError, registerRerankerBackend } from "../../dist/index.js";
import { root, runCommand } from "../support/command.node.ts";
import { documents, query, rankedByLibrary } from "./server.node.ts";

/** The indices and scores that every adapter must give. */
let expected: { index: number; score: number }[];
/** How many documents each call to the backend had. */
const batches: number[] = [];

beforeAll(async () => {
  expected = await rankedByLibrary(documents);
  registerRerankerBackend({
    name: "lengths",
    version: "1",
    initialize: () => undefined,
    shutdown: () => undefined,
    async rerank(_query, texts) {
      batches.push(texts.length);
      return texts.map((text) => text.length);
    },
  });
});
afterAll(async () => {
  clearRerankerBackends();
  await clearRerankers();
});

/** Equal documents have equal scores, so their order is that of the list. */
const expectRanking = (actual: readonly { index: number; score: number }[], count = expected.length): void => {
  expect(actual.map(({ index }) => index)).toEqual(expected.slice(0, count).map(({ index }) => index));
  for (const [rank, { score }] of actual.entries()) expect(score).toBeCloseTo(expected[rank]!.score, 6);
};

describe("the programs of docs/frameworks.md", () => {
  const examples = join(root, "examples/frameworks");
  // Programs find their packages in a folder above them, as in a project of a user.
  const folder = join(root, "test/clients/node_modules/.examples");
  beforeAll(() => {
    const installed = join(root, "test/clients/node_modules/crossrank");
    if (!existsSync(installed)) symlinkSync(root, installed, "junction");
    cpSync(examples, folder, { recursive: true });
  });

  it.each(readdirSync(examples))("%s finds the right document", async (name) => {
    const { code, stdout, stderr } = await runCommand(process.execPath, [join(folder, name)], { cwd: folder });
    expect({ code, lastLine: stdout.trim().split("\n").at(-1), stderr: code === 0 ? "" : stderr }).toEqual({
      code: 0,
      lastLine: "Dog training requires patience.",
      stderr: "",
    });
  });
});

describe("Vercel AI SDK", () => {
  const rankingOf = async (model: RerankingModel, values: readonly (string | { text: string })[], options: object = {}) => {
    const { ranking } = await rerank<string | { text: string }>({ model, query, documents: [...values], ...options });
    return ranking.map(({ originalIndex, score }) => ({ index: originalIndex, score }));
  };

  it("ranks texts and objects, and cuts the list", async () => {
    expectRanking(await rankingOf(crossrank("mini"), documents));
    expectRanking(
      await rankingOf(
        crossrank(),
        documents.map((text) => ({ text })),
        { topN: 2 },
      ),
      2,
    );
  });

  it("is a provider for registries", async () => {
    const registry = createProviderRegistry({ crossrank });
    expectRanking(await rankingOf(registry.rerankingModel("crossrank:mini"), documents));
    const custom = customProvider({ rerankingModels: { best: crossrank("mini") } });
    expectRanking(await rankingOf(custom.rerankingModel("best"), documents));
    expect(() => registry.languageModel("crossrank:mini")).toThrow("reranking models only");
  });

  it("takes options for a model and for a call", async () => {
    const { score } = expected[1]!;
    expect(await rankingOf(createCrossrank({ threshold: score })("mini"), documents)).toHaveLength(2);
    expect(await rankingOf(crossrank("mini"), documents, { providerOptions: { crossrank: { threshold: score } } })).toHaveLength(2);
    const wrong = rankingOf(crossrank("mini"), documents, { providerOptions: { crossrank: { threshhold: 1 } } });
    await expect(wrong).rejects.toThrow("Did you mean threshold?");
  });

  it("passes warnings on", async () => {
    const { warnings } = await crossrank("mini").doRerank({
      query,
      documents: { type: "text", values: ["dog ".repeat(2000)] },
    });
    expect(warnings).toEqual([{ type: "other", message: expect.stringContaining("tokens") }]);
  });

  it("ends with the signal, as the AI SDK's own models do", async () => {
    await expect(rankingOf(crossrank("mini"), documents, { abortSignal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
  });

  it("has the types of version 7", () => {
    const model: RerankingModel7 = crossrank("mini");
    expect(model).toMatchObject({ specificationVersion: "v3", provider: "crossrank", modelId: "mini" });
  });
});

describe("LangChain", () => {
  class List3 extends BaseRetriever {
    override lc_namespace = ["test"];
    readonly found = documents.map((pageContent, index) => new Document({ pageContent, id: `id-${index}`, metadata: { index } }));
    override _getRelevantDocuments(): Promise<Document[]> {
      return Promise.resolve(this.found);
    }
  }

  it("compresses what a retriever finds, and tells its progress", async () => {
    const baseCompressor: BaseDocumentCompressor = new CrossrankRerank({ topN: 2 });
    expect(BaseDocumentCompressor.isBaseDocumentCompressor(baseCompressor)).toBe(true);
    const baseRetriever = new List3();
    const events: unknown[] = [];
    const callbacks: Callbacks = [{ handleCustomEvent: (name: string, data: unknown) => void events.push([name, data]) }];
    const found = await new ContextualCompressionRetriever({ baseCompressor, baseRetriever }).invoke(query, { callbacks });
    expectRanking(
      found.map(({ metadata }) => ({ index: metadata.index, score: metadata.relevanceScore })),
      2,
    );
    expect(found.map((document) => [document instanceof Document, document.id])).toEqual(
      expected.slice(0, 2).map(({ index }) => [true, `id-${index}`]),
    );
    expect(events.at(-1)).toEqual([progressEvent, { scored: documents.length, total: documents.length }]);
    expect(baseRetriever.found.map(({ metadata }) => metadata)).toEqual(documents.map((_, index) => ({ index })));
  });

  it("drops documents below a score", async () => {
    const compressor = new CrossrankRerank({ scoreThreshold: expected[1]!.score });
    expect(await compressor.compressDocuments(new List3().found, query)).toHaveLength(2);
  });
});

describe("LanceDB", () => {
  const folder = mkdtempSync(join(tmpdir(), "crossrank-lance-"));
  const schema = new Schema([
    new Field("id", new Int32()),
    new Field("body", new Utf8()),
    new Field("vector", new FixedSizeList(2, new Field("item", new Float32(), true))),
    new Field("tags", new List(new Field("item", new Utf8(), true)), true),
    new Field("flag", new Bool(), true),
    new Field("count", new Int64(), true),
    new Field("at", new TimestampMillisecond(), true),
  ]);
  let table: lancedb.Table;
  beforeAll(async () => {
    const connection = await lancedb.connect(folder);
    const rows = documents.map((body, id) => {
      return {
        id,
        body,
        vector: [id / 10, 1],
        tags: ["a", String(id)],
        flag: id % 2 === 0,
        count: 2n ** 60n + BigInt(id),
        at: new Date(1e12 + id),
      };
    });
    table = await connection.createTable("documents", lancedb.makeArrowTable(rows, { schema }));
    await table.createIndex("body", { config: lancedb.Index.fts() });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("reranks a hybrid search, and keeps all columns", async () => {
    const reranker: lancedb.rerankers.Reranker = createCrossrankReranker(lancedb, { column: "body" });
    const rows = await table.query().nearestTo([0, 1]).fullTextSearch(query).rerank(reranker).limit(documents.length).toArray();
    // LanceDB keeps scores as 32-bit numbers.
    expectRanking(rows.map(({ id, _relevance_score }) => ({ index: id, score: _relevance_score })));
    const [first] = rows;
    expect([...first.tags]).toEqual(["a", String(first.id)]);
    expect([first.flag, first.count, Number(first.at)]).toEqual([first.id % 2 === 0, 2n ** 60n + BigInt(first.id), 1e12 + first.id]);
  });

  it("returns nothing where the search found nothing", async () => {
    const search = table.query().nearestTo([0, 1]).fullTextSearch(query).where("id > 1000");
    expect(await search.rerank(createCrossrankReranker(lancedb, { column: "body" })).toArray()).toEqual([]);
  });

  it("refuses a column that LanceDB would lose", async () => {
    const rows = [1, 2].map((id) => ({ text: `dog ${id}`, vector: [id, 1], source: { page: id } }));
    const connection = await lancedb.connect(folder);
    const withStructure = await connection.createTable("structures", rows);
    await withStructure.createIndex("text", { config: lancedb.Index.fts() });
    const search = withStructure.query().nearestTo([0, 1]).fullTextSearch("dog").rerank(createCrossrankReranker(lancedb));
    await expect(search.toArray()).rejects.toThrow('column "source": LanceDB does not keep its type');
  });

  it("names the column that is missing", async () => {
    const search = table.query().nearestTo([0, 1]).fullTextSearch(query).rerank(createCrossrankReranker(lancedb)).toArray();
    await expect(search).rejects.toThrow('column "text" is not among the selected columns');
  });
});

describe("TanStack AI", () => {
  it("ranks texts and objects", async () => {
    const { ranking, usage } = await tanstackRerank({ adapter: crossrankRerank("mini"), query, documents: [...documents], topN: 3 });
    expectRanking(ranking, 3);
    expect(usage.totalTokens).toBeGreaterThan(0);
  });

  it("takes options of a call, and fails as the library does", async () => {
    const options = { adapter: crossrankRerank("mini"), query, documents: [...documents] };
    const { ranking } = await tanstackRerank({ ...options, modelOptions: { threshold: expected[0]!.score } });
    expectRanking(ranking, ranking.length);
    await expect(tanstackRerank({ ...options, abortSignal: AbortSignal.abort() })).rejects.toBeInstanceOf(RerankError);
  });
});

describe("Mastra", () => {
  const results = documents.map((text, index) => ({ id: String(index), score: 0, metadata: { text } }));
  const options = { topK: 3, weights: { semantic: 1, vector: 0, position: 0 } };

  it("scores what a vector search found", async () => {
    const ranked = await rerankWithScorer({ results, query, scorer: createCrossrankScorer(), options });
    expectRanking(
      ranked.map(({ result, score }) => ({ index: Number(result.id), score })),
      3,
    );
  });

  it("makes one call of many", async () => {
    batches.length = 0;
    await rerankWithScorer({ results, query, scorer: createCrossrankScorer({ model: "plugin:lengths" }), options });
    expect(batches).toEqual([documents.length]);
  });
});

describe("Genkit", () => {
  it("ranks documents, and keeps their metadata", async () => {
    const ai = genkit({});
    const reranker = defineCrossrank(ai);
    const given = documents.map((text, index) => ({ content: [{ text }], metadata: { index } }));
    const ranked = await ai.rerank({ reranker, query, documents: given, options: { k: 2 } });
    expectRanking(
      ranked.map(({ metadata }) => ({ index: Number(metadata.index), score: metadata.score })),
      2,
    );
    const image = [{ content: [{ media: { url: "data:image/png;base64,AA==" } }] }];
    await expect(ai.rerank({ reranker, query, documents: image })).rejects.toThrow("documents[0]: has no text");
  });
});

describe("LlamaIndex", () => {
  it("postprocesses nodes, and leaves the given ones as they are", async () => {
    const nodes = documents.map((text) => ({ node: new TextNode({ text }), score: 0.5 }));
    const postprocessor: BaseNodePostprocessor = createCrossrankPostprocessor({ topN: 2 });
    for (const asked of [query, [{ type: "text" as const, text: query }]]) {
      const ranked = await postprocessor.postprocessNodes(nodes, asked);
      expectRanking(
        ranked.map(({ node, score }) => ({ index: nodes.findIndex((given) => given.node === node), score: score! })),
        2,
      );
    }
    expect(nodes.every(({ score }) => score === 0.5)).toBe(true);
    await expect(postprocessor.postprocessNodes(nodes)).rejects.toThrow("LlamaIndex passed no text");
  });
});
