import { describe, expect, it } from "vitest";
import type { RerankDocument } from "../types.ts";
import { copyDocuments, type DocumentTextOptions, documentText, documentTexts } from "./documents.ts";

function refusal(documents: unknown, options: DocumentTextOptions = {}): { code: string; message: string; cause?: unknown } {
  try {
    documentTexts(copyDocuments(documents as RerankDocument[]), options);
  } catch (error) {
    return error as { code: string; message: string; cause?: unknown };
  }
  throw new Error("accepted");
}

describe("documentText", () => {
  it("takes a string as it is, the empty one and a lone surrogate too", () => {
    expect(documentTexts(["a", "", "\ud800\u0000"])).toEqual(["a", "", "\ud800\u0000"]);
  });

  it("takes the first string among the usual keys", () => {
    expect(documentText({ body: "b", text: "t" }, 0)).toBe("t");
    expect(documentText({ text: 3, content: "c", document: "d" }, 0)).toBe("c");
    expect(documentText({ body: "" }, 0)).toBe("");
  });

  it("reads getters of a class", () => {
    class Page {
      get pageContent(): string {
        return "page";
      }
    }
    expect(documentText(new Page(), 0)).toBe("page");
  });

  it("writes fields as lines in the order asked for, without those that are null or missing", () => {
    const document = { body: "B", year: 2020, open: false, tags: ["x", "y"], title: "T", note: null, size: 9n };
    const fields = ["title", "body", "note", "missing", "year", "open", "tags", "size"];
    expect(documentText(document, 0, { fields })).toBe('title: T\nbody: B\nyear: 2020\nopen: false\ntags: ["x","y"]\nsize: 9');
  });

  it("gives an empty text where the fields are there but null", () => {
    expect(documentText({ title: null }, 0, { fields: ["title"] })).toBe("");
  });

  it("leaves strings alone when fields are named", () => {
    expect(documentText("plain", 0, { fields: ["title"] })).toBe("plain");
  });

  it("gives the text function every document with its index", () => {
    expect(documentTexts([{ a: "x" }, "y"], { text: (document, index) => `${index}${document.a ?? document}` })).toEqual(["0x", "1y"]);
  });
});

describe("documentTexts", () => {
  it.each([
    [undefined, "documents: expected an array, got undefined."],
    ["text", "documents: expected an array, got a string."],
    [new Set(["a"]), "documents: expected an array, got a Set."],
    [{ length: 1 }, "documents: expected an array, got an object."],
    [["a", null], "documents[1]: expected a string or an object, got null."],
    // biome-ignore lint/suspicious/noSparseArray: the hole is what is tested
    [["a", , "b"], "documents[1]: expected a string or an object, got undefined."],
    [["a", 3], "documents[1]: expected a string or an object, got 3."],
    [[{ title: "t", id: 1 }], "documents[0]: no string under text, pageContent, content, body, document (its keys: title, id)."],
    [[{}], "documents[0]: no string under text, pageContent, content, body, document (it has no keys)."],
    [[["a"]], "documents[0]: no string under"],
  ])("refuses %o, naming its index", (documents, message) => {
    const error = refusal(documents);
    expect(error.code).toBe("invalid-input");
    expect(error.message.startsWith(message)).toBe(true);
  });

  it("refuses a document that has none of the fields", () => {
    expect(refusal([{ title: "t" }], { fields: ["titel", "boddy"] }).message).toBe(
      "documents[0]: has none of the fields titel, boddy (its keys: title). Correct fields, or leave it out.",
    );
  });

  it("names the document whose text function throws, and keeps the cause", () => {
    const cause = new Error("boom");
    const error = refusal(["a", "b"], {
      text: (_document, index) => {
        if (index === 1) throw cause;
        return "";
      },
    });
    expect(error).toMatchObject({ code: "invalid-input", cause });
    expect(error.message).toMatch(/^documents\[1\]: the text function failed: boom\. /);
  });

  it("names the document whose text function returns something else than a string", () => {
    expect(refusal(["a"], { text: (() => undefined) as never }).message).toBe(
      "documents[0]: the text function returned undefined. Return a string.",
    );
  });

  it("names the document that cannot be written as JSON", () => {
    const loop: { self?: object } = {};
    loop.self = loop;
    const error = refusal([{ meta: loop }], { fields: ["meta"] });
    expect(error.code).toBe("invalid-input");
    expect(error.message).toMatch(/^documents\[0\]: reading it failed: /);
    expect(error.cause).toBeInstanceOf(TypeError);
  });
});
