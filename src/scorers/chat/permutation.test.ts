import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isWhole, readPermutation } from "./permutation.ts";

describe("readPermutation", () => {
  it.each([
    ["[2] > [3] > [1]", [1, 2, 0]],
    ["[2]>[3]>[1]", [1, 2, 0]],
    ["[2], [3], [1]", [1, 2, 0]],
    ["[ 2 ] > [ 3 ] > [ 1 ]", [1, 2, 0]],
    ["2 > 3 > 1", [1, 2, 0]],
    ["[2, 3, 1]", [1, 2, 0]],
    ["1. Passage 2\n", [0, 1, 2]],
    ["The 3 passages in order: [2] > [3] > [1]", [1, 2, 0]],
    ["［２］ > ［３］ > ［１］", [1, 2, 0]],
    ["② > ③ > ①", [1, 2, 0]],
  ])("reads %j", (answer, order) => {
    expect(readPermutation(answer, 3).order).toEqual(order);
  });

  it("takes an answer that names every passage once as it is", () => {
    expect(readPermutation("[2] > [3] > [1]", 3)).toEqual({ order: [1, 2, 0], named: 3, dropped: 0 });
    expect(isWhole(readPermutation("[2] > [3] > [1]", 3))).toBe(true);
  });

  it.each([
    ["appends passages that are missing, in their present order", "[3]", { order: [2, 0, 1, 3], named: 1, dropped: 0 }],
    ["drops a passage that was named before", "[3] > [3] > [1] > [2] > [4] > [1]", { order: [2, 0, 1, 3], named: 4, dropped: 2 }],
    ["drops numbers of no passage", "[0] > [5] > [2] > [99999999999999999999]", { order: [1, 0, 2, 3], named: 1, dropped: 2 }],
    ["keeps the present order for an answer without numbers", "I cannot rank these.", { order: [0, 1, 2, 3], named: 0, dropped: 0 }],
    ["keeps the present order for an empty answer", "", { order: [0, 1, 2, 3], named: 0, dropped: 0 }],
  ])("%s", (_what, answer, permutation) => {
    expect(readPermutation(answer, 4)).toEqual(permutation);
    expect(isWhole(readPermutation(answer, 4))).toBe(false);
  });

  // Anything at all, things that look like an answer, and pieces of answers.
  const answers = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(fc.integer({ min: -5, max: 40 })).map((numbers) => numbers.map((number) => `[${number}]`).join(" > ")),
    fc
      .array(fc.oneof(fc.constantFrom("[", "]", " > ", "[]", "][", "-", ".", "\n", "①", "２", "٣"), fc.nat().map(String)))
      .map((pieces) => pieces.join("")),
  );

  it("places every passage exactly once, whatever the answer is", () => {
    fc.assert(
      fc.property(answers, fc.integer({ min: 0, max: 30 }), (answer, count) => {
        const { order, named, dropped } = readPermutation(answer, count);
        expect([...order].sort((left, right) => left - right)).toEqual(Array.from({ length: count }, (_, index) => index));
        expect(named).toBeLessThanOrEqual(count);
        expect(dropped).toBeGreaterThanOrEqual(0);
        const rest = order.slice(named);
        expect(rest).toEqual([...rest].sort((left, right) => left - right));
      }),
    );
  });

  it("reads back every order that is written in the form that is asked for", () => {
    const orders = fc.integer({ min: 1, max: 30 }).chain((count) =>
      fc.shuffledSubarray(
        Array.from({ length: count }, (_, index) => index),
        { minLength: count },
      ),
    );
    fc.assert(
      fc.property(orders, (order) => {
        const answer = order.map((index) => `[${index + 1}]`).join(" > ");
        expect(readPermutation(answer, order.length)).toEqual({ order, named: order.length, dropped: 0 });
      }),
    );
  });
});
