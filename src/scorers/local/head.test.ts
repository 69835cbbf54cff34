import { describe, expect, it } from "vitest";
import { checkHead, resolveTokens, tokenLogits } from "./head.ts";
import { maxSim, unitVectors } from "./max-sim.ts";

describe("tokenLogits", () => {
  // Two prompts of three tokens, over a vocabulary of two.
  const all = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233];

  it("reads each prompt at its own last token", () => {
    expect([...tokenLogits(all, [2, 3, 2], [2, 0], { trueToken: 1, falseToken: 0 })]).toEqual([13 - 8, 34 - 21]);
    expect([...tokenLogits(all, [2, 3, 2], [1, 2], { trueToken: 1, falseToken: undefined })]).toEqual([5, 233]);
  });

  it("reads a graph that gives only the last token", () => {
    expect([...tokenLogits(all, [6, 2], [9, 9, 9, 9, 9, 9], { trueToken: 1, falseToken: 0 })]).toEqual([1, 2, 5, 13, 34, 89]);
    expect([...tokenLogits(all, [6, 1, 2], [9, 9, 9, 9, 9, 9], { trueToken: 0, falseToken: undefined })]).toEqual([1, 3, 8, 21, 55, 144]);
  });

  it("takes tokens by id and by content, and refuses others and those beyond the vocabulary", () => {
    const idOf = (token: string): number | undefined => (token === "yes" ? 7 : undefined);
    expect(resolveTokens("m", { type: "token", trueToken: "yes", falseToken: 0 }, idOf)).toEqual({ trueToken: 7, falseToken: 0 });
    expect(() => resolveTokens("m", { type: "token", trueToken: "no" }, idOf)).toThrow(
      expect.objectContaining({ code: "unsupported-model" }),
    );
    const head = { type: "token", trueToken: 7, falseToken: 0 } as const;
    expect(() => checkHead("m", [-1, -1, 7], head)).toThrow("reads token 7, and the output has 7 tokens");
    expect(checkHead("m", [-1, -1, 8], head)).toBeUndefined();
    expect(checkHead("m", [-1, -1], head)).toBeUndefined();
  });
});

describe("maxSim", () => {
  it("sums the largest cosine of each query vector, over the compared vectors only", () => {
    const query = unitVectors([3, 4, 0, 2], [1, 2, 2], 0, 0, [true, true]);
    expect([...query]).toEqual([Math.fround(0.6), Math.fround(0.8), 0, 1]);
    // The second row, after one token of padding; its second vector is left out, the third is zeros.
    const document = unitVectors([9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 5, 0, 0, 7, 0, 0], [2, 4, 2], 1, 1, [true, false, true]);
    expect([...document]).toEqual([1, 0, 0, 0]);
    expect(maxSim(query, document, 2)).toBeCloseTo(0.6, 6);
  });
});
