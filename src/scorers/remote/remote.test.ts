import { afterEach, describe, expect, it } from "vitest";
import {
  callOf,
  type EngineOptions,
  gateTogether,
  logitOf,
  plainNetwork,
  probabilityOf,
  startClock,
  startEngine,
  type TestEngine,
  textsOf,
  tokensOf,
} from "../../../test/support/remote-engines.node.ts";
import { closedUrl } from "../../../test/support/scripted-server.node.ts";
import { RerankError } from "../../errors.ts";
import type { Scorer } from "../../scorer.ts";
import { scorerChecks } from "../../testing/scorer-suite.ts";
import type { CheckedRemoteModel, RemoteDialect } from "../../types.ts";
import { createRemoteScorer } from "./remote.ts";

let engines: TestEngine[] = [];
const start = async (options?: EngineOptions): Promise<TestEngine> => {
  const engine = await startEngine(options);
  engines.push(engine);
  return engine;
};
const startAll = (count: number, options?: EngineOptions): Promise<TestEngine[]> =>
  Promise.all(Array.from({ length: count }, () => start(options)));
const scorerOf = (pool: readonly { url: string }[], model: Partial<CheckedRemoteModel> = {}): Scorer =>
  createRemoteScorer({ type: "remote", urls: pool.map(({ url }) => url), ...model }, plainNetwork, startClock());
const documentsOf = ({ ranked }: TestEngine): number => ranked.reduce((sum, texts) => sum + texts.length, 0);

afterEach(async () => {
  await Promise.all(engines.map((engine) => engine.close()));
  engines = [];
});

