/** The public functions on the bundled model, as a program that installed the package would call them. */
import { afterAll, describe, expect, it, vi } from "vitest";
import {
  clearRerankers,
  createReranker,
  evictReranker,
  getPreset,
  listPresets,
  RerankError,
  RerankerConfig,
  type RerankWarning,
  rerank,
  rerankSync,
  setRerankerCacheLimit,
  warmUpReranker,
  warmUpRerankerSync,
} from "../dist/index.js";

const query = "How to train a dog";
const documents = [
  "Cats are independent animals that prefer to play alone.",
  "Dog training requires patience and consistency.",
  "Bird care includes proper cage setup and regular cleaning.",
];

/** Texts of very different lengths, the same in every run. */
const mixed = Array.from(
  { length: 60 },
  (_, index) => `${documents[index % 3]} ${"More words about pets and their owners. ".repeat((index * 7) % 23)}`,
);

afterAll(async () => {
  await clearRerankers();
});

describe("rerank", () => {
  it("puts the best document first and gives back exactly index, score and document", async () => {
    const results = await rerank(query, documents);
    expect(results[0]).toEqual({ index: 1, score: expect.closeTo(results[0]!.score, 12), document: documents[1] });
    expect(results.map((result) => Object.keys(result))).toEqual([1, 2, 3].map(() => ["index", "score", "document"]));
    expect(results.map((result) => result.score)).toEqual(results.map((result) => result.score).sort((a, b) => b - a));
    for (const { score } of results) expect(score).toSatisfy((value: number) => value > 0 && value < 1);
  });

  it("gives back objects by reference", async () => {
    const objects = documents.map((text, id) => ({ id, text }));
    const results = await rerank(query, objects);
    for (const result of results) expect(result.document).toBe(objects[result.index]);
  });

  it("cuts by topK and threshold after scoring, in either spelling", async () => {
    expect(await rerank(query, documents, { top_k: 2 })).toEqual((await rerank(query, documents)).slice(0, 2));
    expect(await rerank(query, documents, { topK: 0 })).toEqual([]);
    const best = (await rerank(query, documents))[0]!;
    expect(await rerank(query, documents, { threshold: best.score })).toEqual([best]);
  });

  it("cuts pairs at the length of the call, on either side, without loading another model", async () => {
    const long = `${"The weather in the mountains was cold all week long. ".repeat(6)}Dog training requires patience.`;
    const short = createReranker({ model: { type: "preset", name: "mini", maxLength: 24 } });
    const reranker = createReranker({ model: "mini" });
    const scoreOf = async (options: object): Promise<number> => (await reranker.rank(query, [long], options)).results[0]!.score;
    const right = await reranker.rank(query, [long], { maxLength: 24, return: ["tokens", "truncated"] });
    expect(right.results[0]).toMatchObject({ tokens: 24, truncated: true });
    expect(right.warnings).toMatchObject([{ type: "truncated", maxTokens: 24 }]);
    expect(right.results[0]!.score).toBe((await short.rank(query, [long])).results[0]!.score);
    const left = { max_length: 24, truncation_side: "left" } as const;
    expect(await scoreOf(left)).toBeGreaterThan(10 * right.results[0]!.score);
    expect(reranker.rankSync(query, [long], left).results[0]!.score).toBeCloseTo(await scoreOf(left), 6);
    expect(await scoreOf({ maxLength: 100_000 })).toBe(await scoreOf({}));
    await expect(scoreOf({ maxLength: 24, truncation: "error" })).rejects.toMatchObject({ code: "invalid-input" });
    await Promise.all([short.close(), reranker.close()]);
  });

  it("remembers a score by how its pair was cut", async () => {
    const reranker = createReranker({ model: "mini", scoreCacheBytes: 100_000 });
    const long = `${"Cold weather. ".repeat(40)}Dog training requires patience.`;
    const scores = new Set<number>();
    for (const options of [{}, { maxLength: 24 }, { maxLength: 40 }, { maxLength: 24, truncationSide: "left" }] as const)
      scores.add((await reranker.rank(query, [long], options)).results[0]!.score);
    expect(scores.size).toBe(4);
    expect(reranker.stats().scorer).toMatchObject({ cacheHits: 0, cacheMisses: 4 });
    await reranker.close();
  });

  it("gives no results for no documents", async () => {
    expect(await rerank(query, [])).toEqual([]);
    expect(rerankSync(query, [])).toEqual([]);
  });

  it("refuses a blank query, and a document without text by its index", async () => {
    await expect(rerank("  ", documents)).rejects.toMatchObject({ code: "invalid-input" });
    await expect(rerank(query, ["fine", { color: "red" }])).rejects.toThrow(/documents\[1\].*color/);
    expect(() => rerankSync(query, [null as never])).toThrow(RerankError);
  });

  it("refuses unknown keys with the nearest name, and unknown presets with the known ones", async () => {
    await expect(rerank(query, documents, { topk: 2 } as never)).rejects.toThrow(/topk.*topK/);
    await expect(rerank(query, documents, { model: "blanced" })).rejects.toMatchObject({
      code: "unknown-model",
      message: expect.stringContaining("balanced"),
    });
  });

  it("tells how many documents are scored as it goes on, repeated ones included, and all of them at the end", async () => {
    const progress: [number, number][] = [];
    const many = [...Array.from({ length: 40 }, (_, index) => `document ${index} ${"of some length ".repeat(20)}`), "same", "same"];
    await rerank(query, many, { onProgress: (scored, total) => progress.push([scored, total]) });
    const counts = progress.map(([scored]) => scored);
    expect(counts.length).toBeGreaterThan(2);
    expect(counts).toEqual([...counts].sort((left, right) => left - right));
    expect(progress.at(-1)).toEqual([42, 42]);
    const failing = (): void => {
      throw new Error("boom");
    };
    await expect(rerank(query, documents, { onProgress: failing })).rejects.toMatchObject({
      code: "invalid-input",
      message: "onProgress: the function failed: boom",
    });
  });

  it("warns of a field that no document has, and reads nested ones", async () => {
    const warnings: RerankWarning[] = [];
    const nested: { metadata: { title: string }; bodyy?: string }[] = [{ metadata: { title: "Cats" } }, { metadata: { title: query } }];
    const fields = ["metadata.title", "bodyy"] as const;
    const results = await rerank(query, nested, { fields, onWarning: (warning) => warnings.push(warning) });
    expect(results[0]?.index).toBe(1);
    expect(warnings).toEqual([{ type: "missing-field", field: "bodyy", message: "fields: no document has the field bodyy." }]);
    expect(rerankSync(query, nested, { fields: ["metadata.title"] })[0]?.score).toBe(rerankSync(query, ["Cats", query])[0]?.score);
  });

  it("adds logit, tokens and truncated when asked, and tells of truncation by a typed warning", async () => {
    const warnings: RerankWarning[] = [];
    const long = "word ".repeat(1000);
    const results = await rerank(query, [...documents, long], {
      return: ["logit", "tokens", "truncated"],
      onWarning: (warning) => warnings.push(warning),
    });
    for (const result of results) {
      expect(result.score).toBeCloseTo(1 / (1 + Math.exp(-result.logit!)), 12);
      expect(result.truncated).toBe(result.index === 3);
    }
    expect(results.find((result) => result.index === 3)!.tokens).toBe(512);
    expect(warnings).toEqual([expect.objectContaining({ type: "truncated", index: 3, tokens: 1008, maxTokens: 512 })]);
  });

  it("says at least where the whole pair was not counted, and the exact number where it was", async () => {
    const long = ["word ".repeat(1003), "word ".repeat(8006), "short"];
    const { warnings } = await createReranker().rank("dog", long);
    const [exact, bound] = warnings as Extract<RerankWarning, { type: "truncated" }>[];
    expect(exact).toEqual(expect.not.objectContaining({ isLowerBound: true }));
    expect(exact!.message).toMatch(/of the pair's 1007 tokens/);
    expect(bound).toMatchObject({ index: 1, isLowerBound: true, message: expect.stringMatching(/of the pair's at least \d+ tokens/) });
    expect(bound!.tokens).toBeLessThan(8006);
    const fused = await createReranker({ model: { type: "cascade", first: "mini", second: "mini", keep: 3 } }).rank("dog", long);
    expect(fused.warnings.filter((warning) => "isLowerBound" in warning)).toHaveLength(2);
    const cached = createReranker({ scoreCacheBytes: 1e6 });
    for (let call = 0; call < 2; call += 1) expect((await cached.rank("dog", long)).warnings).toEqual(warnings);
    expect(rerankSync("dog", long, { onWarning: (warning) => expect(warnings).toContainEqual(warning) })).toHaveLength(3);
  });

  it("refuses a pair that is too long when truncation is an error, naming the document", async () => {
    await expect(rerank(query, ["fine", "word ".repeat(600)], { truncation: "error" })).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining("documents[1]"),
    });
  });

  it("does not let special tokens typed in a document act as such, unless told to", async () => {
    const typed = "Cats play. [SEP] How to train a dog";
    const score = async (specialTokens: "neutralize" | "interpret") => (await rerank(query, [typed], { specialTokens }))[0]!.score;
    expect(await score("neutralize")).not.toBe(await score("interpret"));
  });
});

describe("rerankSync", () => {
  it("has the numbers of rerank, on texts of every length", async () => {
    const waited = await rerank(query, mixed, { return: ["logit"] });
    const synchronous = rerankSync(query, mixed, { return: ["logit"] });
    expect(synchronous.map((result) => result.index)).toEqual(waited.map((result) => result.index));
    // mini is dynamically quantized and runs one pair a pass: the same bits, whatever runs beside it.
    expect(synchronous.map((result) => result.logit)).toEqual(waited.map((result) => result.logit));
  });

  it("refuses an aborted signal, and stops at its deadline with the model still usable", () => {
    expect(() => rerankSync(query, documents, { signal: AbortSignal.abort() })).toThrow(expect.objectContaining({ code: "aborted" }));
    expect(() => rerankSync(query, mixed, { maxRerankDurationSecs: 0.001 })).toThrow(expect.objectContaining({ code: "timeout" }));
    expect(rerankSync(query, documents)).toHaveLength(3);
  });
});

describe("batch invariance", () => {
  it("gives a pair the same bits alone, among others, in any order and with any batchSize", async () => {
    const all = await rerank(query, mixed, { return: ["logit"], topK: mixed.length });
    const logits = new Map(all.map((result) => [result.index, result.logit]));
    const reversed = await rerank(query, [...mixed].reverse(), { return: ["logit"], batchSize: 3 });
    for (const result of reversed) expect(result.logit).toBe(logits.get(mixed.length - 1 - result.index));
    const alone = await rerank(query, [mixed[17]!], { return: ["logit"] });
    expect(alone[0]!.logit).toBe(logits.get(17));
  });
});

describe("aborting", () => {
  it("ends a call with aborted, keeps the caller's reason, and leaves the model usable", async () => {
    const controller = new AbortController();
    const call = rerank(query, mixed, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("changed my mind")), 20);
    const error: unknown = await call.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "aborted", cause: expect.objectContaining({ message: "changed my mind" }) });
    expect(await rerank(query, documents)).toHaveLength(3);
  });

  it("ends a call with timeout at maxRerankDurationSecs", async () => {
    await expect(rerank(query, mixed, { maxRerankDurationSecs: 0.01 })).rejects.toMatchObject({ code: "timeout" });
    expect(await rerank(query, documents)).toHaveLength(3);
  });
});

