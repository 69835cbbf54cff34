/** Models whose JSON files are damaged or hostile: every failure is a RerankError, soon. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { clearRerankers, RerankError, rerank, rerankSync } from "../dist/index.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crossrank-damaged-"));
  cpSync(new URL("./fixtures/models/tiny-bert", import.meta.url), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Json = Record<string, unknown>;

function edit(file: string, change: (value: Json) => void): void {
  const value = JSON.parse(readFileSync(join(folder, file), "utf8")) as Json;
  change(value);
  writeFileSync(join(folder, file), JSON.stringify(value));
}

/** The error of a call with the folder's model; undefined where it succeeds. */
function failure(): unknown {
  try {
    rerankSync("a query", ["a document"], { model: { type: "custom", modelId: folder } });
    return undefined;
  } catch (error) {
    return error;
  }
}

const double = { type: "Replace", pattern: { String: "a" }, content: "aa" };
it.each<[string, (file: Json) => void, RegExp]>([
  [
    "an id of 1.5",
    (file) => Object.assign((file.model as Json).vocab as Json, { the: 1.5 }),
    /model\.vocab\["the"\].* is not a token id but 1\.5/,
  ],
  [
    "an id that is a text",
    (file) => Object.assign((file.model as Json).vocab as Json, { the: "7" }),
    /model\.vocab\["the"\].* is not a token id but "7"/,
  ],
  [
    "a chain of 30 doublings",
    (file) => Object.assign(file, { normalizer: { type: "Sequence", normalizers: Array(30).fill(double) } }),
    /normalizer of tokenizer\.json makes a text more than/,
  ],
  [
    "merges by the million",
    (file) => Object.assign(file.model as Json, { type: "BPE", merges: Array(2 ** 20 + 1).fill("a b") }),
    /model\.merges of tokenizer\.json has 1048577 entries/,
  ],
  ["an unknown normalizer", (file) => Object.assign(file, { normalizer: { type: "X" } }), /normalizer\.type of tokenizer\.json is "X"/],
])(
  "%s in tokenizer.json is refused by name",
  (_, change, message) => {
    edit("tokenizer.json", change);
    const error = failure();
    expect(RerankError.is(error) && error.code).toBe("unsupported-model");
    expect((error as Error).message).toMatch(message);
  },
  60_000,
);

it("a vocabulary of 3 million entries is refused by its file's size, before it is read", () => {
  writeFileSync(join(folder, "tokenizer.json"), `{"model":{"vocab":{${'"p1234567":1234567,'.repeat(3_000_000)}"a":1}}}`);
  const startedMs = performance.now();
  const error = failure();
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect(RerankError.is(error) && error.code).toBe("unsupported-model");
  expect((error as Error).message).toMatch(/tokenizer\.json has \d+ bytes, and crossrank reads a tokenizer of at most 50331648/);
});

it("random changes of the three JSON files give a RerankError or a result, each within 10 seconds", async () => {
  const files = ["config.json", "tokenizer.json", "tokenizer_config.json"] as const;
  const originals = new Map(files.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
  const value = fc.oneof(fc.constantFrom(null, [], {}, -1, 0, 1.5, 1e12, "", "x", true), fc.jsonValue({ maxDepth: 2 }));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), fc.array(fc.nat(50), { maxLength: 4 }), value, async (file, path, replaced) => {
      const root = { value: JSON.parse(originals.get(file)!) as unknown };
      let parent: Json = root;
      let key = "value";
      for (const step of path) {
        const child = parent[key];
        if (typeof child !== "object" || child === null || Object.keys(child).length === 0) break;
        parent = child as Json;
        key = Object.keys(child)[step % Object.keys(child).length]!;
      }
      parent[key] = replaced;
      writeFileSync(join(folder, file), JSON.stringify(root.value) ?? "");
      // A model that is loaded already would not be read again.
      await clearRerankers();
      const startedMs = performance.now();
      const error = failure();
      const tookMs = performance.now() - startedMs;
      writeFileSync(join(folder, file), originals.get(file)!);
      if (error !== undefined && !RerankError.is(error)) throw error;
      expect(tookMs).toBeLessThan(10_000);
    }),
    { numRuns: 150, seed: 11 },
  );
}, 300_000);

const endless = { type: "Replace", pattern: { Regex: "(x+x+)+y" }, content: "" };
const hanging = "x".repeat(60);

it("a regular expression that never ends holds the process no longer than a few seconds after its time-out", () => {
  edit("tokenizer.json", (file) => Object.assign(file, { normalizer: endless }));
  const program = `import { rerank } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)};
    await rerank("q", ["a"], { model: { type: "custom", modelId: process.argv[1] } });
    const startedMs = performance.now();
    await rerank("q", ["${hanging}"], { model: { type: "custom", modelId: process.argv[1] }, maxRerankDurationSecs: 1 }).catch((error) => console.log(error.code));
    process.on("exit", () => console.log(Math.round(performance.now() - startedMs)));`;
  const { stdout, status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program, folder], {
    encoding: "utf8",
    timeout: 60_000,
  });
  const [code, tookMs] = stdout.trim().split("\n");
  expect([status, code], stderr).toEqual([0, "timeout"]);
  expect(Number(tookMs)).toBeLessThan(8_000);
}, 90_000);

it.each<[string, Json]>([
  ["a normalizer", { normalizer: endless }],
  ["a part of one", { normalizer: { type: "Sequence", normalizers: [{ type: "Lowercase" }, endless] } }],
  ["a pre-tokenizer", { pre_tokenizer: { type: "Split", pattern: endless.pattern, behavior: "Isolated", invert: false } }],
])("rerankSync ends at its limit in a regular expression of %s, and the model stays usable", (_, change) => {
  edit("tokenizer.json", (file) => Object.assign(file, change));
  const model = { type: "custom", modelId: folder } as const;
  const startedMs = performance.now();
  expect(() => rerankSync("q", ["a", hanging], { model, maxRerankDurationSecs: 1 })).toThrow(expect.objectContaining({ code: "timeout" }));
  expect(performance.now() - startedMs).toBeLessThan(8_000);
  expect(rerankSync("q", ["a"], { model })).toHaveLength(1);
});

it("a regular expression that never ends is an error after ten seconds, in a call without a limit and when the model opens", async () => {
  edit("tokenizer.json", (file) => Object.assign(file, { normalizer: endless }));
  const model = { type: "custom", modelId: folder } as const;
  const tooLong = /the tokenizer took longer than 10 s for one text\. A regular expression of tokenizer\.json/;
  expect(() => rerankSync("q", ["a", hanging], { model })).toThrow(
    expect.objectContaining({ code: "unsupported-model", message: expect.stringMatching(tooLong) }),
  );
  await clearRerankers();
  // Its content is normalized when the tokenizer opens.
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: true, special: false };
  edit("tokenizer.json", (file) => (file.added_tokens as Json[]).push({ id: 0, content: hanging, ...flags }));
  await expect(rerank("q", ["a"], { model })).rejects.toMatchObject({
    code: "unsupported-model",
    message: expect.stringMatching(tooLong),
  });
}, 90_000);
