import { describe, expect, it } from "vitest";
import { describeSource, type FileDocuments, type InputFormat, readDocuments } from "./input.ts";
import type { Io } from "./io.ts";
import { NotTextError } from "./text-lines.node.ts";

function ioWith(files: Readonly<Record<string, string>>, signal: AbortSignal = new AbortController().signal, notes: string[] = []): Io {
  return {
    write: async () => {},
    note: (line) => notes.push(line),
    async *lines(path) {
      if (files[path] === undefined) throw Object.assign(new Error("gone"), { code: "ENOENT" });
      if (path.endsWith(".png")) throw new NotTextError(path, "this is no text but a PNG image", "Extract its text first");
      yield* files[path].split("\n");
    },
    signal,
    forceSignal: new AbortController().signal,
    settleSignal() {},
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    hasColor: false,
    columns: 80,
  };
}

async function read(name: string, text: string, input?: InputFormat): Promise<unknown[]> {
  return (await readDocuments(ioWith({ [name]: text }), [name], input === undefined ? {} : { input })).documents;
}

async function readAll(files: Readonly<Record<string, string>>, field?: string[]): Promise<FileDocuments> {
  return readDocuments(ioWith(files), Object.keys(files), field === undefined ? {} : { field });
}

describe("readDocuments", () => {
  it.each<[string, string, string, unknown[]]>([
    ["lines, without blank ones", "a.txt", "one\n\n  two  \n", ["one", "  two  "]],
    ["JSONL by its extension", "a.jsonl", '{"text":"x"}\n\n"y"\n', [{ text: "x" }, "y"]],
    ["JSONL by .NDJSON", "a.NDJSON", '"y"', ["y"]],
    ["JSONL by its first line", "-", '{"text":"x"}\n"y"', [{ text: "x" }, "y"]],
    ["an array by its extension", "a.json", '[\n"x",\n{"text":"y"}]', ["x", { text: "y" }]],
    ["an array by its content", "-", '\n[\n"x",\n"y"\n]\n', ["x", "y"]],
    ["lines that begin with a bracket", "-", "[1] Smith\n\n[2] Jones", ["[1] Smith", "[2] Jones"]],
    ["a line that is an array of numbers", "-", "[1]", ["[1]"]],
    ["lines that begin with a quote", "-", '"Stop," he said.\n"y"', ['"Stop," he said.', '"y"']],
    ["lines that begin with a brace", "-", "{a} or {b}\nx", ["{a} or {b}", "x"]],
    ["numbers as lines", "-", "1\n2", ["1", "2"]],
    ["an empty file", "a.json", "", []],
    ["an empty array", "-", "[]", []],
    ["a file of blank lines", "-", "\n \n", []],
  ])("reads %s", async (_what, name, text, expected) => {
    expect(await read(name, text)).toEqual(expected);
  });

  it("reads plain text where the user says so", async () => {
    expect(await read("a.jsonl", '{"a":1}\nx', "lines")).toEqual(['{"a":1}', "x"]);
  });

  it("joins files in their order", async () => {
    expect((await readAll({ "b.txt": "b", "a.json": '["a"]' })).documents).toEqual(["b", "a"]);
  });

  it("tells file and line of each document, blank lines counted", async () => {
    const { documents, sources } = await readAll({
      "a.txt": "one\n\n\ntwo",
      "b.jsonl": '\n{"text":"x"}\n\n"y"',
      "c.json": '[\n\n{"text":\n"z"}, "q",\n"r"]',
      "d.md": "\n\n[1] Smith\n\n[2] Jones",
      "-": '\n[\n"s"]',
    });
    expect(documents.map((document, index) => [describeSource(sources[index]!), document])).toEqual([
      ["a.txt:1", "one"],
      ["a.txt:4", "two"],
      ["b.jsonl:2", { text: "x" }],
      ["b.jsonl:4", "y"],
      ["c.json:3", { text: "z" }],
      ["c.json:4", "q"],
      ["c.json:5", "r"],
      ["d.md:3", "[1] Smith"],
      ["d.md:5", "[2] Jones"],
      ["stdin:3", "s"],
    ]);
  });

  it("knows formats by their names when they are compressed, too", async () => {
    expect((await readAll({ "a.jsonl.gz": '12\n"x"' }).catch((error: Error) => error.message)) as string).toMatch(
      /^a\.jsonl\.gz:1: neither /,
    );
    expect((await readAll({ "a.json.gz": '["x"]' })).documents).toEqual(["x"]);
  });

  it.each(["a.jsonl", "a.json", "-"])("keeps integers of any size in %s", async (name) => {
    const id = 12345678901234567890n;
    const record = `{"id":${id},"text":"x"}`;
    expect(await read(name, name === "a.json" ? `[${record}]` : record)).toEqual([{ id, text: "x" }]);
  });

  it("leaves out those of several files that are no text, and names them", async () => {
    const notes: string[] = [];
    const io = ioWith({ "a.txt": "a", "b.png": "", "c.txt": "c" }, undefined, notes);
    expect((await readDocuments(io, ["a.txt", "b.png", "c.txt"])).documents).toEqual(["a", "c"]);
    expect(notes).toEqual(["crossrank: left out b.png: this is no text but a PNG image. Extract its text first."]);
    await readDocuments(io, ["a.txt", "b.png"], { quiet: true });
    expect(notes).toHaveLength(1);
  });

  it("refuses files none of which is text, and one alone", async () => {
    for (const names of [["b.png"], ["b.png", "c.png"]]) {
      const files = Object.fromEntries(names.map((name) => [name, ""]));
      await expect(readAll(files)).rejects.toThrow("b.png: this is no text but a PNG image.");
    }
  });

  it.each([
    ["a.txt", "a line"],
    ["-", "a line"],
    ["a.jsonl", '"a text"'],
    ["a.json", '["a text"]'],
  ])("refuses fields of plain texts in %s", async (name, text) => {
    const message = `${name === "-" ? "stdin" : name}: holds plain texts, which have no field title, body. Leave --field out, or `;
    await expect(readAll({ "objects.jsonl": '{"title":"x"}', [name]: text }, ["title", "body"])).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining(message),
    });
  });

  it("reads fields of objects among texts, and of empty files", async () => {
    expect((await readAll({ "a.jsonl": '"x"\n{"title":"y"}', "b.txt": "" }, ["title"])).documents).toHaveLength(2);
  });

  it.each([
    ["a.jsonl", (deep: string) => `"x"\n{"text":"y","a":${deep}}`, "a.jsonl:2: nested 200001 levels deep"],
    ["-", (deep: string) => `{"text":"y","a":${deep}}`, "stdin:1: nested 200001 levels deep"],
    ["a.json", (deep: string) => `["x",${deep}]`, "a.json: nested 200001 levels deep"],
    ["-", (deep: string) => `[{"a":${deep}}]`, "stdin: nested 200002 levels deep"],
  ])("refuses a document nested 200,000 deep in %s", async (name, text, message) => {
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const deep = `${open.repeat(200_000)}1${close.repeat(200_000)}`;
      await expect(read(name, text(deep))).rejects.toMatchObject({ code: "invalid-input", message: expect.stringContaining(message) });
    }
  });

  it.each([
    ["a.jsonl", '"x"\n\n{"text":', "a.jsonl:3: not valid JSON: "],
    ["-", '"x"\n12', "stdin:2: neither a JSON string nor an object. Write one JSON string or object a line"],
    ["-", '\n{"text":\n{"text":"y"}', "stdin:2: not valid JSON: "],
    ["a.jsonl", '{"n":1e400}', 'a.jsonl:1: not valid JSON: the number of "n" is too large.'],
    ["a.json", '["x",\n"y"\n', "a.json:2: not valid JSON: "],
    ["a.json", '["x",\n\noops]', "a.json:3: not valid JSON: "],
    ["a.json", '{"documents":[]}', "a.json: expected a JSON array of strings or objects."],
    ["a.json", '["x",\nnull]', "a.json:2: entry 1 of the array is not a string or an object."],
  ])("refuses what is wrong in %s: %j", async (name, text, message) => {
    await expect(read(name, text)).rejects.toMatchObject({ code: "invalid-input", message: expect.stringContaining(message) });
  });

  it("tells which file does not exist", async () => {
    await expect(readDocuments(ioWith({}), ["gone.txt"])).rejects.toMatchObject({
      code: "invalid-input",
      message: "gone.txt: no such file. Check the path; the first argument is the query.",
    });
  });

  it("ends with aborted after an interrupt", async () => {
    await expect(readDocuments(ioWith({ "-": "a" }, AbortSignal.abort()), ["-"])).rejects.toMatchObject({ code: "aborted" });
  });
});
