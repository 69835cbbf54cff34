import { describe, expect, it } from "vitest";
import { completion } from "../../../test/support/chat-server.node.ts";
import { readCompletion } from "./completion.ts";
import { judge } from "./judgment.ts";

/** @param logprobs of each token: what was written first, then its alternatives */
function judged(content: string, logprobs?: readonly Record<string, number>[] | null) {
  return judge(readCompletion("chat:m", completion({ content, logprobs: logprobs ?? null }), JSON.stringify));
}

const ln = Math.log;

describe("the odds of an answer", () => {
  it("are P(yes) / (P(yes) + P(no)), over all spellings of each word", () => {
    // By hand: yes 0.5 + 0.1 + 0.06, no 0.2 + 0.02; 0.66 / 0.88 = 0.75.
    const { score, by } = judged("Yes", [{ Yes: ln(0.5), no: ln(0.2), " yes": ln(0.1), "▁YES": ln(0.06), ĠNo: ln(0.02), The: ln(0.01) }])!;
    expect(score).toBeCloseTo(0.75, 12);
    expect(by).toBe("odds");
  });

  it("count neither words that only begin alike, nor such as contain the word", () => {
    // By hand: 0.3 / (0.3 + 0.1).
    const { score } = judged("Yes", [{ Yes: ln(0.3), Yesterday: ln(0.2), No: ln(0.1), Not: ln(0.2), None: ln(0.1), Noyes: ln(0.05) }])!;
    expect(score).toBeCloseTo(0.75, 12);
  });

  it("give a word that is not told the least probability that is", () => {
    // By hand: 0.9 / (0.9 + 0.01); 0.91 is told, so 0.08 would be left.
    expect(judged("yes", [{ yes: ln(0.9), The: ln(0.01) }])!.score).toBeCloseTo(0.9 / 0.91, 12);
    // By hand: 0.02 / (0.02 + 0.9).
    expect(judged("no", [{ no: ln(0.9), I: ln(0.02) }])!.score).toBeCloseTo(0.02 / 0.92, 12);
  });

  it("give a word that is not told no more than the others leave", () => {
    // By hand: the least is 0.45, but 0.5 + 0.45 leave 0.05.
    expect(judged("yes", [{ yes: ln(0.5), Yes: ln(0.45) }])!.score).toBeCloseTo(0.95 / 1, 12);
    expect(judged("yes", [{ yes: ln(0.7) }])!.score).toBeCloseTo(0.7, 12);
    // Only the written token is told, as certain: never quite 1.
    expect(judged("yes", [{ yes: 0 }])!.score).toBeCloseTo(1 - 1e-6, 9);
    expect(judged("no", [{ no: 0 }])!.score).toBeCloseTo(1e-6, 9);
  });

  it("tell one sure yes from a surer one, where both words would round to 1 and 0", () => {
    const sure = judged("yes", [{ yes: -1e-7, The: -16 }])!.score;
    const surer = judged("yes", [{ yes: 0, The: -20 }])!.score;
    expect(surer).toBeGreaterThan(sure);
    expect(surer).toBeLessThan(1);
  });

  it("leave out −9999, which stands for a probability that is not told", () => {
    // By hand: 0.8 / (0.8 + 0.1), the least of those that are told.
    expect(judged("yes", [{ yes: ln(0.8), maybe: ln(0.1), no: -9999 }])!.score).toBeCloseTo(0.8 / 0.9, 12);
  });

  it("are read at the first token with a letter: blanks, line ends and marks before it do not count", () => {
    const { score } = judged("\n**Yes**", [{ "\n": ln(0.9), no: ln(0.1) }, { "**": 0 }, { Yes: ln(0.6), No: ln(0.2) }, { "**": 0 }])!;
    expect(score).toBeCloseTo(0.75, 12);
  });

  it("are read behind the thoughts, whose tokens may hold both words", () => {
    const tokens = [{ "<think>": 0 }, { no: ln(0.9), yes: ln(0.1) }, { "</think>": 0 }, { "\n\n": 0 }, { yes: ln(0.9), no: ln(0.1) }];
    expect(judged("<think>no</think>\n\nyes", tokens)!.score).toBeCloseTo(0.9, 12);
  });

  it("take the written token where it is not among the alternatives", () => {
    const body = completion({ content: "yes", logprobs: [{ yes: ln(0.2), no: ln(0.6) }] }) as {
      choices: { logprobs: { content: { top_logprobs: object[] }[] } }[];
    };
    body.choices[0]!.logprobs.content[0]!.top_logprobs.shift();
    expect(judge(readCompletion("chat:m", body, JSON.stringify))!.score).toBeCloseTo(0.25, 12);
  });
});

describe("an answer without odds", () => {
  it.each([
    ["yes", 1],
    ["Yes.", 1],
    ["**YES**", 1],
    ["Yes, because it names the breed", 1],
    ["no", 0],
    ['"No"', 0],
    [" no\n", 0],
  ])("%j is judged by its word", (content, score) => {
    expect(judged(content)).toEqual({ score, by: "word" });
  });

  it.each(["maybe", "nothing", "yesterday", "", "是", "I cannot say yes or no", "1"])("%j is no judgment", (content) => {
    expect(judged(content)).toBeUndefined();
  });

  it("is judged by the word, too, where no alternative is yes or no", () => {
    expect(judged("yes", [{ Y: ln(0.9), I: ln(0.1) }])).toEqual({ score: 1, by: "word" });
    expect(judged("I think", [{ I: ln(0.9), We: ln(0.1) }])).toBeUndefined();
  });
});
