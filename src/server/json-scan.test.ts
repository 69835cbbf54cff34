import { describe, expect, it } from "vitest";
import { findExcess } from "./json-scan.ts";

const scan = (text: string): ReturnType<typeof findExcess> => findExcess(new TextEncoder().encode(text));

describe("a scan of JSON", () => {
  it.each([
    ["an ordinary body", '{"query":"q","documents":["a",{"text":"b","more":[1,{"x":null}]}]}'],
    ["brackets and commas in strings, behind escapes", `["${"[{,:".repeat(200_000)}","\\"[[[","\\\\",{"[\\"{":"]"}]`],
    ["as deep as may be", "[".repeat(128) + "]".repeat(128)],
    ["as many values as may be", `[${"1,".repeat(500_000)}1]`],
    ["as many keys as may be", `{${'"a":1,'.repeat(99_998)}"a":1}`],
    ["what is no JSON, but balanced", "}{"],
  ])("finds nothing in %s", (_what, text) => expect(scan(text)).toBeUndefined());

  it.each([
    ["a level more", "[".repeat(129) + "]".repeat(129), /128 levels/],
    ["objects in objects", `${'{"a":'.repeat(200)}1${"}".repeat(200)}`, /128 levels/],
    ["a value more", `[${"1,".repeat(500_001)}1]`, /500000 values/],
    ["too many keys", `{${'"a":1,'.repeat(100_000)}"a":1}`, /100000 lists/],
    ["too many lists", `[${"[],".repeat(100_000)}1]`, /100000 lists/],
  ])("finds %s", (_what, text, excess) => expect(scan(text)).toEqual({ excess: expect.stringMatching(excess) }));

  it.each(["[9007199254740993]", '{"id":-9007199254740993,"x":0.1234567890123456789}', '[{"a":{"id": 1234567890123456 }}]'])(
    "tells that an integer may lose digits: %s",
    (text) => expect(scan(text)).toBe("long-integers"),
  );

  it.each(["[123456789012345]", "[0.12345678901234567]", "[1234567890123456.5]", "[1234567890123456e2]", '["1234567890123456789"]'])(
    "finds no long integer in %s",
    (text) => expect(scan(text)).toBeUndefined(),
  );

  it.each(["[", "[".repeat(1_000_000), '{"a":[1}', '["]'])("tells brackets that do not close: %#", (text) =>
    expect(scan(text)).toBe("unbalanced"),
  );
});