describe("a pool", () => {
  it("gives every document the score of its text, in input order, whichever engine had it", async () => {
    const pool = await startAll(3);
    const { scores, scoreKind, model, warnings } = await scorerOf(pool).score(callOf(100));
    expect(Array.from(scores)).toEqual(textsOf(100).map(probabilityOf));
    expect({ scoreKind, model, warnings }).toEqual({ scoreKind: "provider", model: "test/model@abc", warnings: [] });
    expect(pool.flatMap(({ ranked }) => ranked.flat()).sort()).toEqual(textsOf(100).sort());
  });

  it("spreads a small call over its engines, but in no smaller parts than are worth a request", async () => {
    const pool = await startAll(3);
    gateTogether(pool);
    const scorer = scorerOf(pool);
    await scorer.score(callOf(24));
    expect(pool.map(documentsOf)).toEqual([8, 8, 8]);
    await scorer.score(callOf(9));
    expect(pool.map(documentsOf).sort()).toEqual([12, 13, 8]);
  });

  it("sends calls of one part to its engines in turn", async () => {
    const pool = await startAll(3);
    const scorer = scorerOf(pool, { dialect: "vllm" });
    for (const engine of pool) engine.always = { json: { results: [{ index: 0, relevance_score: 1 }] } };
    for (let call = 0; call < 6; call += 1) await scorer.score(callOf(1));
    expect(pool.map(({ requests }) => requests.length)).toEqual([2, 2, 2]);
  });

  it("gives more to an engine that is faster", async () => {
    const [slow, fast] = (await startAll(2)) as [TestEngine, TestEngine];
    let open: () => void = () => undefined;
    slow.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const answer = scorerOf([slow, fast]).score(callOf(320));
    // The slow one has as many as it may have at once; the fast one has the rest, until only those are missing.
    await expect.poll(() => documentsOf(fast)).toBe(320 - 64);
    open();
    expect(Array.from((await answer).scores)).toEqual(textsOf(320).map(probabilityOf));
    expect(documentsOf(slow)).toBe(64);
  });

  it("lets a small call pass between the parts of a large one", async () => {
    const engine = await start();
    let open: () => void = () => undefined;
    engine.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const scorer = scorerOf([engine]);
    const large = scorer.score(callOf(640));
    await expect.poll(() => engine.ranked.length).toBe(2);
    const small = scorer.score(callOf(1, { texts: ["small"] }));
    open();
    await Promise.all([large, small]);
    // Two were under way, and at most one of the large call's was waiting before it.
    expect(engine.ranked.findIndex(([text]) => text === "small")).toBeLessThan(5);
  });

  it("sends an engine no more than it says that it takes", async () => {
    const pool = [await start({ maxDocuments: 5 }), await start({ maxDocuments: 3 })];
    gateTogether(pool);
    const { scores } = await scorerOf(pool).score(callOf(60));
    expect(Array.from(scores)).toEqual(textsOf(60).map(probabilityOf));
    expect(pool.map(({ ranked }) => Math.max(...ranked.map((texts) => texts.length)))).toEqual([5, 3]);
  });

  it("sends an engine no larger bodies than it says that it takes", async () => {
    const engine = await start({ dialect: "crossrank" });
    const texts = Array.from({ length: 12 }, (_, index) => `${index} ${"x".repeat(10_000)}`);
    const { scores } = await scorerOf([engine]).score(callOf(0, { texts }));
    expect(Array.from(scores)).toEqual(texts.map(logitOf));
    // It takes 100,000 bytes, and nine of the texts are as many as go into that.
    expect(engine.ranked.map(({ length }) => length)).toEqual([9, 3]);
    for (const { body } of engine.requests) if (body !== undefined) expect(JSON.stringify(body).length).toBeLessThanOrEqual(100_000);
  });

  it("takes batchSize for the most documents of a request", async () => {
    const engine = await start({ maxDocuments: 512 });
    await scorerOf([engine]).score(callOf(300, { batchSize: 150 }));
    expect(engine.ranked.map(({ length }) => length)).toEqual([150, 150]);
  });

  it("counts an engine once that stands twice in the list", async () => {
    const engine = await start();
    const scorer = scorerOf([engine, { url: `${engine.url}/` }]);
    await scorer.score(callOf(3));
    expect(scorer.stats!()).toMatchObject({ engines: 1, "0.requests": 1 });
  });

  it("asks each engine once what it is, however many calls there are", async () => {
    const pool = await startAll(2);
    const scorer = scorerOf(pool);
    await Promise.all([scorer.score(callOf(20)), scorer.score(callOf(20))]);
    await scorer.score(callOf(20));
    expect(pool.map(({ asked }) => asked)).toEqual([["/info"], ["/info"]]);
  });

  it("asks nothing before it where the dialect is given and tells all that is needed", async () => {
    const engine = await start({ dialect: "vllm" });
    await scorerOf([engine], { dialect: "vllm" }).score(callOf(3));
    expect(engine.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /rerank"]);
  });

  it("tells what it does in stats", async () => {
    const pool = [await start(), await start({ dialect: "vllm" })];
    gateTogether(pool);
    const scorer = scorerOf(pool);
    expect(scorer.stats!()).toMatchObject({ engines: 2, "0.dialect": "unknown", "0.state": "new", "1.requests": 0 });
    await scorer.score(callOf(16));
    expect(scorer.stats!()).toEqual({
      engines: 2,
      "0.url": pool[0]!.url,
      "0.dialect": "tei",
      "0.state": "closed",
      "0.outstanding": 0,
      "0.requests": 1,
      "0.failures": 0,
      "0.refusals": 0,
      "1.url": pool[1]!.url,
      "1.dialect": "vllm",
      "1.state": "closed",
      "1.outstanding": 0,
      "1.requests": 1,
      "1.failures": 0,
      "1.refusals": 0,
    });
  });

  it("is closed for good, and twice", async () => {
    const scorer = scorerOf([await start()]);
    await scorer.close!();
    await scorer.close!();
    await expect(scorer.score(callOf(1))).rejects.toMatchObject({ code: "closed" });
  });
});

describe("a dialect", () => {
  it.each<[dialect: RemoteDialect, kind: string]>([
    ["crossrank", "logit"],
    ["tei", "provider"],
    ["vllm", "provider"],
    ["infinity", "provider"],
    ["llamacpp", "logit"],
    ["xinference", "provider"],
    ["localai", "provider"],
  ])("is found out: %s, whose scores are of the kind %s", async (dialect, kind) => {
    const engine = await start({ dialect });
    const scorer = scorerOf([engine]);
    const { scores, scoreKind } = await scorer.score(callOf(10));
    expect(scorer.stats!()).toMatchObject({ "0.dialect": dialect });
    expect(scoreKind).toBe(kind);
    expect(Array.from(scores)).toEqual(textsOf(10).map(kind === "logit" ? logitOf : probabilityOf));
  });

  it.each<[dialect: RemoteDialect]>([["cohere"], ["jina"], ["tei"], ["crossrank"], ["llamacpp"], ["localai"]])(
    "may be given: %s",
    async (dialect) => {
      const engine = await start({ dialect });
      const { scores, usage, pairTokens } = await scorerOf([engine], { dialect, model: "m" }).score(callOf(10));
      expect(scores).toHaveLength(10);
      expect(usage).toMatchObject({ requests: 1 });
      const sum = textsOf(10).reduce((total, text) => total + tokensOf(text), 0);
      expect(pairTokens?.read.reduce((total, count) => total + count, 0) ?? (usage as { tokens?: number }).tokens).toBe(sum);
    },
  );

  it("need not be the same for all: logits become probabilities where others have those", async () => {
    const pool = await Promise.all((["crossrank", "llamacpp", "tei"] as const).map((dialect) => start({ dialect })));
    gateTogether(pool);
    const { scores, scoreKind, model } = await scorerOf(pool).score(callOf(96));
    expect(scoreKind).toBe("provider");
    expect(pool.every(({ ranked }) => ranked.length > 0)).toBe(true);
    expect(Array.from(scores)).toEqual(textsOf(96).map(probabilityOf));
    expect(model).toBeUndefined();
  });

  it("of llama.cpp gives probabilities for Qwen3, whose softmax it computes itself", async () => {
    const engine = await start({ dialect: "llamacpp", model: "ggml-org/Qwen3-Reranker-0.6B-Q8_0-GGUF" });
    expect((await scorerOf([engine]).score(callOf(3))).scoreKind).toBe("provider");
  });

  it("that knows neither an instruction nor how to cut is warned of, once for all parts", async () => {
    const pool = [await start(), await start({ dialect: "crossrank" })];
    gateTogether(pool);
    const { warnings } = await scorerOf(pool).score(callOf(64, { instruction: "Prefer code", truncation: "only_second" }));
    expect(warnings).toEqual([
      expect.objectContaining({ type: "ignored-option", option: "truncation", message: expect.stringContaining("tei") }),
      expect.objectContaining({ type: "ignored-option", option: "instruction", message: expect.stringContaining("tei") }),
    ]);
    expect(pool[1]!.requests.at(-1)!.body.config).toMatchObject({ instruction: "Prefer code", truncation: "only_second" });
  });

  it("that has words for how long pairs are cut is told them, and the others are warned of", async () => {
    const cutting = { truncationSide: "left", maxLength: 64 } as const;
    const asked = { tei: { truncation_direction: "Left" }, vllm: { truncate_prompt_tokens: 64, truncation_side: "left" }, infinity: {} };
    for (const [dialect, words] of Object.entries(asked)) {
      const engine = await start({ dialect: dialect as keyof typeof asked });
      const { warnings } = await scorerOf([engine], { dialect: dialect as keyof typeof asked }).score(callOf(1, cutting));
      const { body } = engine.requests.findLast(({ method }) => method === "POST")!;
      const { query, documents, texts, truncate, model, return_documents, ...rest } = body;
      expect(rest).toEqual(words);
      expect(warnings.map((warning) => warning.type === "ignored-option" && warning.option)).toEqual(
        { tei: ["maxLength"], vllm: [], infinity: ["truncationSide", "maxLength"] }[dialect],
      );
    }
  });

  it("that has a word for long pairs is told what to do with them", async () => {
    const engine = await start();
    const scorer = scorerOf([engine]);
    await scorer.score(callOf(1));
    await scorer.score(callOf(1, { truncation: "error" }));
    expect(engine.requests.filter(({ method }) => method === "POST").map(({ body }) => body.truncate)).toEqual([true, false]);
  });

  it("other than our own gets texts without halves of surrogate pairs", async () => {
    const pool = [await start({ dialect: "vllm" }), await start({ dialect: "crossrank" })];
    for (const engine of pool) await scorerOf([engine]).score(callOf(0, { texts: ["a\ud800"] }));
    expect(pool.map(({ ranked }) => ranked[0]![0])).toEqual(["a\ufffd", "a\ud800"]);
  });
});

describe("engines of different models", () => {
  it.each<[dialect: RemoteDialect]>([["tei"], ["crossrank"]])("are refused, whose scores could not be compared: %s", async (dialect) => {
    const pool = [await start({ dialect, model: "org/one" }), await start({ dialect, model: "org/two" })];
    gateTogether(pool);
    const error: unknown = await scorerOf(pool)
      .score(callOf(64))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "invalid-input" });
    expect((error as Error).message).toMatch(/different models.*org\/(?:one|two).*org\/(?:one|two)/);
  });
});

