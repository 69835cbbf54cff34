import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messageInBody } from "./error-bodies.ts";

describe("messageInBody", () => {
  it.each([
    ["a bare text", "Unauthorized", "Unauthorized"],
    ["Cohere, NIM", { id: "x", message: "invalid request" }, "invalid request"],
    ["FastAPI, Voyage, Jina", { detail: "Model not found" }, "Model not found"],
    ["TEI", { error: "Model is overloaded", error_type: "Overloaded" }, "Model is overloaded"],
    ["OpenAI, vLLM, Infinity", { error: { message: "no such model", type: null, param: null, code: 400 } }, "no such model"],
    ["an older vLLM", { error: "Unauthorized" }, "Unauthorized"],
    ["Pinecone", { status: 400, error: { code: "INVALID_ARGUMENT", message: "bad top_n" } }, "bad top_n"],
    ["a message beside a phrase", { statusCode: 400, error: "Bad Request", message: "query must be a string" }, "query must be a string"],
    ["Jina's list", { detail: "", errors: [{ field: "query", message: "required", type: "missing" }] }, "query: required"],
    [
      "pydantic's list",
      {
        detail: [
          { loc: ["body", "documents", 0], msg: "Input should be a valid string" },
          { loc: [], msg: "wrong" },
        ],
      },
      "body.documents.0: Input should be a valid string; wrong",
    ],
    ["problem details", { type: "about:blank", title: "Bad Gateway", status: 502 }, "Bad Gateway"],
    ["a gateway around another's body", { error: { detail: { message: "inner" } } }, "inner"],
  ])("reads the body of %s", (_, body, message) => {
    expect(messageInBody(body)).toBe(message);
  });

  it.each([[undefined], [null], [5], [""], ["  "], [[]], [{}], [{ message: null }], [{ error: { code: 3 } }], [{ detail: [] }]])(
    "finds none in %j",
    (body) => {
      expect(messageInBody(body)).toBeUndefined();
    },
  );

  it("gives a text or nothing for any JSON, however deep", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(["string", "undefined"]).toContain(typeof messageInBody(body));
      }),
    );
    let deep: unknown = "bottom";
    for (let depth = 0; depth < 100_000; depth += 1) deep = { error: deep };
    expect(messageInBody(deep)).toBeUndefined();
  });
});
