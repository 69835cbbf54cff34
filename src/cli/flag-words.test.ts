import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { withFlagNames } from "./flag-words.ts";

const sourceFolder = fileURLToPath(new URL("../", import.meta.url));
// Keys that are a flag of some command, values of `llm`, and the phrase that only a program can follow.
const libraryWords =
  /\bllm\.\w+|(?<![\w.{])(?:modelFile|maxLength|cacheDir|batchSize|topK|maxQueued|scoreCacheBytes|showDownloadProgress)\b|\bpass text\b|\bconfig\.model\b/;
// Only an object names the first, and the second is for browsers: neither is seen on the command line.
const unreachable = /\bllm\.client\b|^Check llm\.apiKey$/;

/** Texts of messages in the library's source: literals that contain a space. A name stands for each interpolated value. */
function messagesOf(path: string): string[] {
  const code = readFileSync(path, "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const literals = (code.match(/"(?:[^"\\\n]|\\.)*"|`[^`\n]*`/g) ?? []).filter((literal) => literal.includes(" "));
  // What is put in is a path, a name or a variable of the environment.
  return literals.map((literal) =>
    literal
      .slice(1, -1)
      .replace(/\$\{(?:orSet\([^}]*\)|set)\}/g, ", or set A_VARIABLE")
      .replace(/\$\{[^}]*\}/g, "A_VARIABLE"),
  );
}

describe("inWordsOfFlags", () => {
  const folders = ["ranking", "catalogue", "hub", "scorers", "tokenization", "threads", "http"];
  const messages = folders.flatMap((folder) =>
    readdirSync(`${sourceFolder}${folder}`, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
      .flatMap((path) => messagesOf(`${sourceFolder}${folder}/${path}`)),
  );
  const withWords = [...new Set(messages)].filter((message) => libraryWords.test(message) && !unreachable.test(message));

  it("finds the library's messages", () => {
    expect(withWords.length).toBeGreaterThan(10);
  });

  it.each(withWords)("leaves no key of the configuration in: %s", (message) => {
    expect(withFlagNames(message)).not.toMatch(libraryWords);
  });

  it.each([
    [
      "a.jsonl:3: no string under text. Name the keys with fields, or pass text.",
      "a.jsonl:3: no string under text. Name the keys with --field.",
    ],
    ["cohere: there is no API key. Give llm.apiKey, or set CO_API_KEY.", "cohere: there is no API key. Set CO_API_KEY."],
    [
      'tei: no address. Give llm.baseUrl, for example "http://localhost:8000", or set TEI_BASE_URL.',
      'tei: no address. Set TEI_BASE_URL, for example to "http://localhost:8000".',
    ],
    ["x: 401. Check the key in llm.apiKey or COHERE_API_KEY or CO_API_KEY.", "x: 401. Check the key in COHERE_API_KEY or CO_API_KEY."],
    ["hub: no file. Set modelFile to one of: onnx/model.onnx.", "hub: no file. Set --model-file to one of: onnx/model.onnx."],
    ["config.model.maxLength: expected an integer ≥ 8.", "--max-length: expected an integer ≥ 8."],
    ["fields: no document has the field bodyy. Did you mean body?", "--field: no document has the field bodyy. Did you mean body?"],
    ["./cacheDir/x: no such file.", "./cacheDir/x: no such file."],
  ])("says %s with flags", (message, expected) => {
    expect(withFlagNames(message)).toBe(expected);
  });
});
