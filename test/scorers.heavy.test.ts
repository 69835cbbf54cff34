/** The behavior suites: one on every kind of scorer, one on backends that keep the protocol and on some that break it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BackendCheckOptions, backendChecks, type CreateBackend } from "../dist/testing.js";
import type { Scorer } from "../src/scorer.ts";
import { BackendRegistry } from "../src/scorers/backend/backend-registry.ts";
import { createPluginScorer } from "../src/scorers/backend/backend-scorer.ts";
import { createExternalScorer } from "../src/scorers/backend/external-scorer.ts";
import { openModule } from "../src/scorers/backend/module.node.ts";
import { type CompositeModel, createCompositeScorer } from "../src/scorers/combine/compose.ts";
import { createOnnxScorer } from "../src/scorers/local/local-scorer.node.ts";
import { createNetworkScorer } from "../src/scorers/network-scorers.ts";
import { scorerChecks } from "../src/testing/scorer-suite.ts";
import type {
  AiSdkRerankingModel,
  CheckedCustomModel,
  CheckedPresetModel,
  ModelReference,
  RerankDocument,
  RerankerBackend,
} from "../src/types.ts";
import { type ChatServer, knowingModel, networkWith, startChatServer } from "./support/chat-server.node.ts";
import { root } from "./support/command.node.ts";
import { startEngine, type TestEngine } from "./support/remote-engines.node.ts";
import { type ScriptedRequest, type ScriptedServer, startScriptedServer } from "./support/scripted-server.node.ts";

const byLength: RerankerBackend = { name: "length", rerank: (_query, documents) => documents.map((text) => text.length) };
const moduleSource = "export default { name: 'length', rerank: async (query, documents) => documents.map((text) => text.length) }";

/** One scorer that the suite runs on. */
interface Case {
  create: () => Scorer;
  documentOf?: (text: string) => RerankDocument;
  /** Checks that it must fail, by their names, with the reason. */
  exceptions?: Readonly<Record<string, string>>;
}

let provider: ScriptedServer;
let chat: ChatServer;
let engines: TestEngine[] = [];
beforeAll(async () => {
  provider = await startScriptedServer(({ body }: ScriptedRequest) => ({
    json: { results: (body.documents as string[]).map((text, index) => ({ index, relevance_score: text.length })).reverse() },
  }));
  chat = await startChatServer(knowingModel((text) => (text.length + 1) / 100));
  engines = await Promise.all([startEngine({ dialect: "crossrank" }), startEngine({ dialect: "crossrank" })]);
});
afterAll(() => Promise.all([provider, chat, ...engines].map((server) => server.close())));

function createLocal(model: CheckedPresetModel | CheckedCustomModel): Scorer {
  const options = { showDownloadProgress: false, allowDownload: true, scoreCacheBytes: 0 };
  return createOnnxScorer({ model, ...options, acceleration: { provider: "auto", workers: 1 } });
}

function createPlugin(backend: RerankerBackend | URL): Scorer {
  const registry = new BackendRegistry(openModule);
  registry.register(backend);
  return createPluginScorer(registry, "length");
}

function createChat(method: "pointwise" | "listwise"): Scorer {
  return createNetworkScorer({ type: "chat", method, llm: { model: "m", baseUrl: chat.baseUrl } }, networkWith());
}

function createComposite(model: CompositeModel): Scorer {
  return createCompositeScorer(model, (part) => {
    if (part.type === "external") return createExternalScorer(part.source);
    return createCompositeScorer(part as CompositeModel, () => createPlugin(byLength));
  });
}

const createProvider = (): Scorer => createNetworkScorer({ type: "llm", llm: { model: "cohere/m", baseUrl: provider.url } }, networkWith());
const lengths: ModelReference = { type: "external", source: (_query, documents) => documents.map((text) => text.length) };
const none: ModelReference = { type: "none" };
const sdkModel: AiSdkRerankingModel = {
  specificationVersion: "v3",
  provider: "test",
  modelId: "length",
  doRerank: async ({ documents }) => ({
    ranking: documents.values.map((text, index) => ({ index, relevanceScore: text.length })).reverse(),
  }),
};
const sameInAnyPlace = "keeps input order, and gives the same pair the same score in any place";
const endsOnAbort = "ends an aborted call with the signal's reason, and stays usable";
const isDoneAtOnce = { [endsOnAbort]: "all is done before anybody can abort" };

