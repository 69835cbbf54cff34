import { describe, expect, it } from "vitest";
import type { PassageCall, TextPassages } from "./by-passages.ts";
import { divideTexts, type Stretch } from "./stretches.ts";

const callOf = (texts: string[], passages: Partial<PassageCall["passages"]> = {}, contexts?: string[]): PassageCall => ({
  query: "q",
  texts,
  truncation: "longest_first",
  specialTokens: "neutralize",
  batchSize: 32,
  passages: { aggregate: "max", select: "first", overlapTokens: 0, ...passages },
  ...(contexts === undefined ? {} : { contexts }),
});

/** Divides with one passage a stretch. @returns the stretches of each round, and the passages of each text */
function divide(call: PassageCall, maxCharacters: number, tokens?: number): { rounds: Stretch[][]; passages: readonly TextPassages[] } {
  const rounds: Stretch[][] = [];
  const steps = divideTexts(call, maxCharacters);
  let step = steps.next();
  while (step.done !== true) {
    rounds.push([...step.value]);
    step = steps.next(
      step.value.map(({ start, end }) => ({
        spans: [{ start: 0, end: end - start }],
        prefix: "",
        isComplete: true,
        ...(tokens === undefined ? {} : { tokens }),
      })),
    );
  }
  return { rounds, passages: step.value };
}

describe("divideTexts", () => {
  it("divides equal texts once, but not those with another context", () => {
    expect(divide(callOf(["a", "b", "a"]), 10).rounds[0]!.map(({ index }) => index)).toEqual([0, 1]);
    expect(divide(callOf(["a", "a", "a"], {}, ["x", "y", "x"]), 10).rounds[0]!.map(({ index }) => index)).toEqual([0, 1]);
  });

  it("cuts a huge text into stretches at paragraphs, lines, words, or between characters, and counts from the whole text's beginning", () => {
    const text = "aaaaaa\n\nbb cccc\nddddd eeeee😀😀";
    const { rounds, passages } = divide(callOf([text]), 10);
    expect(rounds).toHaveLength(1);
    expect(rounds[0]!.map(({ start, end }) => text.slice(start, end))).toEqual(["aaaaaa\n\n", "bb cccc\n", "ddddd ", "eeeee😀😀"]);
    expect(passages[0]!.spans.map(({ start, end }) => text.slice(start, end)).join("")).toBe(text);
  });

  it("reads no further than the first passages or tokens that are wanted", () => {
    const text = "word ".repeat(100);
    const { rounds, passages } = divide(callOf([text, "short"], { maxPassages: 3 }), 50);
    expect(rounds.map((round) => round.length)).toEqual([2, 1, 1]);
    expect(passages[0]).toMatchObject({ isComplete: false, spans: { length: 3 } });
    expect(passages[1]).toMatchObject({ isComplete: true });
    expect(
      divide(callOf([text], { maxDocumentTokens: 25 }), 50, 10)
        .rounds.flat()
        .map(({ maxTokens }) => maxTokens),
    ).toEqual([25, 15, 5]);
  });

  it("reads all stretches where the best passages are wanted", () => {
    expect(divide(callOf(["word ".repeat(100)], { maxPassages: 3, select: "common-words" }), 50).rounds).toHaveLength(1);
  });
});
