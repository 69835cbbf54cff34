/** Graphs and configurations that differ from the usual exports, against the usual one with the same weights. */
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { createReranker, type ModelReference } from "../dist/index.js";
import { makeNode, makeUntypedValue, makeValue } from "../src/onnx-graph/graph-parts.ts";
import { readOnnxModel, writeOnnxModel } from "../src/onnx-graph/onnx-model.ts";
import { runProgram } from "./support/run-program.node.ts";

type CustomModel = Extract<ModelReference, { type: "custom" }>;

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

it.each([
  ["bfloat16", 16, 2 ** -8],
  ["float16", 10, 2 ** -10],
  ["float64", 11, 1e-6],
])("logits of %s are read, as exactly as they are", async (_name, type, precision) => {
  const expected = await scoresOf(copyOf("tiny-bert", "usual"));
  const scores = await scoresOf(withOutputType(type));
  for (const [index, score] of scores.entries()) expect(Math.abs(score / expected[index]! - 1)).toBeLessThan(precision);
});

/** The fixture with these sizes declared for its inputs [texts, tokens], a name where any will do. */
function withInputShape(fixture: string, name: string, shapeOf: (input: string) => readonly (string | number)[] | undefined): string {
  const folder = copyOf(fixture, name);
  const path = join(folder, "onnx/model.onnx");
  const bytes = readFileSync(path);
  copyFileSync(path, join(folder, "onnx/weights.onnx"));
  const source = { sizeBytes: bytes.length, read: (position: number, length: number) => bytes.subarray(position, position + length) };
  const model = readOnnxModel(source, { own: "weights.onnx", of: (location) => location }, (reason) => new Error(reason))!;
  const inputs = model.inputs.flatMap((input) => {
    if (input.name.startsWith("past_key_values.")) return [input];
    const shape = shapeOf(input.name);
    return shape === undefined ? [] : [makeValue(input.name, 7, shape)];
  });
  // An input that is left out is all ones.
  const ones = [makeNode("Equal", ["input_ids", "input_ids"], ["same"]), makeNode("Cast", ["same"], ["attention_mask"], { to: 7 })];
  const nodes = inputs.some(({ name }) => name === "attention_mask") ? model.nodes : [...ones, ...model.nodes];
  writeFileSync(path, writeOnnxModel({ ...model, nodes, inputs }));
  return folder;
}

/** Scores in input order, and the places of the documents that were cut. */
async function ranked(model: CustomModel): Promise<{ scores: number[]; syncScores: number[]; truncated: unknown[] }> {
  const reranker = createReranker({ model, acceleration: { workers: 1 } });
  try {
    const texts = [...documents, "birds fly south", "a dog", "the dog sleeps in the sun"];
    const { warnings, results } = await reranker.rank("a dog", texts);
    const inOrder = (ranking: typeof results): number[] => [...ranking].sort((a, b) => a.index - b.index).map(({ score }) => score);
    return { scores: inOrder(results), syncScores: inOrder(reranker.rankSync("a dog", texts).results), truncated: warnings };
  } finally {
    await reranker.close();
  }
}

it.each<[fixture: string, shape: readonly (string | number)[], model: Partial<CustomModel>]>([
  ["tiny-bert", ["pairs", 64], {}],
  ["tiny-bert", [1, 64], {}],
  ["tiny-bert", [2, "tokens"], {}],
  ["tiny-bert-2", [4, 64], {}],
  ["tiny-roberta", [4, 64], {}],
  ["tiny-bert-int8", [4, "tokens"], {}],
  ["tiny-qwen3", [4, 64], { head: { type: "token", trueToken: "yes", falseToken: "no" }, template: ["{query}", " ", "{document}"] }],
  ["tiny-colbert", [4, 64], { head: { type: "late-interaction", documentLength: 128 } }],
])("%s with inputs of the sizes %j scores as without, and says what it cut", async (fixture, shape, more) => {
  const name = `${fixture}-${shape.join("-")}`;
  const usual = {
    type: "custom",
    ...more,
    modelId: copyOf(fixture, `${name}-usual`),
    ...(shape[1] === 64 ? { maxLength: 64 } : {}),
  } as const;
  const fixed = { type: "custom", ...more, modelId: withInputShape(fixture, name, () => shape) } as const;
  // Late interaction says the length of documents itself.
  const isLate = more.head?.type === "late-interaction";
  const expected = await ranked(isLate ? { ...usual, head: { type: "late-interaction", documentLength: 64 } } : usual);
  const { scores, syncScores, truncated } = await ranked(fixed);
  expect(truncated).toEqual(expected.truncated);
  expect(syncScores).toEqual(scores);
  for (const [index, score] of scores.entries()) expect(Math.abs(score - expected.scores[index]!)).toBeLessThan(1e-5);
});

it.each([
  [
    "no mask beside a fixed length",
    (input: string) => (input === "attention_mask" ? undefined : ["pairs", 128]),
    /reads 128 tokens, .* no input "attention_mask"/,
  ],
  [
    "two lengths",
    (input: string) => ["pairs", input === "attention_mask" ? 64 : 128],
    /fixes its input "input_ids" to 128 tokens and "attention_mask" to 64/,
  ],
  [
    "two batches",
    (input: string) => [input === "attention_mask" ? 2 : 4, "tokens"],
    /fixes its input "input_ids" to 4 texts and "attention_mask" to 2/,
  ],
  [
    "a mask for each pair of tokens",
    (input: string) => (input === "attention_mask" ? ["pairs", 1, 128, 128] : ["pairs", 128]),
    /input "attention_mask" has 4 dimensions/,
  ],
])("a graph with %s is refused by name when it is opened", async (name, shapeOf, message) => {
  const modelId = withInputShape("tiny-bert", `refused-${name}`, shapeOf);
  await expect(scoresOf(modelId)).rejects.toMatchObject({ code: "unsupported-model", message: expect.stringMatching(message) });
});

it("a graph that reads no mask scores each text as it does alone", async () => {
  const modelId = withInputShape("tiny-colbert", "maskless", (input) => (input === "attention_mask" ? undefined : ["pairs", "tokens"]));
  const model = { type: "custom", modelId, head: { type: "late-interaction", documentLength: 128 } } as const;
  // One token apart: three hundredths of padding, which a pass may have.
  const texts = Array.from({ length: 4 }, (_, more) => "a ".repeat(40 + more));
  const reranker = createReranker({ model, acceleration: { workers: 1 } });
  const together = await reranker.score("a dog", texts);
  const alone: number[] = [];
  for (const text of texts) alone.push(...(await reranker.score("a dog", [text])));
  await reranker.close();
  for (const [index, score] of together.entries()) expect(Math.abs(score - alone[index]!)).toBeLessThan(1e-5);
});

it("a query of late interaction that is longer than the graph reads is refused by name", async () => {
  const modelId = withInputShape("tiny-colbert", "short-colbert", () => ["pairs", 16]);
  const model = { type: "custom", modelId, head: { type: "late-interaction", documentLength: 64 } } as const;
  await expect(ranked(model)).rejects.toMatchObject({
    code: "invalid-input",
    message: expect.stringMatching(/reads 16 tokens, and head\.queryLength is \d+/),
  });
});

it("logits of a type that are no scores are refused when the model is opened, with what to do", async () => {
  await expect(scoresOf(withOutputType(7))).rejects.toMatchObject({
    code: "unsupported-model",
    message: expect.stringMatching(/output "logits" has the element type 7 .* Export the model/),
  });
});

it("a RoBERTa whose config.json does not say what it is reads long documents up to its position table", async () => {
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

it("what the runtime fails on is thrown, and not printed", async () => {
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
