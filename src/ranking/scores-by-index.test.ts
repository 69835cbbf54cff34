import { expect, it } from "vitest";
import { scoresByIndex } from "./scores-by-index.ts";

const results = [
  { index: 1, score: 0.5 },
  { index: 0, score: -0.25 },
];

it("scores stand in the order of the documents", () => {
  expect(scoresByIndex("tei", results, 2, "Check it.")).toEqual(new Float64Array([-0.25, 0.5]));
});

it.each([
  ["index 1 for 1 documents", results, 1],
  ["two results for document 1", [results[0]!, results[0]!], 2],
  ["2 results for 3 documents: none for document 2", results, 3],
])("a reply is refused that does not have each document once: %s", (what, list, count) => {
  expect(() => scoresByIndex("tei", list, count, "Check it.")).toThrow(
    expect.objectContaining({ code: "bad-response", message: `tei: the reply has ${what}. Check it.` }),
  );
});
