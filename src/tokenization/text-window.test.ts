import fc from "fast-check";
import { expect, it } from "vitest";
import { textWindow } from "./text-window.ts";

it("keeps a text that is short enough whole", () => {
  expect(textWindow("two words", 9)).toEqual({ start: 0, end: 9, isClean: true });
  expect(textWindow("two words", 9, "left")).toEqual({ start: 0, end: 9, isClean: true });
});

it("cuts before the white space nearest to the end of the window", () => {
  expect(textWindow("aaaa bbbb cccc", 12)).toEqual({ start: 0, end: 9, isClean: true });
  expect(textWindow("aaaa bbbb   cccc", 12)).toEqual({ start: 0, end: 9, isClean: true });
});

it("keeps the end from white space on where it cuts from the left, a whole run of it", () => {
  expect(textWindow("aaaa bbbb cccc", 12, "left")).toEqual({ start: 4, end: 14, isClean: false });
  expect(textWindow("aaaa   bbbb cccc", 13, "left")).toEqual({ start: 4, end: 16, isClean: false });
  expect(textWindow("bbbbbbbbbbbbbbb a", 10, "left")).toEqual({ start: 7, end: 17, isClean: false });
});

it("cuts inside a word where there is no white space in the second half", () => {
  expect(textWindow("a bbbbbbbbbbbbbbb", 10)).toEqual({ start: 0, end: 10, isClean: false });
});

it("never cuts a surrogate pair, and never keeps more than the window", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", " ", "😀", "漢", "\n") }), fc.integer({ min: 2, max: 40 }), (text, size) => {
      for (const side of ["right", "left"] as const) {
        const { start, end } = textWindow(text, size, side);
        expect(end - start).toBeLessThanOrEqual(size);
        if (text !== "") expect(end).toBeGreaterThan(start);
        expect(side === "left" ? end : start).toBe(side === "left" ? text.length : 0);
        expect(text.slice(start, end).isWellFormed()).toBe(true);
      }
    }),
  );
});
