import { describe, expect, it } from "vitest";
import { readTwoClasses, resolveRelevantClass } from "./class-labels.ts";

const read = (...labels: string[]): ReturnType<typeof readTwoClasses> => readTwoClasses({ id2label: { ...labels } });

describe("readTwoClasses", () => {
  it.each([
    ["relevant", "not_relevant"],
    ["relevant", "irrelevant"],
    ["RELEVANT", "NOT RELEVANT"],
    ["Relevant", "NotRelevant"],
    ["relevant", "non-relevant"],
    ["entailment", "not_entailment"],
    ["entailment", "contradiction"],
    ["ENTAILMENT", "NEUTRAL"],
    ["duplicate", "not_duplicate"],
    ["positive", "negative"],
    ["yes", "no"],
    ["True", "False"],
    ["1", "0"],
    ["paraphrase", "something else"],
    ["this is a match", "a mismatch"],
    ["anything", "unrelated"],
  ])("takes the first of %s and %s, and the second when they are turned round", (relevant, other) => {
    expect(read(relevant, other)).toEqual({ relevant: 0, unread: undefined });
    expect(read(other, relevant)).toEqual({ relevant: 1, unread: undefined });
    expect(readTwoClasses({ label2id: { [relevant]: 0, [other]: 1 } })).toEqual({ relevant: 0, unread: undefined });
  });

  it.each([
    ["class_a", "class_b"],
    ["positive", "relevant"],
    ["not_relevant", "irrelevant"],
    ["similar or different", "x"],
    ["関連", "無関係"],
  ])("takes the second of %s and %s, which it cannot read, and says so", (first, second) => {
    expect(read(first, second)).toEqual({ relevant: 1, unread: [first, second] });
  });

  it("takes the second of classes without names", () => {
    expect(read("LABEL_0", "LABEL_1")).toEqual({ relevant: 1, unread: undefined });
  });

  it.each([undefined, null, 3, {}, { id2label: null }, { id2label: "ab" }, { id2label: { 0: "a" } }, { id2label: { 0: 1, 1: 2 } }])(
    "gives undefined for %j",
    (config) => {
      expect(readTwoClasses(config)).toBeUndefined();
    },
  );

  it("gives undefined for three classes", () => {
    expect(read("entailment", "neutral", "contradiction")).toBeUndefined();
  });
});

describe("resolveRelevantClass", () => {
  it("finds a class by its label in either table, and names the labels there are", () => {
    expect(resolveRelevantClass("m", { id2label: { 0: "no", 1: "yes" } }, "yes")).toBe(1);
    expect(resolveRelevantClass("m", { label2id: { yes: 0 } }, "yes")).toBe(0);
    expect(resolveRelevantClass("m", null, 2)).toBe(2);
    expect(() => resolveRelevantClass("m", { id2label: { 0: "no" } }, "yes")).toThrow('Known: "no".');
    expect(() => resolveRelevantClass("m", null, "yes")).toThrow("It names no labels");
  });
});
