/** Token heads, templates and late interaction through the whole library: what holds for a classification head holds for them. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createReranker, getPreset, type RerankerConfig } from "../dist/index.js";

const folderOf = (name: string): string => fileURLToPath(new URL(`fixtures/models/${name}`, import.meta.url));
const { head, template, instruction } = getPreset("qwen3-reranker-0.6b");
const qwen3 = { type: "custom", modelId: folderOf("tiny-qwen3"), head: head!, template: template!, instruction: instruction! } as const;
const colbert = { type: "custom", modelId: folderOf("tiny-colbert"), head: { type: "late-interaction", documentLength: 64 } } as const;
const query = "How to train a dog";
const documents = [
  "Dog training requires patience.",
  "Cats are independent animals.",
  "A puppy learns to sit",
  "The heart pumps blood, always.",
];

/** The score of one document. */
async function scoreOf(config: RerankerConfig, options: object = {}): Promise<number> {
  await using reranker = createReranker(config);
  return (await reranker.rank(query, [documents[0]!], options)).results[0]!.score;
}

describe("a token head", () => {
  it.each(["left", "right"])("reads the last token of each prompt where shorter ones are padded on the %s", async (side) => {
    const folder = mkdtempSync(join(tmpdir(), "crossrank-padding-"));
    try {
      cpSync(folderOf("tiny-qwen3"), folder, { recursive: true });
      const path = join(folder, "tokenizer_config.json");
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), padding_side: side }));
      await using reranker = createReranker({ model: { ...qwen3, modelId: folder }, acceleration: { workers: 1 } });
      const alone: number[] = [];
      for (const document of documents) alone.push((await reranker.score(query, [document]))[0]!);
      const before = reranker.stats().scorer as { paddedTokens: number; tokens: number };
      expect(before.paddedTokens).toBe(before.tokens);
      const together = await reranker.score(query, documents);
      const after = reranker.stats().scorer as { paddedTokens: number; tokens: number };
      expect(after.paddedTokens).toBeGreaterThan(after.tokens);
      for (const [index, score] of together.entries()) expect(Math.abs(score - alone[index]!)).toBeLessThan(1e-5);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("without a false token gives the true one's logit, and takes tokens by id", async () => {
    const scoreWith = async (tokens: { trueToken: number | string; falseToken?: number | string }): Promise<number> => {
      await using reranker = createReranker({ model: { ...qwen3, head: { type: "token", ...tokens } } });
      return (await reranker.score(query, [documents[0]!]))[0]!;
    };
    const vocab = JSON.parse(readFileSync(join(folderOf("tiny-qwen3"), "tokenizer.json"), "utf8")).model.vocab as Record<string, number>;
    const difference = await scoreWith({ trueToken: "yes", falseToken: "no" });
    expect((await scoreWith({ trueToken: "yes" })) - (await scoreWith({ trueToken: "no" }))).toBeCloseTo(difference, 5);
    expect(await scoreWith({ trueToken: vocab.yes!, falseToken: vocab.no! })).toBe(difference);
  });
});

describe("an instruction", () => {
  it("is the call's, else the configuration's, else the preset's, and changes the score", async () => {
    const other = "Find what a cat would read";
    const { instruction: _, ...without } = qwen3;
    const scores = [
      await scoreOf({ model: qwen3 }),
      await scoreOf({ model: { ...qwen3, instruction: other } }),
      await scoreOf({ model: without }),
    ];
    expect(new Set(scores).size).toBe(3);
    expect(await scoreOf({ model: qwen3 }, { instruction: other })).toBe(scores[1]);
    expect(await scoreOf({ model: qwen3 }, { instruction: "" })).toBe(scores[2]);
  });

  it("belongs to what a remembered score is known by", async () => {
    await using reranker = createReranker({ model: qwen3, scoreCacheBytes: 10_000 });
    const first = reranker.rankSync(query, documents, { instruction: "cats" }).results;
    const second = reranker.rankSync(query, documents, { instruction: "dogs" }).results;
    expect(second.map(({ score }) => score)).not.toEqual(first.map(({ score }) => score));
    expect(reranker.rankSync(query, documents, { instruction: "cats" }).results).toEqual(first);
    expect(reranker.stats().scorer).toMatchObject({ cacheHits: documents.length });
  });

  it("is not used, and a warning says so, where the template has no place for it", async () => {
    await using reranker = createReranker({ model: { type: "custom", modelId: folderOf("tiny-bert") } });
    const { warnings } = await reranker.rank(query, documents, { instruction: "cats" });
    expect(warnings).toMatchObject([{ type: "ignored-option", option: "instruction" }]);
    await using prompted = createReranker({ model: qwen3 });
    expect((await prompted.rank(query, documents, { instruction: "cats" })).warnings).toEqual([]);
  });
});

