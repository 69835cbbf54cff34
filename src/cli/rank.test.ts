import { describe, expect, it } from "vitest";
import type { RerankWarning } from "../index.ts";
import { summarizeWarnings } from "./rank.ts";

function truncated(index: number, tokens: number): RerankWarning {
  return { type: "truncated", message: "cut", index, tokens, maxTokens: 512 };
}

describe("summarizeWarnings", () => {
  it("tells all truncations in one line", () => {
    expect(summarizeWarnings([truncated(0, 600), truncated(4, 900)], 20)).toEqual([
      "2 of 20 documents were cut to the 512 tokens that the model reads (the longest has 900). --quiet hides this line.",
    ]);
  });

  it("takes more truncations than a call takes arguments", () => {
    const many = Array.from({ length: 300_000 }, (_, index) => truncated(index, index === 7 ? 900 : 600));
    expect(summarizeWarnings(many, 300_000)[0]).toMatch(/^300000 of 300000 .*the longest has 900/);
  });

  it("tells other warnings once each, and nothing where there are none", () => {
    const fallback: RerankWarning = { type: "fallback", message: "cuda: not here. Using the processor." };
    expect(summarizeWarnings([fallback, fallback], 2)).toEqual([fallback.message]);
    expect(summarizeWarnings([], 2)).toEqual([]);
  });
});
