import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RerankedDocument, RerankResult } from "../index.ts";
import { widthOf } from "./display.ts";
import { formatResult, type OutputFormat, type OutputOptions, toJson } from "./output.ts";

function lines(results: RerankedDocument[], format: OutputFormat, options: Partial<OutputOptions> = {}): string[] {
  const result: RerankResult = {
    results,
    model: "mini@1",
    usage: { documents: results.length, tokens: 9 },
    timings: { totalMs: 1, loadMs: 0, queueMs: 0, tokenizationMs: 0, scoreMs: 1 },
    warnings: [],
  };
  return [...formatResult(result, format, { columns: 60, sources, ...options })];
}

const sources = [
  { file: "a.jsonl", line: 1 },
  { file: "a.jsonl", line: 4 },
  { file: "a.jsonl", line: 5 },
];

const two: RerankedDocument[] = [
  { index: 1, score: 0.75, document: "A dog\tlearns\nslowly \\ surely \u001b[31m" },
  { index: 0, score: 0.0123, document: { id: 7, text: "Cats \ud800 sleep" } },
];

describe("formatResult", () => {
  it("writes a table of rank, score, bar and text", () => {
    expect(lines(two, "table")).toEqual([
      "1  0.7500  ███████▌    A dog learns slowly \\ surely �[31m",
      "2  0.0123  ▏           Cats � sleep",
    ]);
  });

  it("keeps a table within the terminal", () => {
    const results = [{ index: 0, score: 1, document: "長い文書".repeat(50) }];
    expect(lines(results, "table", { columns: 40 }).map(widthOf)).toEqual([40]);
  });

  it("measures bars between the lowest and the highest score where these are no probabilities", () => {
    const results = [5, 3, 1].map((score, index) => ({ index, score, document: "x" }));
    expect(lines(results, "table")).toEqual(["1  5.0000  ██████████  x", "2  3.0000  █████       x", "3  1.0000              x"]);
  });

  it("shows the chosen fields of an object, and JSON where it has no text", () => {
    const results = [{ index: 0, score: 0, document: { title: "T", of: { year: 2020 }, note: null } }];
    expect(lines(results, "table", { fields: ["of.year", "note", "title"] })[0]).toMatch(/ 2020 · T$/);
    expect(lines(results, "table", { columns: 80 })[0]).toMatch(/ \{"title":"T","of":\{"year":2020\},"note":null\}$/);
  });

  it("writes one result a line as JSONL", () => {
    const records = lines(two, "jsonl").map((line) => JSON.parse(line));
    expect(records).toEqual(two.map((entry) => ({ ...entry, ...sources[entry.index] })));
    expect(Object.keys(records[0])).toEqual(["index", "score", "document", "file", "line"]);
  });

  it("gives integers of any size back as they were read", () => {
    const results = [{ index: 0, score: 1, document: { id: 12345678901234567890n, text: "x" } }];
    const expected = '{"index":0,"score":1,"document":{"id":12345678901234567890,"text":"x"},"file":"a.jsonl","line":1}';
    expect(lines(results, "jsonl")).toEqual([expected]);
    expect(lines(results, "json").join("\n")).toContain('"id": 12345678901234567890,');
    expect(lines([{ index: 0, score: 1, document: { id: 12345678901234567890n } }], "table")[0]).toMatch(/\{"id":12345678901234567890\}$/);
  });

  it("tells file and line in a table of several files, the end of long names", () => {
    const several = [
      { file: "pets.txt", line: 12 },
      { file: "a/very/long/path/to/some/notes.md", line: 7 },
    ];
    const results = [1, 0].map((index) => ({ index, score: 0.5, document: "x".repeat(80) }));
    const [first, second] = lines(results, "table", { sources: several, columns: 70 });
    expect(first).toMatch(/ {2}…path\/to\/some\/notes\.md:7 {2}x+…$/);
    expect(second).toMatch(/ {2}pets\.txt:12 {15}x+…$/);
    expect([first!, second!].map(widthOf)).toEqual([70, 70]);
  });

  it("writes one JSON object without times, which would differ from run to run", () => {
    expect(JSON.parse(lines(two, "json").join("\n"))).toEqual({
      results: two.map((entry) => ({ ...entry, ...sources[entry.index] })),
      model: "mini@1",
      usage: { documents: 2, tokens: 9 },
      warnings: [],
    });
  });

  it("writes six columns of TSV, whatever the text holds", () => {
    expect(lines(two, "tsv")).toEqual([
      "1\t1\t0.75\tA dog\\tlearns\\nslowly \\\\ surely \\u001b[31m\ta.jsonl\t4",
      "2\t0\t0.0123\tCats \\ud800 sleep\ta.jsonl\t1",
    ]);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (document) => {
        const [line] = lines([{ index: 0, score: 1, document }], "tsv");
        expect(line!.split("\t")).toHaveLength(6);
        expect(line).not.toMatch(/[\r\n]/);
        const escaped = line!.split("\t")[3]!;
        expect(JSON.parse(`"${escaped.replaceAll('"', '\\"')}"`)).toBe(document);
      }),
    );
  });

  it("writes nothing but an empty list for no results", () => {
    expect((["table", "jsonl", "tsv"] as const).flatMap((format) => lines([], format))).toEqual([]);
    expect(JSON.parse(lines([], "json").join(""))).toMatchObject({ results: [] });
  });
});

describe("toJson", () => {
  it("is JSON of the same value, with nothing that controls a terminal", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const json = toJson(text);
        expect(JSON.parse(json)).toBe(text);
        expect(json).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});
