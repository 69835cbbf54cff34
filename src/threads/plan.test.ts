import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planGroups, planPackedPasses, planPasses, planWorkers } from "./plan.ts";

const lengths = fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 300 });
const everyIndex = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe("planGroups", () => {
  const bounds = fc.record({
    workers: fc.integer({ min: 1, max: 8 }),
    maxDocuments: fc.integer({ min: 1, max: 64 }),
    maxCharacters: fc.integer({ min: 1, max: 5000 }),
  });

  it("holds every document exactly once, within the bounds, longest first in each", () => {
    fc.assert(
      fc.property(lengths, bounds, (characters, limits) => {
        const groups = planGroups(characters, limits);
        expect(groups.flat().sort((a, b) => a - b)).toEqual(everyIndex(characters.length));
        for (const group of groups) {
          expect(group.length).toBeGreaterThan(0);
          expect(group.length).toBeLessThanOrEqual(limits.maxDocuments);
          const total = group.reduce((sum, index) => sum + characters[index]!, 0);
          if (group.length > 1) expect(total).toBeLessThanOrEqual(limits.maxCharacters);
          const order = group.map((index) => characters[index]!);
          expect(order).toEqual([...order].sort((a, b) => b - a));
        }
      }),
    );
  });

  it("hands out long calls longest first", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 100, max: 9000 }), { minLength: 30, maxLength: 300 }), (characters) => {
        const order = planGroups(characters, { workers: 2, maxDocuments: 32, maxCharacters: 1000 }).flat();
        expect(order.map((index) => characters[index]!)).toEqual([...characters].sort((a, b) => b - a));
      }),
    );
  });

  it("gives every worker one group of the same work where that is enough", () => {
    const groups = planGroups([500, 30, 40, 400, 50, 60, 450, 20], { workers: 2, maxDocuments: 32, maxCharacters: 2048 });
    expect(groups).toEqual([
      [0, 5, 4, 2, 1],
      [6, 3, 7],
    ]);
  });

  it("gives every worker the same number of documents where they are alike", () => {
    const sizes = (documents: number, workers: number): number[] =>
      planGroups(Array(documents).fill(100), { workers, maxDocuments: 32, maxCharacters: 1e9 }).map((group) => group.length);
    expect(sizes(10, 2)).toEqual([5, 5]);
    expect(sizes(3, 2)).toEqual([2, 1]);
    expect(sizes(100, 2)).toEqual([25, 25, 25, 25]);
    expect(sizes(200, 2)).toEqual([25, 25, 25, 25, 25, 25, 25, 25]);
    expect(sizes(40, 1)).toEqual([32, 8]);
  });
});

describe("planPasses", () => {
  const tokens = fc.array(fc.integer({ min: 2, max: 600 }), { maxLength: 300 });
  const bounds = fc.record({
    maxPairs: fc.integer({ min: 1, max: 64 }),
    maxTokens: fc.integer({ min: 8, max: 2048 }),
    maxPadding: fc.double({ min: 0, max: 0.5, noNaN: true }),
  });

  it("holds every pair exactly once, within pairs, tokens and padding, the longest first in each pass", () => {
    fc.assert(
      fc.property(tokens, bounds, (counts, limits) => {
        const passes = planPasses(counts, limits);
        expect(passes.flat().sort((a, b) => a - b)).toEqual(everyIndex(counts.length));
        for (const pass of passes) {
          const width = counts[pass[0]!]!;
          const filled = pass.reduce((sum, index) => sum + counts[index]!, 0);
          expect(Math.max(...pass.map((index) => counts[index]!))).toBe(width);
          expect(pass.length).toBeLessThanOrEqual(limits.maxPairs);
          if (pass.length > 1) expect(pass.length * width).toBeLessThanOrEqual(limits.maxTokens);
          expect(pass.length * width - filled).toBeLessThanOrEqual(limits.maxPadding * pass.length * width + 1e-9);
        }
      }),
    );
  });

  it("runs one pair per pass if asked to", () => {
    expect(planPasses([5, 5, 5], { maxPairs: 1, maxTokens: 512, maxPadding: 0.03 })).toEqual([[0], [1], [2]]);
  });
});

describe("planPackedPasses", () => {
  const tokens = fc.array(fc.integer({ min: 1, max: 600 }), { maxLength: 300 });
  const bounds = fc.record({ maxPairs: fc.integer({ min: 1, max: 64 }), maxTokens: fc.integer({ min: 8, max: 2048 }) });

  it("holds every pair exactly once, within pairs and tokens; a longer pair runs alone", () => {
    fc.assert(
      fc.property(tokens, bounds, (counts, limits) => {
        const passes = planPackedPasses(counts, limits);
        expect(passes.flat().sort((a, b) => a - b)).toEqual(everyIndex(counts.length));
        for (const pass of passes) {
          expect(pass.length).toBeGreaterThan(0);
          expect(pass.length).toBeLessThanOrEqual(limits.maxPairs);
          if (pass.length > 1) expect(pass.reduce((sum, index) => sum + counts[index]!, 0)).toBeLessThanOrEqual(limits.maxTokens);
        }
      }),
    );
  });

  it("makes passes of even size", () => {
    const sizes = planPackedPasses([150, 140, 130, 120, 110, 20, 20], { maxPairs: 32, maxTokens: 512 });
    expect(sizes).toEqual([
      [0, 1],
      [2, 3, 4, 5, 6],
    ]);
  });
});

describe("planWorkers", () => {
  const gigabyte = 2 ** 30;

  it("gives a small model one single-threaded session a core", () => {
    expect(planWorkers({ cores: 8, freeBytes: 16 * gigabyte }, 23e6)).toMatchObject({ workers: 8, threads: 1 });
  });

  it("gives a model that fits twice two sessions that share the cores", () => {
    expect(planWorkers({ cores: 8, freeBytes: 9 * gigabyte }, 1.2 * gigabyte)).toMatchObject({ workers: 2, threads: 4 });
  });

  it("runs a model that hardly fits in one session", () => {
    expect(planWorkers({ cores: 4, freeBytes: gigabyte }, 2 * gigabyte)).toMatchObject({ workers: 1, threads: 4 });
  });

  it("keeps to what is set, and plans the rest around it", () => {
    expect(planWorkers({ cores: 8, freeBytes: 64 * gigabyte }, 23e6, { threads: 4 })).toMatchObject({ workers: 2, threads: 4 });
    expect(planWorkers({ cores: 8, freeBytes: 64 * gigabyte }, 23e6, { workers: 3 })).toMatchObject({ workers: 3, threads: 2 });
    expect(planWorkers({ cores: 1, freeBytes: gigabyte }, 23e6, { workers: 5, threads: 7 })).toMatchObject({ workers: 5, threads: 7 });
  });
});
