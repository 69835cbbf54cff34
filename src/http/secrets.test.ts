import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redact, secretsInHeaders } from "./secrets.ts";

const key = "sk-0123/abc+def=";

describe("redact", () => {
  it("leaves texts without a secret as they are", () => {
    expect(redact("cohere: 401", [key])).toBe("cohere: 401");
    expect(redact("cohere: 401", [])).toBe("cohere: 401");
  });

  it.each([
    ["bare", key],
    ["in other letters", key.toUpperCase()],
    ["percent-encoded", encodeURIComponent(key)],
    ["percent-encoded in small letters", encodeURIComponent(key).toLowerCase()],
    ["inside JSON", JSON.stringify({ key })],
    ["as PHP writes JSON", key.replaceAll("/", "\\/")],
    ["as Java writes JSON", key.replaceAll("=", "\\u003d")],
    ["in HTML", key.replaceAll("/", "&#x2F;").replaceAll("=", "&#61;")],
    ["in a URL of base64", encodeURIComponent(btoa(key))],
    ["in base64", btoa(key)],
    ["in base64url", btoa(key).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")],
    ["in the credentials of Basic", btoa(`user:${key}`)],
    ["in base64 of a header", btoa(`authorization: Bearer ${key}\r\n`)],
  ])("hides a secret %s", (_form, text) => {
    const shown = redact(`before ${text} after`, [key]);
    expect(shown).toContain("[redacted]");
    expect(shown).toMatch(/^before .* after$/);
    expect(shown.toLowerCase()).not.toContain("0123");
    expect(shown).not.toContain(btoa(key).slice(4, 12));
  });

  it("hides a secret with quotes and line breaks as JSON writes it", () => {
    expect(redact(JSON.stringify({ echo: 'a"b\\c\nd' }), ['a"b\\c\nd'])).toBe('{"echo":"[redacted]"}');
  });

  it("hides a secret with letters of all kinds in a URL", () => {
    expect(redact(`/${encodeURIComponent("ключ-🐕-key")}/`, ["ключ-🐕-key"])).toBe("/[redacted]/");
  });

  it("hides a secret without the white space around it, which fetch takes away", () => {
    expect(redact("got Bearer secret-key", ["secret-key\n"])).toBe("got Bearer [redacted]");
  });

  it("hides the longer one of two secrets of which one is a part of the other", () => {
    expect(redact("abcdefgh", ["abcd", "abcdefgh"])).toBe("[redacted]");
  });

  it("takes texts of less than four characters for no secrets", () => {
    expect(redact("an answer", ["an", "", " "])).toBe("an answer");
  });

  it("hides any secret in any surroundings, also where the whole is in base64", () => {
    const printable = fc.string({ minLength: 8, maxLength: 40, unit: "grapheme-ascii" }).filter((text) => text.trim().length >= 8);
    fc.assert(
      fc.property(printable, fc.string({ unit: "grapheme-ascii" }), fc.string({ unit: "grapheme-ascii" }), (secret, before, after) => {
        expect(redact(before + secret + after, [secret]).toLowerCase()).not.toContain(secret.trim().toLowerCase());
        const encoded = redact(btoa(before + secret.trim() + after), [secret]);
        expect(encoded).toContain("[redacted]");
      }),
    );
  });
});

describe("secretsInHeaders", () => {
  it("gives values, and what stands behind the name of a scheme", () => {
    expect(secretsInHeaders({ authorization: "Basic dXNlcjpwdw==", "x-api-key": "0123456789" })).toEqual([
      "Basic dXNlcjpwdw==",
      "dXNlcjpwdw==",
      "0123456789",
    ]);
  });

  it("leaves out values that are too short to be keys, for they would tear holes into messages", () => {
    expect(secretsInHeaders({ "x-team": "search" })).toEqual([]);
  });
});