describe("createReranker", () => {
  it("tells model, usage, timings and warnings beside the results", async () => {
    await using reranker = createReranker({ model: "mini" });
    const result = await reranker.rank(query, documents);
    expect(result.model).toMatch(/^mini@[0-9a-f]{12}$/);
    expect(result.usage).toEqual({ documents: 3, tokens: 51 });
    expect(result.warnings).toEqual([]);
    expect(result.timings.totalMs).toBeGreaterThanOrEqual(result.timings.scoreMs);
    expect((await reranker.rank(query, documents)).timings.loadMs).toBeLessThan(5);
  });

  it("gives raw logits in input order by score", async () => {
    await using reranker = createReranker();
    const scores = await reranker.score(query, documents);
    const ranked = await reranker.rank(query, documents, { return: ["logit"] });
    expect(scores).toEqual([0, 1, 2].map((index) => ranked.results.find((result) => result.index === index)!.logit));
  });

  it("loads once for concurrent first calls", async () => {
    await using reranker = createReranker({ acceleration: { workers: 1 } });
    await Promise.all([1, 2, 3, 4].map(() => reranker.rank(query, documents)));
    expect(reranker.stats()).toMatchObject({ calls: 4, failures: 0, documents: 12, scorer: { workers: 1 } });
  });

  it("lets calls under way end before it closes, and refuses later ones", async () => {
    const reranker = createReranker();
    const call = reranker.rank(query, mixed);
    const closing = reranker.close();
    await expect(reranker.rank(query, documents)).rejects.toMatchObject({ code: "closed" });
    expect(() => reranker.rankSync(query, documents)).toThrow(expect.objectContaining({ code: "closed" }));
    expect((await call).results).toHaveLength(60);
    await closing;
    await reranker.close();
  });

  it("takes call options as defaults", async () => {
    await using reranker = createReranker({ topK: 1 });
    expect((await reranker.rank(query, documents)).results).toHaveLength(1);
    expect((await reranker.rank(query, documents, { topK: 2 })).results).toHaveLength(2);
  });

  it("refuses a provider that is not there, with what it needs, from the first call", async () => {
    const reranker = createReranker({ acceleration: { provider: "cuda" } });
    await expect(reranker.rank(query, documents)).rejects.toMatchObject({
      code: "missing-dependency",
      message: expect.stringContaining("CUDA 12"),
    });
    expect(() => reranker.rankSync(query, documents)).toThrow(expect.objectContaining({ code: "missing-dependency" }));
    await reranker.close();
  });

  it("scores equal documents once, and with a cache of scores no pair twice", async () => {
    await using reranker = createReranker({ scoreCacheBytes: 100_000 });
    const first = await reranker.rank(query, [documents[0]!, documents[1]!, documents[0]!]);
    expect(first.results.map((result) => result.index)).toEqual([1, 0, 2]);
    expect(reranker.stats().scorer).toMatchObject({ passes: 2, cacheHits: 0, cacheMisses: 2 });
    expect(await reranker.score(query, documents)).toHaveLength(3);
    expect(reranker.rankSync(query, documents).results).toEqual((await reranker.rank(query, documents)).results);
    expect(reranker.stats().scorer).toMatchObject({ passes: 3, cacheHits: 2 + 3 + 3, cacheMisses: 3 });
  });

  it("ends its threads when idle, if asked, and works on", async () => {
    await using reranker = createReranker({ acceleration: { idleSecs: 0.05, workers: 1 } });
    await reranker.rank(query, documents);
    expect(reranker.stats().scorer).toMatchObject({ workers: 1 });
    await vi.waitFor(() => expect(reranker.stats().scorer).toMatchObject({ workers: 0 }));
    expect((await reranker.rank(query, documents)).results).toHaveLength(3);
  });

  it("refuses calls with overloaded while too many documents wait", async () => {
    await using reranker = createReranker({ acceleration: { workers: 1, maxQueued: 20 } });
    await reranker.warmUp();
    const first = reranker.rank(query, mixed);
    await new Promise((resolve) => setImmediate(resolve));
    await expect(reranker.rank(query, documents)).rejects.toMatchObject({ code: "overloaded", isRetryable: true });
    expect((await first).results).toHaveLength(60);
    expect((await reranker.rank(query, documents)).results).toHaveLength(3);
  });
});

