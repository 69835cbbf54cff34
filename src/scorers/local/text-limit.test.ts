import { expect, it } from "vitest";
import { TextLimit } from "./text-limit.node.ts";

const endless = (): string => "x".repeat(60).replace(/(x+x+)+y/g, "");

it("ends a regular expression that does not end, and is usable afterwards", () => {
  // Long enough for a busy machine to run the second text.
  const limit = new TextLimit("m", 1000);
  expect(() => limit.run(endless, true)).toThrow(
    expect.objectContaining({ code: "unsupported-model", message: expect.stringMatching(/^m: the tokenizer took longer than 1 s/) }),
  );
  expect(limit.run(() => "a", true)).toBe("a");
});

it("ends texts when the time of the call is over", () => {
  const limit = new TextLimit("m", 60_000);
  limit.begin(50);
  const tooLong = expect.objectContaining({ code: "timeout", message: expect.stringMatching(/^m: the call took longer than 0\.05 s/) });
  expect(() => limit.run(endless, true)).toThrow(tooLong);
  expect(() => limit.run(() => "b", false)).toThrow(tooLong);
  limit.begin(Number.POSITIVE_INFINITY);
  expect(limit.run(() => "b", false)).toBe("b");
});

it.each([true, false])("passes the work's own errors on (mayHang: %s)", (mayHang) => {
  const error = new TypeError("own");
  const fail = (): never => {
    throw error;
  };
  expect(() => new TextLimit("m").run(fail, mayHang)).toThrow(error);
});
