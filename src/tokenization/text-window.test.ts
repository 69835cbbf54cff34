import fc from "fast-check";
import { expect, test } from "vitest";
import { textWindow } from "./text-window.ts";

test("keeps a text that is short enough whole", () => {
  expect(textWindow("two words", 9)).toEqual({ end: 9, isClean: true });
});

test("cuts before the white space nearest to the end of the window", () => {
  expect(textWindow("aaaa bbbb cccc", 12)).toEqual({ end: 9, isClean: true });
  expect(textWindow("aaaa bbbb   cccc", 12)).toEqual({ end: 9, isClean: true });
});

test("cuts inside a word where there is no white space in the second half", () => {
  expect(textWindow("a bbbbbbbbbbbbbbb", 10)).toEqual({ end: 10, isClean: false });
});

test("never cuts a surrogate pair, and never keeps more than the window", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", " ", "😀", "漢", "\n") }), fc.integer({ min: 2, max: 40 }), (text, size) => {
      const { end } = textWindow(text, size);
      expect(end).toBeLessThanOrEqual(size);
      if (text !== "") expect(end).toBeGreaterThan(0);
      expect(text.slice(0, end).isWellFormed()).toBe(true);
    }),
  );
});