/** At least one of each type of model: a type that is missing does not compile. */
const cases: Readonly<Record<ModelReference["type"], Readonly<Record<string, Case>>>> = {
  preset: { local: { create: () => createLocal({ type: "preset", name: "mini" }) } },
  custom: { local: { create: () => createLocal({ type: "custom", modelId: `${root}/test/fixtures/models/tiny-bert` }) } },
  plugin: {
    "by object": { create: () => createPlugin(byLength) },
    "by module URL": { create: () => createPlugin(new URL(`data:text/javascript,${encodeURIComponent(moduleSource)}`)) },
  },
  external: {
    function: { create: () => createExternalScorer((_query, documents) => documents.map((text) => text.length)) },
    "model of the AI SDK": { create: () => createExternalScorer(sdkModel) },
  },
  hosted: { provider: { create: createProvider } },
  llm: { provider: { create: createProvider } },
  chat: {
    pointwise: { create: () => createChat("pointwise") },
    listwise: { create: () => createChat("listwise") },
  },
  remote: {
    "two engines": { create: () => createNetworkScorer({ type: "remote", urls: engines.map(({ url }) => url) }, networkWith()) },
  },
  fallback: { "of two": { create: () => createComposite({ type: "fallback", models: [lengths, none] }) } },
  cascade: {
    "of two": {
      create: () => createComposite({ type: "cascade", first: none, second: lengths, keep: 3 }),
      exceptions: { [sameInAnyPlace]: "only the best of the whole list get the second model's scores" },
    },
  },
  fuse: {
    weighted: { create: () => createComposite({ type: "fuse", models: [lengths, none], method: "weighted" }) },
    "reciprocal ranks": {
      create: () => createComposite({ type: "fuse", models: [lengths, none] }),
      exceptions: { [sameInAnyPlace]: "a rank depends on the rest of the list" },
    },
  },
  field: {
    "one number of each document": {
      create: () => createComposite({ type: "field", name: "length" }),
      documentOf: (text) => ({ text, length: text.length }),
      exceptions: isDoneAtOnce,
    },
  },
  none: { "no model": { create: () => createComposite({ type: "none" }), exceptions: isDoneAtOnce } },
};

const allCases = Object.entries(cases).flatMap(([type, ofType]) =>
  Object.entries(ofType).map(([name, tested]) => [`${type}, ${name}`, tested] as const),
);
describe.each(allCases)("scorer: %s", (_name, { create, documentOf, exceptions = {} }) => {
  const checks = scorerChecks(create, documentOf);
  it.each(checks.filter(({ name }) => !(name in exceptions)))("$name", ({ run }) => run());

  const excepted = Object.entries(exceptions).map(([name, reason]) => ({
    name,
    reason,
    check: checks.find((check) => check.name === name),
  }));
  // An exception that no longer holds is to go.
  it.each(excepted)("does not promise: $name, since $reason", async ({ check }) => {
    await expect(check!.run()).rejects.toMatchObject({ code: "inference", message: expect.stringContaining("scorerChecks") });
  });
});

/** Names of the checks that a backend fails. */
async function failures(createBackend: CreateBackend, options?: BackendCheckOptions): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of backendChecks(createBackend, options)) {
    await run().catch((error: unknown) => {
      expect(error).toMatchObject({ name: "RerankError" });
      failed.push(name);
    });
  }
  return failed;
}

describe("backendChecks", () => {
  it("passes a backend that keeps the protocol, synchronous or not", async () => {
    expect(await failures(() => byLength)).toEqual([]);
    expect(
      await failures(() => ({ ...byLength, rerank: async (query, documents, context) => byLength.rerank(query, documents, context) })),
    ).toEqual([]);
  });

  it.each<[string, string, RerankerBackend]>([
    [
      "a score too few",
      "gives one finite number per document",
      { name: "x", rerank: (_query, documents) => documents.slice(1).map(() => 1) },
    ],
    [
      "scores in another order",
      "keeps the order of the documents",
      { name: "x", rerank: (_query, documents) => documents.map((_text, index) => index) },
    ],
    [
      "duplicates scored once",
      "scores a document that is given twice alike in both places",
      { name: "x", rerank: (_query, documents) => documents.map((text, index) => (documents.indexOf(text) === index ? 1 : 0)) },
    ],
    [
      "NaN for an empty text",
      "scores empty, odd and very long texts",
      { name: "x", rerank: (_query, documents) => documents.map((text) => text.length / text.length) },
    ],
    [
      "a list that is sorted in place",
      "leaves the list of documents as it is",
      { name: "x", rerank: (_query, documents) => (documents as string[]).sort().map((text) => text.length) },
    ],
    [
      "other scores by rerankSync",
      "gives by rerankSync what it gives by rerank",
      { name: "x", rerank: (_query, documents) => documents.map(() => 1), rerankSync: (_query, documents) => documents.map(() => 2) },
    ],
  ])("finds %s", async (_fault, check, backend) => {
    expect(await failures(() => backend)).toContain(check);
  });

  it("finds a backend that can answer one call at a time only", async () => {
    let isBusy = false;
    const backend: RerankerBackend = {
      name: "x",
      async rerank(_query, documents) {
        if (isBusy) throw new RangeError("busy");
        isBusy = true;
        await new Promise(setImmediate);
        isBusy = false;
        return documents.map((text) => text.length);
      },
    };
    expect(await failures(() => backend)).toEqual(["answers concurrent first calls"]);
  });

  it("finds a backend that never settles after an abort, and one that does not survive its shutdown", async () => {
    const never: RerankerBackend = {
      name: "x",
      rerank: (_query, documents, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {});
          setImmediate(() => signal.aborted || resolve(documents.map((text) => text.length)));
        }),
    };
    expect(await failures(() => never, { timeoutMs: 200 })).toEqual(["settles after an abort, and answers the next call"]);
    let isDown = false;
    const mortal: RerankerBackend = {
      name: "x",
      shutdown: () => {
        isDown = true;
      },
      rerank: (_query, documents) => documents.map((text) => (isDown ? Number.NaN : text.length)),
    };
    const create = (): RerankerBackend => {
      isDown = false;
      return mortal;
    };
    expect(await failures(create)).toEqual(["shuts down, and works again when it is registered again"]);
  });
});
