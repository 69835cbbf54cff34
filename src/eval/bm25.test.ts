import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bm25, words } from "./bm25.ts";

const documents = new Map([
  ["a", "The cat sat on the mat."],
  ["b", "The dog sat."],
  ["c", "Cats and dogs, and a dog!"],
]);

describe("words", () => {
  it.each([
    ["The U.S.A. in 2024_x", ["the", "u", "s", "a", "in", "2024_x"]],
    ["Straße Ærø ΟΔΥΣΣΕΥΣ", ["straße", "ærø", "οδυσσευς"]],
    ["हिन्दी में", ["हिन्दी", "में"]],
    ["自然语言处理 is NLP。好", ["自然", "然语", "语言", "言处", "处理", "is", "nlp", "好"]],
    ["東京タワー", ["東京", "京タ", "タワ", "ワー"]],
    ["ที่นี่", ["ที่นี่"]],
    ["", []],
    ["?!", []],
  ])("of %j are %j", (text, expected) => {
    expect(words(text)).toEqual(expected);
  });
});

describe("Bm25", () => {
  // Reckoned in Python from the formula of Lucene's BM25Similarity since version 8, k1 0.9, b 0.4, 2026-11-25.
  it.each([
    ["the dog", { b: 0.535_311_650_6, a: 0.316_287_772, c: 0.238_338_554_4 }],
    ["sat, SAT mat", { a: 0.974_055_026_1, b: 0.535_311_650_6 }],
    ["sea", {}],
  ])("scores %j as Lucene's formula does, best first", (query, expected) => {
    const found = new Bm25(documents).search(query, 10);
    expect([...found.keys()]).toEqual(Object.keys(expected));
    for (const [id, score] of Object.entries(expected)) expect(found.get(id)).toBeCloseTo(score, 9);
  });

  it("gives the first of the whole order, equal scores by the later id", () => {
    const texts = fc.array(fc.array(fc.constantFrom("x", "y", "z"), { maxLength: 5 }), { maxLength: 12 });
    fc.assert(
      fc.property(texts, fc.nat(14), (lists, count) => {
        const index = new Bm25(new Map(lists.map((list, index) => [`d${index}`, list.join(" ")])));
        const all = [...index.search("x y", 100)];
        expect([...index.search("x y", count)]).toEqual(all.slice(0, count));
        for (const [rank, [id, score]] of all.entries()) {
          const [nextId, next] = all[rank + 1] ?? ["", 0];
          expect(score > next || (score === next && id > nextId)).toBe(true);
        }
      }),
    );
  });

  it("takes a tokenizer of one's own, and refuses wrong parameters", () => {
    const index = new Bm25(documents, { tokenize: (text) => (text.includes("dog") ? ["dog"] : []) });
    expect([...index.search("hotdogs", 5).keys()]).toEqual(["c", "b"]);
    expect(() => new Bm25(documents, { b: 2 })).toThrow(expect.objectContaining({ code: "invalid-input" }));
  });
});
