import { describe, expect, it } from "vitest";
import { RerankError } from "./errors.ts";

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
