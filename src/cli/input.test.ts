import { describe, expect, it } from "vitest";
import { type InputFormat, readDocuments } from "./input.ts";
import type { Io } from "./io.ts";

function ioWith(files: Readonly<Record<string, string>>, signal: AbortSignal = new AbortController().signal): Io {
  return {
    write: async () => {},
    note: () => {},
    async *lines(path) {
      if (files[path] === undefined) throw Object.assign(new Error("gone"), { code: "ENOENT" });
      yield* files[path].split("\n");
    },
    signal,
    hurry: new AbortController().signal,
    settleSignal() {},
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    hasColour: false,
    columns: 80,
  };
}

function read(name: string, text: string, format?: InputFormat): Promise<unknown[]> {
  return readDocuments(ioWith({ [name]: text }), [name], format);
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
    expect(await readDocuments(ioWith({ "b.txt": "b", "a.json": '["a"]' }), ["b.txt", "a.json"])).toEqual(["b", "a"]);
  });

  it.each([
    ["a.jsonl", '"x"\n\n{"text":', "a.jsonl:3: expected a JSON string or object on each line."],
    ["-", '"x"\n12', "stdin:2: expected a JSON string or object on each line."],
    ["a.json", '["x"', "a.json: not valid JSON: "],
    ["a.json", '{"documents":[]}', "a.json: expected a JSON array of strings or objects."],
    ["a.json", '["x", null]', "a.json: entry 1 of the array is not a string or an object."],
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
