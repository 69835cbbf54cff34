import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createPairEncoder } from "../../tokenization/pair-encoder.ts";
import { generateWorkloads } from "./bench-workload.ts";

const tokenizer: unknown = JSON.parse(readFileSync(new URL("../../../models/mini/tokenizer.json", import.meta.url), "utf8"));
const encoder = createPairEncoder({ tokenizer, config: {} }, { maxTokens: 1024, typeVocabSize: 2 });

function tokenCounts({ query, documents }: ReturnType<typeof generateWorkloads>[number]): number[] {
  return documents.map((text) => encoder.encode(query, text as string, { truncation: "error", specialTokens: "neutralize" }).ids.length);
}

describe("generateWorkloads", () => {
  it.each([
    ["passages", 32, 110, 170, 140],
    ["abstracts", 16, 260, 420, 340],
    ["mixed", 32, 20, 512, 266],
  ])("makes %s of the promised lengths in BERT's tokens", (name, documents, shortest, longest, mean) => {
    const counts = tokenCounts(generateWorkloads().find((workload) => workload.name === name)!);
    expect(counts).toHaveLength(documents);
    expect([Math.min(...counts), Math.max(...counts)]).toEqual([shortest, longest]);
    expect(counts.reduce((sum, count) => sum + count, 0) / documents).toBeCloseTo(mean, -0.5); // each length is rounded
  });

  it("gives neighbors of different lengths, as a search does", () => {
    const counts = tokenCounts(generateWorkloads()[2]!);
    expect(counts).not.toEqual([...counts].sort((left, right) => left - right));
  });

  it("makes the same texts each time, and no document twice", () => {
    const documents = generateWorkloads().flatMap((workload) => workload.documents);
    expect(generateWorkloads().flatMap((workload) => workload.documents)).toEqual(documents);
    expect(new Set(documents).size).toBe(documents.length);
  });

  it("takes the query that it is given", () => {
    expect(generateWorkloads("late delivery").map(({ query }) => query)).toEqual(Array(3).fill("late delivery"));
  });
});
