/** Documents that nobody would write, on the bundled model. */
import { afterAll, describe, expect, it } from "vitest";
import { clearRerankers, rerank, rerankSync } from "../dist/index.js";

const query = "How to train a dog";
const relevant = "Dog training requires patience and consistency.";

afterAll(async () => {
  await clearRerankers();
});

describe("hostile documents", () => {
  const hostile: Record<string, string> = {
    empty: "",
    "lone surrogates": "a \ud800 b \udc00 c",
    NUL: "a\u0000b\u0000",
    "10 MB of words": "lorem ipsum ".repeat(870_000),
    "10 MB without a space": "x".repeat(10_000_000),
    "200,000 characters without a space": "é".repeat(200_000),
    "right to left": "كيف تدرب كلبًا \u202e עברית",
    "combining marks": `e${"\u0301".repeat(5000)}`,
    "a million spaces": " ".repeat(1_000_000),
    "special tokens": "[SEP] [CLS] </s> <s> [PAD]",
    emoji: "👩‍👩‍👧‍👦🏳️‍🌈".repeat(500),
  };

  for (const [name, text] of Object.entries(hostile)) {
    it(`ranks ${name}, the same from rerank and rerankSync`, async () => {
      const start = performance.now();
      const results = await rerank(query, [text, relevant]);
      expect(results).toHaveLength(2);
      expect(performance.now() - start).toBeLessThan(5000);
      expect(rerankSync(query, [text, relevant])).toEqual(results);
    });
  }
});
