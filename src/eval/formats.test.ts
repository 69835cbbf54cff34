import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatQrels, formatRun, formatTexts, parseQrels, parseRun, parseTexts } from "./formats.ts";

const expected = new Map([
  [
    "q1",
    new Map([
      ["d1", 1],
      ["d2", 0],
    ]),
  ],
  ["q2", new Map([["d1", 2]])],
]);
const id = fc.stringMatching(/^[\w:é𝒳#-]{1,8}$/u);
const tables = (value: fc.Arbitrary<number>) =>
  fc
    .dictionary(id, fc.dictionary(id, value, { minKeys: 1, maxKeys: 4, noNullPrototype: true }), { maxKeys: 4, noNullPrototype: true })
    .map((table) => new Map(Object.entries(table).map(([key, row]) => [key, new Map(Object.entries(row))])));

describe("parseQrels", () => {
  it.each([
    ["TREC", ["q1 0 d1 1", "q1\t0\td2   0", "", "# a note", "q2 0 d1 2"]],
    ["BEIR with its header", ["query-id\tcorpus-id\tscore", "q1\td1\t1", "q1\td2\t0", "q2\td1\t2"]],
    ["three columns without a header", ["q1\td1\t1", "q1\td2\t0", "q2\td1\t2"]],
    [
      "JSONL",
      [
        '{"query_id":"q1","doc_id":"d1","relevance":1}',
        '{"query-id":"q1","corpus-id":"d2","score":0}',
        '{"query_id":"q2","doc_id":"d1","relevance":2}',
      ],
    ],
  ])("reads %s", (_form, lines) => {
    expect(parseQrels(lines)).toEqual(expected);
  });

  it("keeps spaces in ids that tabs separate", () => {
    expect(parseQrels(["a b\tc d\t1"])).toEqual(new Map([["a b", new Map([["c d", 1]])]]));
  });

  it.each([
    ["BEIR with its header", ["query-id\tcorpus-id\tscore", "q1\td1\t1", "#q2\t#d2\t1"]],
    ["BEIR without a header", ["#q2\t#d2\t1", "q1\td1\t1"]],
    ["three columns with spaces", ["q1 d1 1", "#q2 #d2 1"]],
    ["JSONL", ['{"query_id":"q1","doc_id":"d1","relevance":1}', '{"query_id":"#q2","doc_id":"#d2","relevance":1}']],
  ])("reads ids that start with # in %s", (_form, lines) => {
    const judged = parseQrels(lines);
    expect(judged.get("#q2")).toEqual(new Map([["#d2", 1]]));
    expect(judged.size).toBe(2);
  });

  it("has comments in TREC's form alone, as trec_eval 10 has them", () => {
    expect(parseQrels(["# judged in June", "#q1 0 d1 1", "q1 0 #d2 1"])).toEqual(new Map([["q1", new Map([["#d2", 1]])]]));
    expect(() => parseQrels(['{"query_id":"q1","doc_id":"d1","relevance":1}', "# a note"], "file")).toThrow(/^file:2: not JSON/);
    expect(() => parseQrels(["q1\td1\t1", "#q2\td2"], "file")).toThrow(/^file:2: 2 columns/);
  });

  it("takes only the first line for a header", () => {
    expect(() => parseQrels(["query-id\tcorpus-id\tscore", "q1\td1\thigh"], "file")).toThrow(/^file:2: .* has no grade/);
  });

  it.each([
    [["q1 d1"], "file:1: 2 columns. Write query, iteration, document and grade, or query, document and grade."],
    [["q1 0 d1 1", "q1 0 d2 high"], 'file:2: "q1 0 d2 high" has no grade. Write query, document and grade.'],
    [["q1 0 d1 0.5"], "file:1: the grade is no integer. Grades are 0, 1, 2 …."],
    [["q1 0 d1 1", "", "q1 0 d1 0"], "file:3: document d1 of query q1 is there twice. Remove one of them."],
    [['{"query_id":"q1"}'], "file:1: no doc_id. It is a string or an integer; corpus-id or docno is read too."],
    [['{"query_id":"q1","doc_id":"d","relevance":"1"}'], "file:1: the grade is no integer. Grades are 0, 1, 2 …."],
  ])("refuses %j with its line", (lines, message) => {
    expect(() => parseQrels(lines, "file")).toThrow(expect.objectContaining({ code: "invalid-input", message }));
  });

  it.each(["trec", "beir", "jsonl"] as const)("reads back what is written as %s", (format) => {
    fc.assert(
      fc.property(tables(fc.integer({ min: -1, max: 9 })), (qrels) => {
        fc.pre(format !== "trec" || ![...qrels.keys()].some((key) => key.startsWith("#")));
        expect(parseQrels(formatQrels(qrels, format))).toEqual(qrels);
      }),
    );
  });
});

describe("parseRun", () => {
  it("reads TREC's form, with anything after the tag, and JSONL", () => {
    const run = new Map([
      [
        "q1",
        new Map([
          ["d1", 1.5],
          ["d2", -2e-3],
        ]),
      ],
    ]);
    expect(parseRun(["q1 Q0 d1 1 1.5 tag", "q1\tQ0\td2\t2\t-2e-3\ttag and more"])).toEqual(run);
    expect(parseRun(['{"query_id":"q1","doc_id":"d1","score":1.5}', '{"qid":"q1","docno":"d2","score":-0.002}'])).toEqual(run);
  });

  it.each([
    ["TREC's form", ["# a note, not a line of the run", "q1 Q0 d1 1 1.5 t", "#q2 Q0 #d2 1 1.5 t"]],
    ["JSONL", ['{"query_id":"q1","doc_id":"d1","score":1.5}', '{"query_id":"#q2","doc_id":"#d2","score":1.5}']],
  ])("reads ids that start with # in %s", (_form, lines) => {
    const run = parseRun(lines);
    expect(run.get("#q2")).toEqual(new Map([["#d2", 1.5]]));
    expect(run.size).toBe(2);
  });

  it("has no comments in JSONL", () => {
    expect(() => parseRun(['{"query_id":"q1","doc_id":"d1","score":1.5}', "# a note"], "file")).toThrow(/^file:2: not JSON/);
  });

  it.each([
    [["q1 Q0 d1 1 1.5"], "file:1: fewer than 6 columns. Write query, Q0, document, rank, score and tag, or JSONL."],
    [["q1 Q0 d1 1 inf t"], "file:1: the score is no finite number. Write it as in 12.5 or 1e-3."],
    [["q1 Q0 d1 1 1 t", "q1 Q0 d1 2 0 t"], "file:2: document d1 of query q1 is there twice. Remove one of them."],
    [["{"], /^file:1: not JSON: .* Write one object a line\.$/],
  ])("refuses %j with its line", (lines, message) => {
    expect(() => parseRun(lines, "file")).toThrow(message);
  });

  it.each(["trec", "jsonl"] as const)("reads back what is written as %s, best first", (format) => {
    fc.assert(
      fc.property(tables(fc.double({ noNaN: true, noDefaultInfinity: true })), (run) => {
        expect(parseRun(formatRun(run, format))).toEqual(
          new Map([...run].map(([key, row]) => [key, new Map([...row].map(([a, b]) => [a, b + 0]))])),
        );
      }),
    );
    expect([
      ...formatRun(
        new Map([
          [
            "q",
            new Map([
              ["a", 1],
              ["b", 2],
            ]),
          ],
        ]),
        "trec",
        "my tag",
      ),
    ]).toEqual(["q Q0 b 1 2 my_tag", "q Q0 a 2 1 my_tag"]);
  });

  it("does not write ids that its form cannot hold", () => {
    expect(() => [...formatQrels(new Map([["#q", new Map([["d", 1]])]]))]).toThrow(/"#q" would begin a comment/);
    expect(() => [...formatRun(new Map([["a b", new Map([["d", 1]])]]))]).toThrow(/"a b" has white space/);
  });
});

describe("ids", () => {
  it("are kept exactly beyond 2^53, where JSON has them as numbers", () => {
    const ids = ["9007199254740993", "12345678901234567890"];
    const [query, document] = ids;
    expect([...parseTexts(ids.map((id) => `{"_id":${id},"text":"x"}`)).keys()]).toEqual(ids);
    const judged = parseQrels([`{"query_id":${query},"doc_id":${document},"relevance":1}`]);
    expect(judged).toEqual(new Map([[query, new Map([[document, 1]])]]));
    const ranked = parseRun([`{"query_id":${query},"doc_id":${document},"score":0.5}`]);
    expect(ranked).toEqual(new Map([[query, new Map([[document, 0.5]])]]));
  });
});

describe("parseTexts", () => {
  it("reads BEIR's corpus, with the title in front, and MS MARCO's columns", () => {
    expect(parseTexts(['{"_id":"d1","title":"A title","text":"text","metadata":{}}', '{"id":7,"title":"","text":"plain"}'])).toEqual(
      new Map([
        ["d1", "A title text"],
        ["7", "plain"],
      ]),
    );
    expect(parseTexts(["1\t# a text\twith a tab", ""])).toEqual(new Map([["1", "# a text\twith a tab"]]));
  });

  it.each([
    [['{"_id":"a"}'], 'file:1: no string "text". Write one object with _id and text a line.'],
    [["a\tx", "a\ty"], 'file:2: id "a" is there twice. Give each text an id of its own.'],
    [["no tab"], "file:1: neither a JSON object nor an id, a tab and a text. Write one of these a line."],
  ])("refuses %j with its line", (lines, message) => {
    expect(() => parseTexts(lines, "file")).toThrow(expect.objectContaining({ code: "invalid-input", message }));
  });

  it("reads back what is written", () => {
    fc.assert(
      fc.property(fc.dictionary(id, fc.string({ unit: "binary" }), { noNullPrototype: true }), (texts) => {
        const map = new Map(Object.entries(texts));
        expect(parseTexts(formatTexts(map))).toEqual(map);
      }),
    );
  });
});