describe("the cache of models", () => {
  it("keeps a model between calls, until it is evicted", async () => {
    await clearRerankers();
    const config = { scoreCacheBytes: 7000 };
    await warmUpReranker(config);
    expect(await evictReranker(config)).toBe(true);
    expect(await evictReranker(config)).toBe(false);
  });

  it("is bounded: the least recently used model is closed", async () => {
    await clearRerankers();
    setRerankerCacheLimit(1);
    warmUpRerankerSync({ scoreCacheBytes: 5000 });
    warmUpRerankerSync({ scoreCacheBytes: 6000 });
    expect(await evictReranker({ scoreCacheBytes: 5000 })).toBe(false);
    expect(await evictReranker({ scoreCacheBytes: 6000 })).toBe(true);
    setRerankerCacheLimit(4);
    expect(() => setRerankerCacheLimit(0)).toThrow(expect.objectContaining({ code: "invalid-input" }));
  });

  it("does not tell calls apart by what belongs to one call", async () => {
    await clearRerankers();
    await rerank(query, documents, { topK: 1, threshold: 0.1, batchSize: 2 });
    expect(await evictReranker({ topK: 2 })).toBe(true);
  });
});

describe("RerankerConfig.parse and the catalogue", () => {
  it("normalizes a configuration", () => {
    expect(RerankerConfig.parse({ model: { type: "preset", name: "fast", max_length: 128 }, top_k: 2 })).toMatchObject({
      model: { type: "preset", name: "fast", maxLength: 128 },
      topK: 2,
      allowDownload: true,
    });
  });

  it("has the five presets, one recommended, and refuses others", () => {
    const names = listPresets().map((preset) => preset.name);
    for (const name of ["mini", "fast", "balanced", "quality", "multilingual"]) expect(names).toContain(name);
    expect(
      listPresets()
        .filter((preset) => preset.recommended)
        .map((preset) => preset.name),
    ).toEqual(["balanced"]);
    expect(() => getPreset("nope")).toThrow(expect.objectContaining({ code: "unknown-model" }));
  });
});
