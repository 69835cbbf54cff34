/** Backends of the user's own, by object and by module URL. */
import { afterEach, describe, expect, it } from "vitest";
import {
  clearRerankerBackends,
  createReranker,
  listRerankerBackends,
  type RerankerBackend,
  type RerankWarning,
  registerRerankerBackend,
  rerank,
  rerankSync,
  unregisterRerankerBackend,
} from "../dist/index.js";

const model = { type: "plugin", name: "length" } as const;
const byLength: RerankerBackend = { name: "length", version: "1.0.0", rerank: (_query, documents) => documents.map((text) => text.length) };
const moduleUrl = (source: string): URL => new URL(`data:text/javascript,${encodeURIComponent(source)}`);

afterEach(async () => {
  await clearRerankerBackends();
});

describe("a backend registered as an object", () => {
  it("gets every document in input order, duplicates too, and its scores come back unchanged, sorted and cut", async () => {
    const seen: (readonly string[])[] = [];
    registerRerankerBackend({
      name: "length",
      rerank: (_query, documents) => {
        seen.push(documents);
        return documents.map((text) => -text.length * 100);
      },
    });
    const results = await rerank("q", ["bbb", "a", "bbb", "cc"], { model, topK: 3 });
    expect(seen).toEqual([["bbb", "a", "bbb", "cc"]]);
    expect(results).toEqual([
      { index: 1, score: -100, document: "a" },
      { index: 3, score: -200, document: "cc" },
      { index: 0, score: -300, document: "bbb" },
    ]);
  });

  it("works from rerankSync when its rerank is not async, or has a rerankSync beside it", () => {
    registerRerankerBackend(byLength);
    expect(rerankSync("q", ["a", "bb"], { model })[0]!.index).toBe(1);
    registerRerankerBackend({
      name: "both",
      rerank: async (_query, documents) => documents.map(() => 0),
      rerankSync: (_query, documents) => documents.map((text) => text.length),
    });
    expect(rerankSync("q", ["a", "bb"], { model: "plugin:both" })[0]).toEqual({ index: 1, score: 2, document: "bb" });
  });

  it("is refused from rerankSync when it is async, naming the ways out", () => {
    registerRerankerBackend({ name: "length", rerank: async (_query, documents) => documents.map(() => 0) });
    expect(() => rerankSync("q", ["a"], { model })).toThrow(
      expect.objectContaining({ code: "sync-unsupported", message: expect.stringMatching(/rerankSync method.*module URL/) }),
    );
  });

  it("is initialized once under concurrent first calls, and shut down on unregister after calls under way", async () => {
    const log: string[] = [];
    registerRerankerBackend({
      ...byLength,
      initialize: async () => {
        log.push("start");
        await new Promise((resolve) => setTimeout(resolve, 20));
        log.push("ready");
      },
      rerank: async (_query, documents) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        log.push("scored");
        return documents.map(() => 1);
      },
      shutdown: () => {
        log.push("shutdown");
      },
    });
    const calls = [1, 2, 3].map(() => rerank("q", ["a"], { model }));
    await calls[0];
    expect(listRerankerBackends()).toEqual([{ name: "length", version: "1.0.0", kind: "object", initialized: true }]);
    const late = rerank("q", ["a"], { model });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await unregisterRerankerBackend("length");
    await Promise.all([...calls, late]);
    expect(log).toEqual(["start", "ready", "scored", "scored", "scored", "scored", "shutdown"]);
    await expect(rerank("q", ["a"], { model })).rejects.toMatchObject({ code: "unknown-model" });
  });

  it("tries a failed initialize again", async () => {
    let attempts = 0;
    registerRerankerBackend({
      ...byLength,
      initialize: () => {
        attempts += 1;
        if (attempts === 1) throw new Error("no database");
      },
    });
    await expect(rerank("q", ["a"], { model })).rejects.toMatchObject({ code: "plugin", message: expect.stringContaining("no database") });
    expect(await rerank("q", ["a"], { model })).toHaveLength(1);
  });

  it.each([
    ["the wrong count", [1]],
    ["NaN", [1, Number.NaN]],
    ["infinity", [1, Number.POSITIVE_INFINITY]],
    ["a string", [1, "2"]],
    ["a hole", [1, undefined]],
    ["no list", 7],
  ])("fails with plugin when it returns %s", async (_name, scores) => {
    registerRerankerBackend({ name: "length", rerank: () => scores as number[] });
    await expect(rerank("q", ["a", "b"], { model })).rejects.toMatchObject({ code: "plugin" });
    expect(() => rerankSync("q", ["a", "b"], { model })).toThrow(expect.objectContaining({ code: "plugin" }));
  });

  it("fails with plugin and its own error as the cause when it throws", async () => {
    registerRerankerBackend({
      name: "length",
      rerank: () => {
        throw new Error("out of credit");
      },
    });
    await expect(rerank("q", ["a"], { model })).rejects.toMatchObject({
      code: "plugin",
      cause: expect.objectContaining({ message: "out of credit" }),
    });
  });

  it("is stopped by maxRerankDurationSecs and by the signal, which it hears", async () => {
    const reasons: unknown[] = [];
    registerRerankerBackend({
      name: "length",
      rerank: (_query, _documents, { signal }) => {
        signal.addEventListener("abort", () => reasons.push(signal.reason));
        return new Promise(() => undefined);
      },
    });
    await expect(rerank("q", ["a"], { model, maxRerankDurationSecs: 0.02 })).rejects.toMatchObject({ code: "timeout" });
    await expect(rerank("q", ["a"], { model, signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ code: "aborted" });
    expect(reasons).toHaveLength(2);
    await unregisterRerankerBackend("length"); // does not wait for calls that never end
  }, 5000);

  it("cannot be registered twice under a name, unless it replaces the other", async () => {
    registerRerankerBackend(byLength);
    expect(() => registerRerankerBackend(byLength)).toThrow(expect.objectContaining({ code: "invalid-input" }));
    const reranker = createReranker({ model });
    expect((await reranker.rank("q", ["aaa"])).results[0]!.score).toBe(3);
    registerRerankerBackend({ name: () => "length", version: () => "2", rerank: () => [42] }, { replace: true });
    const { results, model: identity } = await reranker.rank("q", ["aaa"]);
    expect([results[0]!.score, identity]).toEqual([42, "length@2"]);
  });

  it("is told apart from what is no backend", () => {
    for (const value of [null, 7, {}, { name: "x" }, { name: " ", rerank: () => [] }, { name: "x", rerank: () => [], shutdown: 1 }]) {
      expect(() => registerRerankerBackend(value as never)).toThrow(expect.objectContaining({ code: "invalid-input" }));
    }
  });

  it("tells of options that have no meaning for it", async () => {
    registerRerankerBackend(byLength);
    const warnings: RerankWarning[] = [];
    await rerank("q", ["a"], {
      model,
      truncation: "error",
      truncationSide: "left",
      max_length: 9,
      return: ["logit"],
      onWarning: (warning) => warnings.push(warning),
    });
    expect(warnings.map((warning) => warning.type === "ignored-option" && warning.option)).toEqual([
      "truncation",
      "truncationSide",
      "maxLength",
      "return",
    ]);
  });
});

