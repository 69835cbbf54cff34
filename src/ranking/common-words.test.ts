import { expect, it } from "vitest";
import { commonWords, passagesByWords } from "./common-words.ts";

const keep = (query: string, passages: string[], count: number): number[] => passagesByWords(passages.map(commonWords(query)), count);

it("keeps the passages with most words of the query, in the order of the text", () => {
  expect(keep("train a dog", ["a cat", "the dog sits", "to train a dog", "a bird"], 2)).toEqual([1, 2]);
});

it("lets a word that every passage has count for nothing", () => {
  expect(keep("the origin of the word", ["the the", "the word", "the origin"], 2)).toEqual([1, 2]);
});

it("keeps the first ones where no passage has a word of the query", () => {
  expect(keep("zebra", ["one", "two", "three"], 2)).toEqual([0, 1]);
});

it("finds words whatever their case and width, and in scripts without spaces", () => {
  expect(keep("ＤＯＧ", ["cat", "Dog"], 1)).toEqual([1]);
  expect(keep("犬の訓練", ["猫は寝る", "犬の訓練は楽しい"], 1)).toEqual([1]);
});
