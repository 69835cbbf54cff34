import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExactJson, stringifyExactJson } from "./exact-json.ts";

describe("exact JSON", () => {
  it.each([
    '{"id":12345678901234567890,"text":"x"}',
    '{"id":-9007199254740993}',
    '[9223372036854775807,{"a":[18446744073709551615]}]',
    '{"id":123456789012345678901234567890}',
    '{"12345678901234567890":"12345678901234567890","n":"12345678901234567890n"}',
    '{"a":"\\"id\\":12345678901234567890,","id":12345678901234567891}',
    '{"score":0.1234567890123456,"n":1,"e":1e+21}',
  ])("gives %s back as it was", (text) => {
    expect(stringifyExactJson(parseExactJson(text))).toBe(text);
    expect(JSON.parse(stringifyExactJson(parseExactJson(text), 2))).toEqual(JSON.parse(text));
  });

  it("keeps integers that a number holds as numbers", () => {
    expect(parseExactJson('{"a":9007199254740991,"b":1.5}')).toEqual({ a: 9007199254740991, b: 1.5 });
  });

  it("refuses numbers that are too large for anything, by their key", () => {
    expect(() => parseExactJson('{"size":1e400}')).toThrow('the number of "size" is too large');
    expect(() => parseExactJson("[1")).toThrow(SyntaxError);
  });

  it("is JSON of any other value", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(stringifyExactJson(parseExactJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });
});