describe("a backend registered by module URL", () => {
  const source = `
    let initialized = 0;
    export default {
      name: "module", version: "3",
      async initialize() { await new Promise((resolve) => setTimeout(resolve, 30)); initialized += 1; },
      async rerank(query, documents) { await new Promise((resolve) => setTimeout(resolve, 5)); return documents.map((text) => text.length + 1000 * initialized); },
      shutdown() { setInterval(() => {}, 1000); },
    };`;

  it("has the same results from rerank and rerankSync, initialized once, though it is async", async () => {
    registerRerankerBackend(moduleUrl(source));
    const waiting = rerank("q", ["a", "bb"], { model: "plugin:module" });
    const synchronous = rerankSync("q", ["a", "bb"], { model: "plugin:module" });
    expect(synchronous.map((result) => result.score)).toEqual([1002, 1001]);
    expect(await waiting).toEqual(synchronous);
    await unregisterRerankerBackend("module");
    expect(listRerankerBackends()).toEqual([]);
  });

  it("keeps rerankSync to its deadline, and is usable afterwards", async () => {
    const slow = `let calls = 0; export default { name: "module", rerank: (q, d) => calls++ === 0 ? new Promise((r) => setTimeout(() => r([1]), 300)) : [2] };`;
    registerRerankerBackend(moduleUrl(slow));
    expect(() => rerankSync("q", ["a"], { model: "plugin:module", maxRerankDurationSecs: 0.05 })).toThrow(
      expect.objectContaining({ code: "timeout" }),
    );
    expect(rerankSync("q", ["a"], { model: "plugin:module" })[0]!.score).toBe(2);
  });

  it("brings its errors across, typed", () => {
    registerRerankerBackend(moduleUrl(`export default { name: "module", rerank: async () => { throw new TypeError("bad luck") } };`));
    expect(() => rerankSync("q", ["a"], { model: "plugin:module" })).toThrow(
      expect.objectContaining({ code: "plugin", message: expect.stringContaining("bad luck") }),
    );
  });

  it("does not leave anybody waiting when its thread ends, and gets a new one for the next call", async () => {
    registerRerankerBackend(moduleUrl(`export default { name: "module", rerank: (query) => query === "die" ? process.exit(3) : [1] };`));
    expect(() => rerankSync("die", ["a"], { model: "plugin:module" })).toThrow(
      expect.objectContaining({ code: "plugin", message: expect.stringContaining("code 3") }),
    );
    expect(rerankSync("live", ["a"], { model: "plugin:module" })[0]!.score).toBe(1);
    await expect(rerank("die", ["a"], { model: "plugin:module" })).rejects.toMatchObject({ code: "plugin" });
    expect((await rerank("live", ["a"], { model: "plugin:module" }))[0]!.score).toBe(1);
  });

  it("is refused at registration when it cannot be imported or exports no backend", () => {
    expect(() => registerRerankerBackend(moduleUrl("syntax error"))).toThrow(expect.objectContaining({ code: "plugin" }));
    expect(() => registerRerankerBackend(moduleUrl("export const name = 1"))).toThrow(
      expect.objectContaining({ code: "plugin", message: expect.stringContaining("default export") }),
    );
    expect(() => registerRerankerBackend(moduleUrl("export default {}"))).toThrow(expect.objectContaining({ code: "invalid-input" }));
  });
});
