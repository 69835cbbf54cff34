import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RerankError } from "./errors.ts";

describe("RerankError", () => {
  it("keeps what controls a terminal or forges a line of a log out of its message and its stack", () => {
    const error = new RerankError("invalid-input", "file \u001b[2J\u0007\u202Etxt\u009b31m\u2066:\r\n2026-01-01 all is well. Mend it.");
    expect(error.message).toBe("file \\u001b[2J\\u0007\\u202etxt\\u009b31m\\u2066: 2026-01-01 all is well. Mend it.");
    expect(error.stack).toContain(error.message);
    expect(error.stack).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    const revived = RerankError.revive({ code: "plugin", message: "a \u001b b", isRetryable: false });
    expect(revived.message).toBe("a \\u001b b");
  });

  it("gives one printable line for any text, and leaves the letters, joiners and emoji of all scripts alone", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const { message } = new RerankError("plugin", text);
        expect(message).not.toMatch(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
        expect(new RerankError("plugin", message).message).toBe(message);
      }),
    );
    const harmless = "naïve 日本語 नमस्ते می‌خواهم 👩‍👩‍👧 “quoted”";
    expect(new RerankError("plugin", harmless).message).toBe(harmless);
  });
});

describe("the message of a RerankError", () => {
  it.each([
    ["onnx: cannot load: loading addons is disabled.. Reinstall it.", "onnx: cannot load: loading addons is disabled. Reinstall it."],
    ["plugin: it said (no)..", "plugin: it said (no)."],
  ])("has one stop where a quoted cause has its own: %s", (given, message) => {
    expect(new RerankError("plugin", given).message).toBe(message);
    expect(RerankError.from(new Error("down.."), "plugin", "plugin").message).toBe("plugin: down.");
  });

  it.each(["grades are 0, 1, 2 …. Change it.", "wait... Then call again.", 'start it with "../" or ".." alone.', "a ../b. Change it."])(
    "keeps %s",
    (message) => {
      expect(new RerankError("plugin", message).message).toBe(message);
    },
  );
});
