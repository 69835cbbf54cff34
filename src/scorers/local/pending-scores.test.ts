import { describe, expect, it } from "vitest";
import type { ScoreCall } from "../../scorer.ts";
import type { GroupScores } from "./group.ts";
import { type PairCache, PendingScores } from "./pending-scores.ts";
import { ScoreCache } from "./score-cache.node.ts";

const callOf = (texts: string[], query = "q"): ScoreCall => ({
  query,
  texts,
  truncation: "longest_first",
  specialTokens: "neutralize",
  batchSize: 32,
});

/** Scores that identify their text. */
function scoresOf(texts: readonly string[]): GroupScores {
  const lengths = texts.map((text) => text.length);
  return {
    scores: Float64Array.from(lengths),
    tokens: Uint32Array.from(lengths),
    fullTokens: new Uint32Array(texts.length),
    lowerBounds: new Uint8Array(texts.length),
    failures: [],
    passes: 1,
    paddedTokens: 0,
    tokenizationMs: 0,
  };
}

function run(call: ScoreCall, memory?: PairCache): { scored: string[]; scores: number[] } {
  const pending = new PendingScores(call, memory);
  const scored = pending.missing.map((index) => call.texts[index]!);
  pending.fill(pending.missing, scoresOf(scored));
  return { scored, scores: Array.from(pending.result().scores) };
}

describe("PendingScores", () => {
  it("has each text scored once, and gives its numbers to every index it stands at", () => {
    expect(run(callOf(["aa", "b", "aa", "", "aa", ""]))).toEqual({ scored: ["aa", "b", ""], scores: [2, 1, 2, 0, 2, 0] });
  });

  it("does not have remembered pairs scored again, and counts hits and misses by text", () => {
    const cache = new ScoreCache(1_000_000).of("usual");
    run(callOf(["aa", "b"]), cache);
    expect(run(callOf(["b", "ccc", "aa", "b"]), cache)).toEqual({ scored: ["ccc"], scores: [1, 3, 2, 1] });
    expect({ hits: cache.hits, misses: cache.misses }).toEqual({ hits: 2, misses: 3 });
  });

  it("distinguishes everything that changes a score", () => {
    const cache = new ScoreCache(1_000_000).of("usual");
    run(callOf(["text"]), cache);
    expect(run(callOf(["text"], "other query"), cache).scored).toEqual(["text"]);
    expect(run({ ...callOf(["text"]), truncation: "only_second" }, cache).scored).toEqual(["text"]);
    expect(run({ ...callOf(["text"]), specialTokens: "interpret" }, cache).scored).toEqual(["text"]);
    expect(run({ ...callOf(["text"]), instruction: "" }, cache).scored).toEqual(["text"]);
    expect(run({ ...callOf(["text"]), maxLength: 8 }, cache).scored).toEqual(["text"]);
    // The parts of a key do not run into each other.
    expect(run(callOf(["b"], "qa"), cache).scored).toEqual(["b"]);
    expect(run(callOf(["ab"], "q"), cache).scored).toEqual(["ab"]);
  });

  it("distinguishes readings of one model, and keeps them within the same bytes", () => {
    const cache = new ScoreCache(2 * 256);
    const [usual, other] = [cache.of("usual"), cache.of("other")];
    run(callOf(["text"]), usual);
    expect(run(callOf(["text"]), other).scored).toEqual(["text"]);
    expect(run(callOf(["text"]), usual).scored).toEqual([]);
    expect([usual, other].map(({ hits, misses }) => [hits, misses])).toEqual([
      [1, 1],
      [0, 1],
    ]);
    run(callOf(["more"]), other);
    expect(run(callOf(["text"]), other).scored).toEqual(["text"]);
  });

  it("keeps within its bytes, forgetting the least recently used", () => {
    const cache = new ScoreCache(2 * 256).of("usual");
    run(callOf(["a"]), cache);
    run(callOf(["bb"]), cache);
    run(callOf(["a"]), cache);
    run(callOf(["ccc"]), cache);
    expect(run(callOf(["a"]), cache).scored).toEqual([]);
    expect(run(callOf(["bb"]), cache).scored).toEqual(["bb"]);
  });
});
