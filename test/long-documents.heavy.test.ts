/** Long documents by passages, with real models. The exhaustive search for needles is in src/ranking/passages.test.ts. */
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { createReranker, getPreset, type RerankerConfig, type RerankResult } from "../dist/index.js";

const folderOf = (name: string): string => fileURLToPath(new URL(`fixtures/models/${name}`, import.meta.url));
const tiny = (name: string, more: object = {}): NonNullable<RerankerConfig["model"]> => ({
  type: "custom",
  modelId: folderOf(name),
  ...more,
});
const { head, template } = getPreset("qwen3-reranker-0.6b");
const colbert = tiny("tiny-colbert", { head: { type: "late-interaction", documentLength: 64 } });

const query = "How to train a dog";
const filler = "Cats sleep most of the day and like warm places. ";
const needle = "Reward your dog when it sits, and it learns to sit. ";
const foreign = "Ο σκύλος τρέχει.\r\n\r\n犬は走る。e\u0301tude 👩‍👩‍👧‍👦🇩🇪 \ud800 ".repeat(60);

describe.each<[string, NonNullable<RerankerConfig["model"]>]>([
  ["WordPiece", tiny("tiny-bert", { maxLength: 48 })],
  ["byte-level BPE", tiny("tiny-roberta", { maxLength: 48 })],
  ["Unigram", tiny("tiny-xlmr", { maxLength: 48 })],
  ["a prompt", tiny("tiny-qwen3", { head, template, maxLength: 160 })],
  ["late interaction", colbert],
  ["a dynamically quantized graph", tiny("tiny-bert-int8", { maxLength: 48 })],
])("with %s", (_name, model) => {
  const reranker = createReranker({ model, acceleration: { workers: 2 } });
  afterAll(() => reranker.close());
  const long = [filler.repeat(30), foreign, `${filler.repeat(20)}${needle}${filler.repeat(7)}`];

  it("scores a document that fits exactly as without passages", async () => {
    const short = ["Reward your dog.", "", "Cats sleep.", "犬"];
    const off = await reranker.rank(query, short, { return: ["logit"], batchSize: 1 });
    const on = await reranker.rank(query, [...short, ...long], { longDocuments: "passages", return: ["logit"], batchSize: 1 });
    for (const { index, score, logit } of off.results) {
      const same = on.results.find((result) => result.index === index)!;
      expect({ score: same.score, logit: same.logit }).toEqual({ score, logit });
    }
  });

  it("reads every word: passages cover each document, at exact offsets, and none is cut", async () => {
    const { results, warnings, usage } = await reranker.rank(query, long, { longDocuments: "passages", return: ["passages", "passage"] });
    expect(warnings).toEqual([]);
    let count = 0;
    for (const { index, score, passage, passages } of results) {
      const document = long[index]!;
      let end = 0;
      for (const part of passages!) {
        expect(document.slice(part.start, part.end)).toBe(part.text);
        if (part.start > end) expect(document.slice(end, part.start).trim()).toBe("");
        end = part.end;
      }
      expect(document.slice(end).trim()).toBe("");
      expect(passages!.length).toBeGreaterThan(3);
      expect(passage!.score).toBe(Math.max(...passages!.map((part) => part.score)));
      expect(score).toBe(passage!.score);
      count += passages!.length;
    }
    expect(usage.passages).toBe(count);
  });

  it("gives a document the same score alone and among others, awaited and not", async () => {
    const options = { longDocuments: "passages" } as const;
    const all = await reranker.rank(query, long, options);
    const sync = reranker.rankSync(query, long, options);
    for (const [index, document] of long.entries()) {
      const scoreIn = ({ results }: RerankResult): number => results.find((result) => result.index === index)!.score;
      const alone = await reranker.rank(query, [document], { ...options, batchSize: 3 });
      expect(alone.results[0]!.score).toBeCloseTo(scoreIn(all), 5);
      expect(scoreIn(sync)).toBeCloseTo(scoreIn(all), 5);
    }
  });
});

