import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RerankError } from "../../errors.ts";
import type { ScoreCall } from "../../scorer.ts";
import { type AskPart, add, type Part, scoreParts, splitTexts } from "./split-call.ts";

const call = (texts: readonly string[], more: Partial<ScoreCall> = {}): ScoreCall => ({
  query: "q",
  texts,
  truncation: "longest_first",
  specialTokens: "neutralize",
  batchSize: 32,
  ...more,
});
const letters = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));
const sizes = (parts: readonly Part[]): number[] => parts.map(({ texts }) => texts.length);

describe("splitTexts", () => {
  it("leaves together what the limits allow", () => {
    expect(splitTexts("q", letters(1000), { maxDocuments: 1000 })).toEqual([{ start: 0, texts: letters(1000) }]);
    expect(splitTexts("q", letters(3), {})).toEqual([{ start: 0, texts: letters(3) }]);
  });

  it("fills each part before the next, for providers bill full hundreds", () => {
    expect(sizes(splitTexts("q", letters(1001), { maxDocuments: 1000 }))).toEqual([1000, 1]);
    expect(splitTexts("q", letters(5), { maxDocuments: 2 }).map(({ start }) => start)).toEqual([0, 2, 4]);
  });

  it("counts the query with each document where the provider does", () => {
    // 3 + 2 × (4 + 3) = 17 bytes for two, 24 for three; with the query once 11, 15, and 19 for four.
    const texts = ["aaaa", "bbbb", "cccc", "dddd"];
    expect(sizes(splitTexts("qqq", texts, { maxBytes: 20, countsQueryEachTime: true }))).toEqual([2, 2]);
    expect(sizes(splitTexts("qqq", texts, { maxBytes: 19 }))).toEqual([4]);
    expect(sizes(splitTexts("qqq", texts, { maxBytes: 18 }))).toEqual([3, 1]);
  });

  it("sends a text that is too large by itself alone, for the provider to judge", () => {
    expect(sizes(splitTexts("q", ["a", "b".repeat(100), "c"], { maxBytes: 10 }))).toEqual([1, 1, 1]);
  });

  it("loses no text, doubles none, and keeps the limits, whatever they are", () => {
    const anyLimits = fc.record({
      maxDocuments: fc.integer({ min: 1, max: 9 }),
      maxBytes: fc.integer({ min: 1, max: 60 }),
      countsQueryEachTime: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 40 }),
        anyLimits,
        (query, texts, limits) => {
          const parts = splitTexts(query, texts, limits);
          expect(parts.flatMap((part) => part.texts)).toEqual(texts);
          for (const { start, texts: own } of parts) {
            expect(own).toEqual(texts.slice(start, start + own.length));
            expect(own.length).toBeGreaterThan(0);
            expect(own.length).toBeLessThanOrEqual(limits.maxDocuments);
            const bytes =
              own.reduce((sum, text) => sum + Buffer.byteLength(text), 0) +
              Buffer.byteLength(query) * (limits.countsQueryEachTime ? own.length : 1);
            expect(own.length === 1 || bytes <= limits.maxBytes).toBe(true);
          }
        },
      ),
    );
  });
});

describe("scoreParts", () => {
  /** Answers each text with its own number. */
  const numbers: AskPart = async ({ texts }) => ({ scores: texts.map(Number), usage: { requests: 1, tokens: texts.length } });

  it("puts scores in input order, whichever part ends first, and adds up what was used", async () => {
    const texts = letters(10);
    const parts = splitTexts("q", texts, { maxDocuments: 3 });
    const backwards: AskPart = async (part, signal) => {
      for (let turn = 0; turn < 10 - part.start; turn += 1) await new Promise(setImmediate);
      return numbers(part, signal);
    };
    const { scores, usage, failures } = await scoreParts(parts, call(texts), backwards);
    expect(Array.from(scores)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(usage).toEqual({ requests: 4, tokens: 10 });
    expect(failures).toBeUndefined();
  });

  it("asks for four parts at once at most", async () => {
    let running = 0;
    let maxRunning = 0;
    const ask: AskPart = async (part, signal) => {
      running += 1;
      maxRunning = Math.max(maxRunning, running);
      await new Promise(setImmediate);
      running -= 1;
      return numbers(part, signal);
    };
    const texts = letters(20);
    await scoreParts(splitTexts("q", texts, { maxDocuments: 1 }), call(texts), ask);
    expect(maxRunning).toBe(4);
  });

  const failing =
    (bad: readonly number[]): AskPart =>
    async (part, signal) => {
      if (bad.includes(part.start)) throw new RerankError("hosted", `part at ${part.start} failed. Try again.`);
      return numbers(part, signal);
    };

  it("fails with the first failure, aborts the parts that run, and starts no more", async () => {
    const aborted: number[] = [];
    const asked: number[] = [];
    const ask: AskPart = (part, signal) => {
      asked.push(part.start);
      if (part.start === 1) return failing([1])(part, signal);
      return new Promise((_, reject) => {
        signal!.addEventListener("abort", () => {
          aborted.push(part.start);
          reject(signal!.reason);
        });
      });
    };
    const texts = letters(9);
    await expect(scoreParts(splitTexts("q", texts, { maxDocuments: 1 }), call(texts), ask)).rejects.toThrow("part at 1 failed");
    expect(aborted).toEqual([0, 2, 3]);
    expect(asked).toEqual([0, 1, 2, 3]);
  });

  it("names the documents of failed parts with onError partial, with NaN at their indices", async () => {
    const texts = letters(6);
    const { scores, failures, usage } = await scoreParts(
      splitTexts("q", texts, { maxDocuments: 2 }),
      call(texts, { onError: "partial" }),
      failing([2]),
    );
    expect(Array.from(scores)).toEqual([0, 1, Number.NaN, Number.NaN, 4, 5]);
    expect(failures).toEqual([{ indices: [2, 3], message: "part at 2 failed. Try again." }]);
    expect(usage).toEqual({ requests: 2, tokens: 4 });
  });

  it("fails with onError partial when all parts fail, with the first one's failure", async () => {
    const texts = letters(4);
    const scored = scoreParts(splitTexts("q", texts, { maxDocuments: 2 }), call(texts, { onError: "partial" }), failing([0, 2]));
    await expect(scored).rejects.toThrow("part at 0 failed");
  });

  it.each(["fail", "partial"] as const)("rejects with the reason of the caller's signal, with onError %s too", async (onError) => {
    const controller = new AbortController();
    const reason = new RerankError("timeout", "rerank: over. Raise it.");
    const ask: AskPart = (part, signal) => {
      if (part.start === 0) return numbers(part, signal);
      return new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
    };
    const texts = letters(4);
    const scored = scoreParts(splitTexts("q", texts, { maxDocuments: 2 }), call(texts, { onError, signal: controller.signal }), ask);
    setImmediate(() => controller.abort(reason));
    await expect(scored).rejects.toBe(reason);
  });
});

describe("add", () => {
  it("keeps unknown what neither tells", () => {
    expect(add({ requests: 1 }, { requests: 2, billedUnits: 3 })).toEqual({ requests: 3, billedUnits: 3 });
    expect(add({}, {})).toEqual({});
  });
});
