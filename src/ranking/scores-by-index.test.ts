import { expect, test } from "vitest";
import { placeScores } from "./placing.ts";

const results = [
  { index: 1, score: 0.5 },
  { index: 0, score: -0.25 },
];

test("scores stand in the order of the documents", () => {
  expect(placeScores("tei", results, 2)).toEqual(new Float64Array([-0.25, 0.5]));
});

test.each([
  ["index 1 for 1 documents", results, 1],
  ["index 1 stands twice in the reply", [results[0]!, results[0]!], 2],
  ["only 2 results for 3 documents, without index 2", results, 3],
])("a reply is refused that does not have each document once: %s", (what, list, count) => {
  expect(() => placeScores("tei", list, count)).toThrow(
    expect.objectContaining({ code: "bad-response", message: expect.stringMatching(new RegExp(`^tei: ${what}\\. `)) }),
  );
});
