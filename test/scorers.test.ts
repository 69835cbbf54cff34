/** The behavior suites: one on every scorer, one on backends that keep the protocol and on some that break it. */
import { describe, expect, test } from "vitest";
import { type BackendCheckOptions, backendChecks, type CreateBackend } from "../dist/testing.js";
import { BackendRegistry } from "../src/scorers/backend/backend-registry.ts";
import { createPluginScorer } from "../src/scorers/backend/backend-scorer.ts";
import { openModule } from "../src/scorers/backend/module.node.ts";
import { createOnnxScorer } from "../src/scorers/local/local-scorer.node.ts";
import { scorerChecks } from "../src/testing/scorer-suite.ts";
import type { RerankerBackend } from "../src/types.ts";

const byLength: RerankerBackend = { name: "length", rerank: (_query, documents) => documents.map((text) => text.length) };
const moduleSource = "export default { name: 'length', rerank: async (query, documents) => documents.map((text) => text.length) }";

describe.each([
  [
    "onnx",
    () =>
      createOnnxScorer({
        model: { type: "preset", name: "mini" },
        showDownloadProgress: false,
        allowDownload: true,
        scoreCacheBytes: 0,
        acceleration: { provider: "auto", workers: 1 },
      }),
  ],
  [
    "plugin, by object",
    () => {
      const registry = new BackendRegistry(openModule);
      registry.register(byLength);
      return createPluginScorer(registry, "length");
    },
  ],
  [
    "plugin, by module URL",
    () => {
      const registry = new BackendRegistry(openModule);
      registry.register(new URL(`data:text/javascript,${encodeURIComponent(moduleSource)}`));
      return createPluginScorer(registry, "length");
    },
  ],
])("scorer: %s", (_name, createScorer) => {
  test.each(scorerChecks(createScorer))("$name", async ({ run }) => run());
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
  test("passes a backend that keeps the protocol, synchronous or not", async () => {
    expect(await failures(() => byLength)).toEqual([]);
    expect(
      await failures(() => ({ ...byLength, rerank: async (query, documents, context) => byLength.rerank(query, documents, context) })),
    ).toEqual([]);
  });

  test.each<[string, string, RerankerBackend]>([
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

  test("finds a backend that can answer one call at a time only", async () => {
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

  test("finds a backend that never settles after an abort, and one that does not survive its shutdown", async () => {
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
