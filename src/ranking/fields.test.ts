import { describe, expect, it } from "vitest";
import { missingFields, parseFieldPath, readField, textOfFields } from "./fields.ts";

function read(record: object, name: string): unknown {
  return readField(record, parseFieldPath(name));
}

function textOf(record: object, ...names: string[]): string | undefined {
  return textOfFields(record, names.map(parseFieldPath));
}

describe("readField", () => {
  it("follows dots into objects, lists included", () => {
    expect(read({ metadata: { title: "T", pages: [{ text: "P" }] } }, "metadata.title")).toBe("T");
    expect(read({ metadata: { pages: [{ text: "P" }] } }, "metadata.pages.0.text")).toBe("P");
    expect(read({ metadata: null }, "metadata.title")).toBeUndefined();
    expect(read({ metadata: "T" }, "metadata.length")).toBeUndefined();
  });

  it("prefers a key that holds the dot itself, at every level, and the longest such key", () => {
    expect(read({ "a.b": 1, a: { b: 2 } }, "a.b")).toBe(1);
    expect(read({ a: { "b.c": 1, b: { c: 2 } } }, "a.b.c")).toBe(1);
    expect(read({ "a.b": { c: 1 }, a: { b: { c: 2 } } }, "a.b.c")).toBe(1);
    // Where the longer key does not lead there, the shorter one does.
    expect(read({ "a.b": { d: 1 }, a: { b: { c: 2 } } }, "a.b.c")).toBe(2);
    expect(read({ "a.b": null, a: { b: 2 } }, "a.b")).toBeNull();
  });

  it("reads getters of a class, and nothing that every object has", () => {
    class Page {
      get title(): string {
        return "T";
      }
    }
    expect(read({ page: new Page() }, "page.title")).toBe("T");
    for (const name of ["constructor", "toString", "__proto__", "constructor.name", "a.constructor"]) {
      expect(read({ a: {} }, name)).toBeUndefined();
    }
    expect(read({ toString: "own" }, "toString")).toBe("own");
  });

  it("takes no time for a name of a million dots", () => {
    const startMs = performance.now();
    expect(read({ a: {} }, `a${".".repeat(1_000_000)}`)).toBeUndefined();
    expect(performance.now() - startMs).toBeLessThan(1000);
  });
});

describe("textOfFields", () => {
  it("gives one field's value alone, and names several", () => {
    expect(textOf({ body: "B" }, "body")).toBe("B");
    expect(textOf({ metadata: { title: "T" }, pageContent: "P" }, "metadata.title", "pageContent")).toBe(
      "metadata.title: T\npageContent: P",
    );
    expect(textOf({ body: null }, "body")).toBe("");
    expect(textOf({ body: "B" }, "title")).toBeUndefined();
  });

  it("writes integers of any size", () => {
    const id = 12345678901234567890n;
    expect(textOf({ id, ids: [id] }, "id", "ids")).toBe('id: 12345678901234567890\nids: ["12345678901234567890"]');
  });
});

describe("missingFields", () => {
  const documents = [{ title: "a", metadata: { author: "b" } }, "a text", { body: null }];

  it("names each field that no document has, with the one that was meant", () => {
    expect(missingFields(documents, ["title", "bodyy", "body", "metadata.auhtor", "bodyy", "zzz"])).toEqual([
      { type: "missing-field", field: "bodyy", message: "fields: no document has the field bodyy." },
      {
        type: "missing-field",
        field: "metadata.auhtor",
        message: "fields: no document has the field metadata.auhtor. Did you mean metadata.author?",
      },
      { type: "missing-field", field: "zzz", message: "fields: no document has the field zzz." },
    ]);
  });

  it("is silent where every field is there, even as null, and where there are no documents or no fields", () => {
    expect(missingFields(documents, ["title", "body", "metadata.author"])).toEqual([]);
    expect(missingFields([], ["title"])).toEqual([]);
    expect(missingFields(documents)).toEqual([]);
  });

  it("warns that texts have no fields", () => {
    expect(missingFields(["a", "b"], ["title"]).map(({ type }) => type)).toEqual(["missing-field"]);
  });
});
