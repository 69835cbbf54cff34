import { expect, it } from "vitest";
import { distinctTexts } from "./distinct-texts.ts";

it("finds each text once, and all its indices", () => {
  expect(distinctTexts(["b", "a", "b", "", "a", "b"])).toEqual({
    texts: ["b", "a", ""],
    of: [0, 1, 0, 2, 1, 0],
    indices: [[0, 2, 5], [1, 4], [3]],
  });
  expect(distinctTexts([])).toEqual({ texts: [], of: [], indices: [] });
});