describe("usage", () => {
  it("is the sum of all parts", async () => {
    const pool = await startAll(2);
    const { usage, pairTokens } = await scorerOf(pool).score(callOf(128));
    const sum = textsOf(128).reduce((total, text) => total + tokensOf(text), 0);
    expect(usage).toEqual({ requests: 4, tokens: sum });
    expect(pairTokens).toBeUndefined();
  });

  it("has the tokens of each document where all engines are crossrank's", async () => {
    const pool = await startAll(2, { dialect: "crossrank" });
    const { usage, pairTokens } = await scorerOf(pool).score(callOf(128));
    expect(Array.from(pairTokens!.read)).toEqual(textsOf(128).map(tokensOf));
    expect(usage).toEqual({ requests: 4 });
  });

  it("leaves tokens out where an engine does not tell them: a part would pass for the whole", async () => {
    const pool = await startAll(2);
    gateTogether(pool);
    pool[0]!.next.push(({ json }) => ({ json }));
    const { usage } = await scorerOf(pool).score(callOf(64));
    expect(usage).toEqual({ requests: 2 });
  });
});

describe("a key", () => {
  const apiKey = "key-pw4711x-secret";
  const headers = { "X-Tenant": "tenant-pw0815x-secret" };

  it("goes to every engine of the list, with each request", async () => {
    const pool = await startAll(2);
    gateTogether(pool);
    await scorerOf(pool, { apiKey, headers }).score(callOf(64));
    const sent = pool.flatMap(({ requests }) => requests);
    expect(sent).toHaveLength(4);
    for (const { headers: got } of sent) expect(got).toMatchObject({ authorization: `Bearer ${apiKey}`, "x-tenant": headers["X-Tenant"] });
  });

  it("follows no redirect", async () => {
    const stranger = await start();
    const engine = await start();
    engine.always = { status: 307, headers: { location: `${stranger.url}/rerank` } };
    await expect(scorerOf([engine], { apiKey, headers }).score(callOf(2))).rejects.toMatchObject({ code: "bad-response" });
    await expect(scorerOf([engine], { apiKey, headers, dialect: "vllm" }).score(callOf(2))).rejects.toMatchObject({ status: 307 });
    expect(stranger.requests).toEqual([]);
  });

  it.each([
    ["a 500 that repeats it", { status: 500, text: `no: ${apiKey} ${headers["X-Tenant"]}` }],
    ["a 401 that repeats it", { status: 401, json: { error: { message: `wrong key ${apiKey}, ${headers["X-Tenant"]}` } } }],
    ["a page that repeats it", { text: `<p>${apiKey} ${headers["X-Tenant"]}` }],
  ])("stands in no error, warning or number: %s", async (_name, answer) => {
    const bad = await start({ dialect: "vllm" });
    bad.always = answer;
    const dead = createRemoteScorer({ type: "remote", urls: [bad.url], dialect: "vllm", apiKey, headers }, plainNetwork, startClock());
    const error: unknown = await dead.score(callOf(3)).catch((thrown: unknown) => thrown);
    const mixed = scorerOf([bad, await start({ dialect: "vllm" })], { dialect: "vllm", apiKey, headers });
    const { warnings } = await mixed.score(callOf(64));
    expect(warnings).toHaveLength(1);
    const asked = [JSON.stringify(warnings), JSON.stringify(dead.stats!()), JSON.stringify(mixed.stats!())];
    for (let cause = error; cause instanceof Error; cause = cause.cause) asked.push(cause.message, cause.stack ?? "");
    expect(RerankError.is(error)).toBe(true);
    expect(asked.join(" ")).not.toMatch(/pw4711x|pw0815x/);
  });

  it("in the query of a URL is sent and not told", async () => {
    const engine = await start();
    const urls = [`${engine.url}/?code=pw4711x`];
    const scorer = createRemoteScorer({ type: "remote", urls }, plainNetwork, startClock());
    await scorer.score(callOf(1));
    expect(engine.requests.map(({ path }) => path)).toEqual(["/info?code=pw4711x", "/rerank?code=pw4711x"]);
    engine.always = { status: 500, text: "no" };
    const error: unknown = await scorer.score(callOf(1)).catch((thrown: unknown) => thrown);
    expect(`${JSON.stringify(scorer.stats!())} ${String(error)}`).not.toContain("pw4711x");
  });
});

describe("the suite of scorers", () => {
  // The suite makes a scorer without waiting: the engines run before.
  let pool: TestEngine[] = [];
  const urls: string[] = [];
  for (const { name, run } of scorerChecks(() => createRemoteScorer({ type: "remote", urls }, plainNetwork))) {
    it(name, async () => {
      pool = await startAll(2, { dialect: "crossrank" });
      urls.splice(0, urls.length, ...pool.map(({ url }) => url), await closedUrl());
      await run();
    });
  }
});