describe("the bundled model", () => {
  const reranker = createReranker();
  afterAll(() => reranker.close());

  it("finds a needle anywhere in 50,000 tokens, and highlights it", async () => {
    for (const share of [0, 0.31, 0.77, 1]) {
      const count = 4500;
      const before = filler.repeat(Math.round(count * share));
      const document = before + needle + filler.repeat(Math.round(count * (1 - share)));
      // Equal passages are scored once, so this takes a few passes.
      const { results, usage } = await reranker.rank(query, [filler.repeat(5), document], {
        longDocuments: { passageTokens: 64 },
        return: ["passage", "highlights"],
      });
      expect(usage.passages).toBeGreaterThan(700);
      expect(results[0]!.index).toBe(1);
      const best = results[0]!.highlights!.reduce((left, right) => (right.score > left.score ? right : left));
      expect([best.text, best.start]).toEqual([needle.trim(), before.length]);
      expect(results[0]!.passage!.text).toContain(needle.trim());
    }
  });

  it("takes pairs in proportion to the length", async () => {
    const passagesOf = async (pages: number): Promise<number> => {
      const { usage } = await reranker.rank(query, [filler.repeat(50 * pages)], { longDocuments: { passageTokens: 64 } });
      return usage.passages!;
    };
    const [one, four, sixteen] = [await passagesOf(2), await passagesOf(8), await passagesOf(32)];
    expect(four / one).toBeCloseTo(4, 0);
    expect(sixteen / one).toBeGreaterThan(14);
    expect(sixteen / one).toBeLessThan(18);
  });

  it("reads no more of 100 MB than is wanted, in bounded memory", async () => {
    const document = filler.repeat(Math.ceil(100e6 / filler.length));
    const before = process.memoryUsage().rss;
    const { usage, warnings } = await reranker.rank(query, [document], { longDocuments: { maxPassages: 8 } });
    expect(usage.passages).toBe(8);
    expect(warnings).toMatchObject([{ type: "unread-passages", index: 0, passages: 8 }]);
    expect(process.memoryUsage().rss - before).toBeLessThan(250e6);
  });

  it("ends in the middle of a document when it is aborted", async () => {
    const controller = new AbortController();
    const document = Array.from({ length: 3000 }, (_, index) => `${index} ${filler}`).join("");
    const progress: number[] = [];
    const call = reranker.rank(query, [document, document + needle], {
      longDocuments: "passages",
      signal: controller.signal,
      onProgress: (scored) => {
        progress.push(scored);
        controller.abort();
      },
    });
    await expect(call).rejects.toMatchObject({ code: "aborted" });
    expect(progress).toHaveLength(1);
    expect((await reranker.rank(query, [needle])).results).toHaveLength(1);
  });

  it("puts a title in front of each passage, and not into the offsets", async () => {
    const documents = [
      { title: "Training dogs", body: filler.repeat(60) },
      { title: "Cats", body: filler.repeat(60) },
    ];
    const { results } = await reranker.rank(query, documents, {
      fields: ["body"],
      longDocuments: { context: ["title"] },
      return: ["passages"],
    });
    expect(results[0]!.index).toBe(0);
    for (const { index, passages } of results) {
      for (const { text, start, end } of passages!) expect(documents[index]!.body.slice(start, end)).toBe(text);
    }
  });

  it("scores at most the passages that are allowed, and says so", async () => {
    const document = filler.repeat(200) + needle;
    const rank = (longDocuments: NonNullable<RerankerConfig["longDocuments"]>): Promise<RerankResult> =>
      reranker.rank(query, [document], { longDocuments, return: ["passage"] });
    const first = await rank({ passageTokens: 100, maxPassages: 2 });
    const best = await rank({ passageTokens: 100, maxPassages: 2, select: "common-words" });
    expect(first.warnings).toMatchObject([{ type: "unread-passages" }]);
    expect(first.results[0]!.passage!.end).toBeLessThan(2000);
    expect(best.results[0]!.passage!.text).toContain(needle.trim());
    const tokens = await rank({ maxDocumentTokens: 100 });
    expect(tokens.results[0]!.passage!.end).toBeLessThan(1000);
  });

  it("leaves out and names a document that is too long, and ranks the rest", async () => {
    const documents = [needle, filler.repeat(300), filler, filler.repeat(300)];
    const { results, warnings } = await reranker.rank(query, documents, { truncation: "error", onError: "partial" });
    expect(results.map(({ index }) => index)).toEqual([0, 2]);
    expect(warnings).toMatchObject([
      { type: "partial", indices: [1, 3], message: expect.stringMatching(/^documents\[1\]: tokenization: query/) },
    ]);
    expect(reranker.rankSync(query, documents, { truncation: "error", onError: "partial" }).results).toHaveLength(2);
    await expect(reranker.rank(query, documents, { truncation: "error" })).rejects.toMatchObject({ code: "invalid-input" });
    await expect(reranker.rank(query, documents.slice(1, 2), { truncation: "error", onError: "partial" })).rejects.toMatchObject({
      code: "invalid-input",
    });
  });
});

it("highlights by late interaction from the passes that score, without more of them", async () => {
  await using reranker = createReranker({ model: colbert, acceleration: { workers: 1 } });
  const document = "A dog sits. A cat sleeps. A bird sings. ".repeat(10);
  const passes = (): number => reranker.stats().scorer.passes as number;
  const options = { longDocuments: "passages", batchSize: 1 } as const;
  await reranker.rank(query, [document], options);
  const plain = passes();
  const { results } = await reranker.rank(query, [document], { ...options, return: ["highlights", "passage"] });
  // The query's own pass is not repeated.
  expect(passes() - plain).toBeLessThanOrEqual(plain);
  const { highlights, passage } = results[0]!;
  expect(highlights!.length).toBeGreaterThan(1);
  for (const { text, start, end, score } of highlights!) {
    expect(document.slice(start, end)).toBe(text);
    expect(score).toBeLessThanOrEqual(passage!.score + 1e-6);
  }
});

it("says that passages have no meaning for a model that cannot count tokens, and for highlights of documents that are cut", async () => {
  await using reranker = createReranker({ model: (_query, texts) => texts.map((text) => text.length) });
  const { warnings } = await reranker.rank(query, [filler], { longDocuments: "passages", return: ["passage"] });
  expect(warnings).toMatchObject([{ option: "longDocuments" }, { option: "return" }]);
  await using local = createReranker();
  expect((await local.rank(query, [filler], { return: ["highlights"] })).warnings).toMatchObject([{ option: "return" }]);
});
