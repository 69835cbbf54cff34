/** Graphs and configurations that differ from the usual exports, against the usual one with the same weights. */
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { createReranker } from "../dist/index.js";
import { makeNode, makeUntypedValue, makeValue } from "../src/onnx-graph/graph-parts.ts";
import { readOnnxModel, writeOnnxModel } from "../src/onnx-graph/onnx-model.ts";
import { runProgram } from "./support/run-program.node.ts";

const root = mkdtempSync(join(tmpdir(), "crossrank-graphs-"));
afterAll(() => rmSync(root, { recursive: true }));
const documents = ["a dog is trained", "cats sleep", "birds ".repeat(200)];

function copyOf(fixture: string, name: string): string {
  const folder = join(root, name);
  cpSync(fileURLToPath(new URL(`fixtures/models/${fixture}`, import.meta.url)), folder, { recursive: true });
  return folder;
}

async function scoresOf(model: string): Promise<number[]> {
  const reranker = createReranker({ model, acceleration: { workers: 1 } });
  try {
    return await reranker.score("a dog", documents);
  } finally {
    await reranker.close();
  }
}

/** The fixture with its logits converted to another element type. */
function withOutputType(type: number): string {
  const folder = copyOf("tiny-bert", `type-${type}`);
  const path = join(folder, "onnx/model.onnx");
  const bytes = readFileSync(path);
  copyFileSync(path, join(folder, "onnx/weights.onnx"));
  const source = { sizeBytes: bytes.length, read: (position: number, length: number) => bytes.subarray(position, position + length) };
  const model = readOnnxModel(source, { own: "weights.onnx", of: (location) => location }, (reason) => new Error(reason))!;
  const renamed = (name: string): string => (name === "logits" ? "raw" : name);
  const nodes = model.nodes.map((node) => ({ ...node, outputs: node.outputs.map(renamed) }));
  const cast = makeNode("Cast", ["raw"], ["logits"], { to: type });
  const output = type === 7 ? makeUntypedValue("logits") : makeValue("logits", type, ["pairs", "labels"]);
  writeFileSync(path, writeOnnxModel({ ...model, nodes: [...nodes, cast], outputs: [output] }));
  return folder;
}

test.each([
  ["bfloat16", 16, 2 ** -8],
  ["float16", 10, 2 ** -10],
  ["float64", 11, 1e-6],
])("logits of %s are read, as exactly as they are", async (_name, type, precision) => {
  const expected = await scoresOf(copyOf("tiny-bert", "usual"));
  const scores = await scoresOf(withOutputType(type));
  for (const [index, score] of scores.entries()) expect(Math.abs(score / expected[index]! - 1)).toBeLessThan(precision);
});

test("logits of a type that are no scores are refused when the model is opened, with what to do", async () => {
  await expect(scoresOf(withOutputType(7))).rejects.toMatchObject({
    code: "unsupported-model",
    message: expect.stringMatching(/output "logits" has the element type 7 .* Export the model/),
  });
});

test("a RoBERTa whose config.json does not say what it is reads long documents up to its position table", async () => {
  const usual = copyOf("tiny-roberta", "roberta");
  const silent = copyOf("tiny-roberta", "roberta-silent");
  const { model_type: _type, ...config } = JSON.parse(readFileSync(join(silent, "config.json"), "utf8")) as Record<string, unknown>;
  writeFileSync(join(silent, "config.json"), JSON.stringify(config));
  for (const folder of [usual, silent]) {
    const path = join(folder, "tokenizer_config.json");
    const { model_max_length: _limit, ...rest } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify(rest));
  }
  expect(await scoresOf(silent)).toEqual(await scoresOf(usual));
});

test("what the runtime fails on is thrown, and not printed", async () => {
  const folder = copyOf("tiny-roberta", "roberta-wrong");
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as object;
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, max_position_embeddings: 400 }));
  writeFileSync(join(folder, "tokenizer_config.json"), "{}");
  const index = JSON.stringify(new URL("../dist/index.js", import.meta.url).href);
  const { stdout, stderr } = await runProgram(`
    import { createReranker } from ${index};
    const reranker = createReranker({ model: ${JSON.stringify(folder)} });
    const documents = ["birds ".repeat(300)];
    await reranker.score("a dog", documents).catch((error) => console.log(error.code));
    try { reranker.rankSync("a dog", documents); } catch (error) { console.log(error.code); }
    await reranker.close();
  `);
  expect({ stdout, stderr }).toEqual({ stdout: "inference\ninference\n", stderr: "" });
});
