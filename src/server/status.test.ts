import { describe, expect, it } from "vitest";
import { RerankError } from "../index.ts";
import { failureOf, ServerError } from "./status.ts";

describe("failureOf", () => {
  it.each([
    ["invalid-input", 422],
    ["unknown-model", 404],
    ["not-allowed", 403],
    ["overloaded", 429],
    ["timeout", 504],
  ] as const)("tells %s in full, as %i", (code, status) => {
    expect(failureOf(new RerankError(code, "what happened"), "id")).toMatchObject({
      status,
      code,
      message: "what happened",
      internal: undefined,
    });
  });

  it.each(["inference", "tokenization", "plugin", "download", "missing-dependency", "hosted"] as const)(
    "tells %s by its code alone",
    (code) => {
      const error = new RerankError(code, "/home/secret/path failed");
      const failure = failureOf(error, "the-id");
      expect(failure.message).not.toContain("secret");
      expect(failure.message).toContain("the-id");
      expect(failure.internal).toBe(error);
    },
  );

  it("tells nothing of what nobody expected", () => {
    const failure = failureOf(new TypeError("x is undefined in /home/secret"), "the-id");
    expect(failure).toMatchObject({ status: 500, code: "internal" });
    expect(failure.message).not.toContain("secret");
  });

  it("asks to try again where a worker died, for it is replaced", () => {
    expect(failureOf(new RerankError("inference", "died", { isRetryable: true }), "id")).toMatchObject({ status: 503, retryAfterSecs: 1 });
    expect(failureOf(new RerankError("inference", "broken"), "id")).toMatchObject({ status: 500, retryAfterSecs: undefined });
  });

  it("keeps the status of the server's own refusals", () => {
    expect(failureOf(new ServerError(503, "loading", "wait", { retryAfterSecs: 5 }), "id")).toMatchObject({
      status: 503,
      code: "loading",
      retryAfterSecs: 5,
    });
  });
});
