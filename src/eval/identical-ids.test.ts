import { expect, it } from "vitest";
import { withoutIdenticalIds } from "./identical-ids.ts";

it("leaves out each query's own document and nothing else, and keeps a query that has no other", () => {
  const run = new Map([
    [
      "a",
      new Map([
        ["a", 3],
        ["b", 2],
      ]),
    ],
    ["b", new Map([["b", 1]])],
  ]);
  expect(withoutIdenticalIds(run)).toEqual(
    new Map([
      ["a", new Map([["b", 2]])],
      ["b", new Map()],
    ]),
  );
  expect(run.get("a")?.size).toBe(2);
});