describe("a template", () => {
  it("counts in the tokens of a pair, and a pair that was cut is told", async () => {
    await using reranker = createReranker({ model: { ...qwen3, maxLength: 256 } });
    const { results, warnings } = await reranker.rank(query, ["dog", "dog ".repeat(500)], { return: ["tokens", "truncated"] });
    const byIndex = results.toSorted((left, right) => left.index - right.index);
    expect(byIndex).toMatchObject([{ truncated: false }, { tokens: 256, truncated: true }]);
    expect(byIndex[0]!.tokens).toBeGreaterThan(80);
    expect(warnings).toMatchObject([{ type: "truncated", index: 1, maxTokens: 256 }]);
  });

  it("works with a classification head, too", async () => {
    const { head: _, ...prompt } = qwen3;
    const score = await scoreOf({ model: { ...prompt, modelId: folderOf("tiny-qwen3-classifier") } });
    expect(score).toBeGreaterThan(0);
    expect(score).toBeLessThan(1);
  });
});

describe("late interaction", () => {
  it("encodes the query once, and gives sums of cosines, awaited or not", async () => {
    await using reranker = createReranker({ model: colbert, acceleration: { workers: 1 }, batchSize: 1 });
    const { results } = await reranker.rank(query, documents);
    expect(reranker.stats().scorer).toMatchObject({ passes: 1 + documents.length });
    await reranker.rank(query, documents);
    expect(reranker.stats().scorer).toMatchObject({ passes: 1 + 2 * documents.length });
    for (const { score } of results) expect(Math.abs(score)).toBeLessThanOrEqual(32);
    expect(Math.max(...results.map(({ score }) => score))).toBeGreaterThan(1);
    expect(reranker.rankSync(query, documents).results).toEqual(results);
  });

  it("takes no calibration: that maps logits", async () => {
    await using reranker = createReranker({ model: colbert, calibration: "calibration.json" });
    await expect(reranker.rank(query, documents)).rejects.toThrow(/^calibration: .*tiny-colbert gives sums of cosines/);
  });

  it("tells tokens and cuts of query and document, and has no logit", async () => {
    await using reranker = createReranker({ model: colbert });
    const wanted = ["logit", "tokens", "truncated"] as const;
    const { results, warnings } = await reranker.rank(query, ["dog", "dog ".repeat(100)], { return: wanted });
    expect(results.toSorted((left, right) => left.index - right.index)).toMatchObject([{ truncated: false }, { truncated: true }]);
    expect(results.every((result) => result.tokens! > 8 && !("logit" in result))).toBe(true);
    expect(warnings).toMatchObject([
      { type: "ignored-option", option: "return" },
      { type: "truncated", index: 1 },
    ]);
    const long = await reranker.rank("dog ".repeat(40), ["dog"], { return: ["tokens", "truncated"] });
    expect(long.results).toMatchObject([{ truncated: true }]);
    expect(long.warnings).toMatchObject([{ type: "truncated", index: 0 }]);
  });
});

describe("a graph that the head does not fit is refused", () => {
  const custom = (name: string, more: object): RerankerConfig => ({ model: { type: "custom", modelId: folderOf(name), ...more } });
  it.each([
    ["token vectors without a head", custom("tiny-colbert", {}), 'head: { type: "late-interaction" }'],
    ["next-token logits without a head", custom("tiny-qwen3", {}), 'head: { type: "token"'],
    ["a class logit for a token head", custom("tiny-bert", { head: { type: "token", trueToken: 7 } }), "the output has 1 tokens"],
    [
      "a class logit for late interaction",
      custom("tiny-bert", { head: { type: "late-interaction", queryToken: "[CLS]", documentToken: "[SEP]", documentLength: 64 } }),
      "late interaction reads",
    ],
    [
      "words that are no token",
      custom("tiny-qwen3", { head: { type: "token", trueToken: "yes and no" } }),
      '"yes and no" of head is not one token',
    ],
    [
      "marks that are no tokens",
      custom("tiny-bert", { head: { type: "late-interaction", documentLength: 64 } }),
      '"[unused0]" is not in the vocabulary',
    ],
  ])("%s", async (_, config, message) => {
    const expected = { code: "unsupported-model", message: expect.stringContaining(message) };
    await expect(createReranker(config).warmUp()).rejects.toMatchObject(expected);
    expect(() => createReranker(config).warmUpSync()).toThrow(expect.objectContaining(expected));
  });
});
