import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { envelopeBytes } from "../../http/body-size.ts";
import { knownProfile } from "./discovery.ts";
import { bodySizesOf, countFitting, cutParts, type Part, partCount, splitPart } from "./spans.ts";

const coverage = (parts: readonly Part[]): number[] =>
  parts.flatMap(({ start, count }) => Array.from({ length: count }, (_, offset) => start + offset));
const profile = { ...knownProfile({ type: "remote", urls: [], dialect: "vllm" })!, maxDocuments: 3, maxBodyBytes: envelopeBytes + 60 };

describe("parts", () => {
  it("hold every document once, in order, and their sizes differ by one at most", () => {
    const count = fc.integer({ min: 1, max: 2_000 });
    fc.assert(
      fc.property(
        count,
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(20),
        (documents, maxDocuments, engines, idle) => {
          const parts = cutParts(documents, partCount({ documents, maxDocuments, engines, idle: Math.min(idle, engines) }));
          expect(coverage(parts)).toEqual(Array.from({ length: documents }, (_, index) => index));
          const sizes = parts.map((part) => part.count);
          expect(Math.max(...sizes)).toBeLessThanOrEqual(maxDocuments);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it.each([
    ["one for each idle engine", { documents: 60, engines: 3, idle: 3 }, 3],
    ["no smaller than is worth a request", { documents: 20, engines: 8, idle: 8 }, 3],
    ["one where all are busy", { documents: 20, engines: 3, idle: 0 }, 1],
    ["as few as may be where all are busy", { documents: 64, engines: 3, idle: 0 }, 2],
    ["the same for each engine where there are several rounds", { documents: 100, engines: 3, idle: 3 }, 6],
    ["one for one document", { documents: 1, engines: 3, idle: 3 }, 1],
  ])("are %s", (_what, division, count) => {
    expect(partCount({ maxDocuments: 32, ...division })).toBe(count);
  });

  it("that are split keep their documents and their history", () => {
    const [first, rest] = splitPart({ start: 4, count: 5, failures: 2 }, 2);
    expect([first, rest]).toEqual([
      { start: 4, count: 2, failures: 2 },
      { start: 6, count: 3, failures: 2 },
    ]);
  });
});

describe("how many documents fit", () => {
  const sizes = bodySizesOf({ query: "four", texts: ["eight...", "", "é", "seventeen letters", "y"] });

  it("is bounded by the engine's documents", () => {
    expect(countFitting(sizes, { start: 0, count: 5 }, profile)).toBe(3);
    expect(countFitting(sizes, { start: 3, count: 2 }, { ...profile, maxBodyBytes: Number.POSITIVE_INFINITY })).toBe(2);
  });

  it("is bounded by the bytes of a body: the query and the texts as JSON writes them, and a kilobyte for the rest", () => {
    // "four", "eight...", "" and "é" are 4, 8, 0 and 2 bytes; each has quotes and a comma.
    const bytes = envelopeBytes + 4 + 3 + 8 + 3 + 0 + 3 + 2 + 3;
    expect(countFitting(sizes, { start: 0, count: 5 }, { ...profile, maxBodyBytes: bytes - 1 })).toBe(2);
    expect(countFitting(sizes, { start: 0, count: 5 }, { ...profile, maxBodyBytes: bytes })).toBe(3);
  });

  it("is one at least: the engine is to say that it is too large", () => {
    expect(countFitting(sizes, { start: 3, count: 2 }, { ...profile, maxBodyBytes: 1 })).toBe(1);
  });
});
