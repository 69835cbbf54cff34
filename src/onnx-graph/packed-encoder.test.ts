import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { besideModel, onCpu, sessionOpener, spreadIds } from "../../test/support/onnx-sessions.node.ts";
import { packedFeeds, paddedFeeds } from "../scorers/local/feeds.ts";
import { packModel } from "../scorers/local/rewritten-model.node.ts";
import { openProbe } from "../scorers/local/session.node.ts";
import type { EncodedPair } from "../tokenization/pair-encoder.ts";
import { makeIntegers } from "./graph-parts.ts";
import { type OnnxModel, type OnnxNode, readOnnxModel, writeOnnxModel } from "./onnx-model.ts";
import { packEncoder } from "./packed-encoder.ts";

const fixtures = fileURLToPath(new URL("../../test/fixtures/", import.meta.url));
const folder = `${fixtures}models/`;
const graphs = readdirSync(`${fixtures}graphs`);
const pathOf = (name: string): string => (name.endsWith(".onnx") ? `${fixtures}graphs/${name}` : `${folder}${name}/onnx/model.onnx`);
// What else is there is left as it is: other attentions (relative, rotary, ALiBi, windows, causal), other poolings, or none.
const understood = [
  "tiny-albert",
  "tiny-bert",
  "tiny-bert-2",
  "tiny-bert-3",
  "tiny-bert-external",
  "tiny-bert-untyped",
  "tiny-electra",
  "tiny-roberta",
  "tiny-xlmr",
];
const others = readdirSync(folder).filter((name) => !understood.includes(name));
const open = sessionOpener();

function pair(length: number, seed: number): EncodedPair {
  const ids = spreadIds(length, seed);
  return { ids, typeIds: Uint8Array.from(ids, (_, index) => (index > length / 3 ? 1 : 0)), fullTokens: 0 };
}

