import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignColumns, bar, cutToWidth, printable, widthOf } from "./display.ts";

describe("printable", () => {
  it.each([
    ["a\r\nb\tc\u2028d", "a b c d"],
    ["\u001b[31mred\u001b[0m", "�[31mred�[0m"],
    ["\u009b2J\u0007\u0000\u007f", "�2J���"],
    ["\u202eevil\u2066x\u2069", "�evil�x�"],
    ["\ud800x", "�x"],
    ["👩‍👧 ok", "👩‍👧 ok"],
    [`e${"\u0301".repeat(100)}`, `e${"\u0301".repeat(8)}`],
  ])("shows %j as %j", (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it("lets nothing through that controls a terminal", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});

describe("widthOf", () => {
  it.each([
    ["abc", 3],
    ["日本語", 6],
    ["한글", 4],
    ["ｆｕｌｌ", 8],
    ["e\u0301", 1],
    ["👩‍👧", 2],
    ["🇫🇷", 2],
    ["❤️", 2],
    ["שלום", 4],
  ])("of %s is %i", (text, width) => {
    expect(widthOf(text)).toBe(width);
  });
});

describe("cutToWidth", () => {
  it.each([
    ["short", 5, "short"],
    ["longer", 5, "long…"],
    ["日本語", 5, "日本…"],
    ["日本語", 4, "日…"],
    ["two words", 5, "two…"],
    ["x", 0, ""],
  ])("cuts %s to %i columns", (text, columns, expected) => {
    expect(cutToWidth(text, columns)).toBe(expected);
  });

  it("never takes more columns than given", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), fc.nat({ max: 20 }), (text, columns) => {
        expect(widthOf(cutToWidth(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it("reads only the start of a huge text", () => {
    const start = performance.now();
    expect(cutToWidth("x".repeat(10_000_000), 10)).toBe("xxxxxxxxx…");
    // Segmenting the whole text would take seconds.
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe("bar", () => {
  it("has the same width for every share, and is full at 1", () => {
    expect([0, 0.5, 0.51, 1, 2, -1].map((share) => bar(share, 10).length)).toEqual([10, 10, 10, 10, 10, 10]);
    expect(bar(1, 3)).toBe("███");
    expect(bar(0.5, 3)).toBe("█▌ ");
  });
});

describe("alignColumns", () => {
  it("aligns by columns of the terminal, not by characters", () => {
    expect(
      alignColumns(
        [
          ["日本", "1"],
          ["a", "10"],
        ],
        new Set([1]),
      ),
    ).toEqual(["日本   1", "a     10"]);
  });
});
