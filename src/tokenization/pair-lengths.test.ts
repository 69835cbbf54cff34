import fc from "fast-check";
import { expect, it } from "vitest";
import { pairLengths } from "./pair-lengths.ts";

const count = fc.nat(2000);

it("keeps both texts whole where they fit", () => {
  fc.assert(
    fc.property(count, count, fc.constantFrom("longest_first" as const, "only_second" as const), (query, document, strategy) => {
      expect(pairLengths(query, document, query + document, strategy)).toEqual([query, document]);
    }),
  );
});

it("fills the target exactly where the pair is too long, and never gives more than there was", () => {
  fc.assert(
    fc.property(count, count, count, (query, document, target) => {
      fc.pre(query + document > target);
      const [first, second] = pairLengths(query, document, target, "longest_first");
      expect(first + second).toBe(target);
      expect(first).toBeLessThanOrEqual(query);
      expect(second).toBeLessThanOrEqual(document);
      expect(Math.min(first, second)).toBeGreaterThanOrEqual(0);
    }),
  );
});

it("cuts only the longer text while it stays the longer one", () => {
  fc.assert(
    fc.property(count, count, count, (query, document, target) => {
      fc.pre(query + document > target && Math.min(query, document) <= target / 2);
      const [first, second] = pairLengths(query, document, target, "longest_first");
      if (query <= document) expect(first).toBe(query);
      else expect(second).toBe(document);
    }),
  );
});

it("gives the odd token to the longer text", () => {
  expect(pairLengths(300, 400, 9, "longest_first")).toEqual([4, 5]);
  expect(pairLengths(400, 300, 9, "longest_first")).toEqual([5, 4]);
  expect(pairLengths(300, 300, 9, "longest_first")).toEqual([4, 5]);
});

it("keeps the query whole with only_second", () => {
  fc.assert(
    fc.property(count, count, count, (query, document, target) => {
      fc.pre(query + document > target && query < target);
      expect(pairLengths(query, document, target, "only_second")).toEqual([query, target - query]);
    }),
  );
});

it("refuses a query that leaves no room with only_second, and names both counts", () => {
  expect(() => pairLengths(600, 10, 509, "only_second")).toThrowError(/query alone has 600 tokens.*509/);
  expect(() => pairLengths(509, 1, 509, "only_second")).toThrowError(expect.objectContaining({ code: "invalid-input" }));
});
