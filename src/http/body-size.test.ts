import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonLength, utf8Length } from "./body-size.ts";

const anyText = fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.toWellFormed());

it("utf8Length is the number of bytes in UTF-8", () => {
  fc.assert(fc.property(anyText, (text) => void expect(utf8Length(text)).toBe(Buffer.byteLength(text))));
});

it("jsonLength is the number of bytes as JSON writes the text, and a comma", () => {
  const control = Array.from({ length: 0x30 }, (_, unit) => String.fromCharCode(unit)).join("");
  for (const text of [control, '\\"', "é🐕"]) expect(jsonLength(text)).toBe(Buffer.byteLength(JSON.stringify(text)) + 1);
  fc.assert(fc.property(anyText, (text) => void expect(jsonLength(text)).toBe(Buffer.byteLength(JSON.stringify(text)) + 1)));
});