describe("packEncoder", () => {
  it.each([...understood, ...graphs])("keeps the logits of %s, for pairs of any lengths in one pass", (name) => {
    const packed = packModel(pathOf(name), openProbe)!;
    expect(packed, "this graph is understood").toBeDefined();
    const original = open(name, pathOf(name), onCpu);
    const rewritten = open(name, packed, onCpu);
    const pairs = [1, 3, 40, 7, 7, 19].map((length, seed) => pair(length, seed));
    // Ids 0 and 1 are those of padding in BERT and RoBERTa: typed inside a text, they change how positions are counted.
    pairs.push({ ...pair(12, 9), ids: Int32Array.of(2, 1, 9, 0, 30, 1, 1, 44, 45, 0, 46, 3) });
    const expected = pairs.flatMap((one) => Array.from(original.run(paddedFeeds([one], { id: 0, side: "right", firstPosition: 0 })).data));
    const { data, shape } = rewritten.run(packedFeeds(pairs, packed.positions));
    expect(shape).toEqual([pairs.length, expected.length / pairs.length]);
    // float32 sums in another order
    for (const [index, logit] of expected.entries()) expect(Math.abs(data[index]! - logit)).toBeLessThan(1e-5);
  });

  it("finds the weights of a model whose files are links into another folder, as in a hub cache", () => {
    const root = mkdtempSync(join(tmpdir(), "crossrank-links-"));
    try {
      mkdirSync(`${root}/snapshot/onnx`, { recursive: true });
      mkdirSync(`${root}/blobs`);
      for (const [name, blob] of Object.entries({ "model.onnx": "0a", "model.onnx_data": "0b" })) {
        copyFileSync(`${folder}tiny-bert-external/onnx/${name}`, `${root}/blobs/${blob}`);
        symlinkSync(`../../blobs/${blob}`, `${root}/snapshot/onnx/${name}`);
      }
      const packed = packModel(`${root}/snapshot/onnx/model.onnx`, openProbe)!;
      const feeds = packedFeeds([pair(9, 1)], packed.positions);
      const expected = open("plain", packModel(pathOf("tiny-bert-external"), openProbe)!, onCpu).run(feeds).data;
      expect(open("linked", packed, onCpu).run(feeds).data).toEqual(expected);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it.each(others)("leaves %s alone", (name) => {
    expect(packModel(pathOf(name), openProbe)).toBeUndefined();
  });

  const mutations: [what: string, mutate: (model: OnnxModel) => OnnxModel][] = [
    ["an operation that is not known", changing("Erf", (node) => ({ ...node, operator: "Conv" }))],
    ["an operation that mixes tokens", changing("LayerNormalization", (node) => ({ ...node, operator: "CumSum" }))],
    ["a mask that hides what it should show", changing("Where", (node) => ({ ...node, inputs: [0, 2, 1].map((at) => node.inputs[at]!) }))],
    ["a softmax over another dimension", changing("Softmax", (node) => withInteger(node, "axis", 2))],
    ["heads that are turned otherwise", changing("Transpose", (node) => ({ ...node, attributes: [] }))],
    ["scores that are used elsewhere", readElsewhere],
    [
      "another token that is read in the end",
      changing("Gather", (node) => ({ ...node, inputs: [node.inputs[0]!, "test/one"] }), isPooling),
    ],
    ["types that it negates before it looks them up", withNegatedTypes],
    [
      "positions that do not count up",
      changing("Gather", (node) => ({ ...node, inputs: [node.inputs[0]!, "test/odd"] }), isPositionLookup),
    ],
  ];
  it.each(mutations)("leaves a graph alone that has %s", (_, mutate) => {
    expect(pack(tinyBert())).toBeDefined();
    expect(pack(mutate(tinyBert()))).toBeUndefined();
  });
});

function tinyBert(): OnnxModel {
  const model = read(readFileSync(pathOf("tiny-bert")));
  const added = { "test/one": makeIntegers("test/one", 1), "test/odd": makeIntegers("test/odd", [1, 3, 5, 7, 9, 11, 13, 15, 17]) };
  return { ...model, initializers: new Map([...model.initializers, ...Object.entries(added)]) };
}

function read(bytes: Uint8Array): OnnxModel {
  return readOnnxModel(sourceOf(bytes), besideModel, (reason) => new Error(reason))!;
}

function pack(model: OnnxModel): unknown {
  return packEncoder(sourceOf(writeOnnxModel(model)), besideModel, openProbe, (reason) => new Error(reason));
}

function sourceOf(bytes: Uint8Array): Parameters<typeof readOnnxModel>[0] {
  return { sizeBytes: bytes.length, read: (position, length) => bytes.subarray(position, position + length) };
}

/** Changes the last node of this operator that is meant. */
function changing(operator: string, change: (node: OnnxNode) => OnnxNode, isMeant: (node: OnnxNode) => boolean = () => true) {
  return (model: OnnxModel): OnnxModel => {
    const meant = model.nodes.findLast((node) => node.operator === operator && isMeant(node))!;
    return { ...model, nodes: model.nodes.map((node) => (node === meant ? change(node) : node)) };
  };
}

function withNegatedTypes(model: OnnxModel): OnnxModel {
  const lookup = model.nodes.find(({ inputs }) => inputs[1] === "token_type_ids")!;
  const negation: OnnxNode = { operator: "Neg", domain: "", inputs: ["token_type_ids"], outputs: ["test/types"], attributes: [] };
  const changed = { ...lookup, inputs: [lookup.inputs[0]!, "test/types"] };
  return { ...model, nodes: model.nodes.flatMap((node) => (node === lookup ? [negation, changed] : [node])) };
}

function isPooling({ attributes }: OnnxNode): boolean {
  return attributes.some(({ name, integers }) => name === "axis" && integers[0] === 1);
}

function isPositionLookup({ inputs }: OnnxNode): boolean {
  return inputs[0]!.includes("position_embeddings");
}

function withInteger(node: OnnxNode, name: string, value: number): OnnxNode {
  // AttributeProto: name 1, i 3, type 20, of which 2 is INT
  const bytes = Uint8Array.from([10, name.length, ...Buffer.from(name), 24, value, 160, 1, 2]);
  return { ...node, attributes: [{ name, integers: [value], dimensions: undefined, bytes }] };
}

/** Adds the sum of the softmax's rows to the logits. */
function readElsewhere(model: OnnxModel): OnnxModel {
  const softmax = model.nodes.findLast(({ operator }) => operator === "Softmax")!;
  const node = (operator: string, inputs: string[], outputs: string[]): OnnxNode => ({
    operator,
    domain: "",
    inputs,
    outputs,
    attributes: [],
  });
  const nodes = model.nodes.map((one) => (one.outputs[0] === "logits" ? { ...one, outputs: ["test/logits"] } : one));
  const added = [node("ReduceMax", [softmax.outputs[0]!], ["test/max"]), node("Add", ["test/logits", "test/max"], ["logits"])];
  return { ...model, nodes: [...nodes, ...added] };
}
