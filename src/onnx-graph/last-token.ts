/**
 * Rewrites a causal language model so that it computes next-token logits for the last token of each prompt only.
 *
 * A published graph gives logits for every token, [pairs, tokens, vocabulary]: 600 kB a token with the 151,936 tokens of Qwen's vocabulary.
 * Here the rows of the last tokens are taken before the product with the vocabulary's vectors, which gives the same numbers for them, and
 * the caches that nobody reads are left out. What is not understood is left alone.
 */

import { onlyWhatIsUsed } from "./graph-order.ts";
import { elementTypes, makeNode, makeValue } from "./graph-parts.ts";
import { type FileNames, type OnnxModel, type OnnxNode, readOnnxModel, writeOnnxModel } from "./onnx-model.ts";
import type { ByteSource } from "./protobuf-reader.ts";

const lastRows = "crossrank/last_rows";
const places = "last_places";
// Gathering rows of each pair apart: `batch_dims` exists from this operator set on.
const gatherOpset = 12;

// Products of hidden rows, the first input, with a matrix of weights.
const products = new Set(["MatMul", "MatMulInteger", "MatMulNBits"]);
// What may come after the product: one value in, one out, a row at a time.
const elementwise = new Set(["Add", "Cast", "Div", "Identity", "Mul", "Tanh"]);

/**
 * @param names for references to tensors that stay in files
 * @param fail makes the error for a file that is damaged
 * @returns the ModelProto, with one more input, `last_places` [pairs, 1], and `logits` [pairs, vocabulary] as its only output; undefined for a
 *   graph that is not understood
 */
export function keepLastTokens(source: ByteSource, names: FileNames, fail: (reason: string) => Error): Uint8Array | undefined {
  const model = readOnnxModel(source, names, fail);
  if (model === undefined || (model.opsets.get("") ?? 0) < gatherOpset) return undefined;
  const product = lastProduct(model);
  if (product === undefined) return undefined;
  const [rows, ...others] = product.inputs as [string, ...string[]];
  const gather = makeNode("GatherND", [rows, places], [lastRows], { batch_dims: 1 });
  const changed = onlyWhatIsUsed({
    ...model,
    nodes: model.nodes.flatMap((node) => (node === product ? [gather, { ...node, inputs: [lastRows, ...others] }] : [node])),
    inputs: [...model.inputs, makeValue(places, elementTypes.int64, ["pairs", "one"])],
    // The published shape has the tokens' dimension, which is gone. (Where the type is another one, the runtime refuses the model.)
    outputs: [makeValue("logits", elementTypes.float, ["pairs", "vocabulary"])],
  });
  return changed === undefined ? undefined : writeOnnxModel(changed);
}

/** The product that gives the logits, where nothing between the two mixes rows. */
function lastProduct(model: OnnxModel): OnnxNode | undefined {
  const producers = new Map<string, OnnxNode>();
  for (const node of model.nodes) for (const output of node.outputs) producers.set(output, node);
  for (let node = producers.get("logits"); node !== undefined; ) {
    if (products.has(node.operator)) return isWeights(model, producers, node.inputs[1]!) ? node : undefined;
    if (!elementwise.has(node.operator)) return undefined;
    const values = node.inputs.filter((input) => !isFixed(model, producers, input));
    if (values.length !== 1) return undefined;
    node = producers.get(values[0]!);
  }
  return undefined;
}

/** Whether a factor or a summand is the same for every token: weights, or the scale that a dynamically quantized graph takes from all of them. */
function isFixed(model: OnnxModel, producers: ReadonlyMap<string, OnnxNode>, name: string): boolean {
  const tensor = model.initializers.get(name);
  if (tensor !== undefined) return tensor.dimensions.length < 2;
  const producer = producers.get(name);
  if (producer?.operator === "Constant") return true;
  if (producer?.operator === "DynamicQuantizeLinear") return name !== producer.outputs[0];
  return producer?.operator === "Mul" && producer.inputs.every((input) => isFixed(model, producers, input));
}

/** Whether a tensor is a matrix of weights, as it is in the file or turned, unpacked or converted. */
function isWeights(model: OnnxModel, producers: ReadonlyMap<string, OnnxNode>, name: string): boolean {
  const tensor = model.initializers.get(name);
  if (tensor !== undefined) return tensor.dimensions.length >= 2;
  const producer = producers.get(name);
  return (
    producer !== undefined &&
    ["Transpose", "DequantizeLinear", "Cast"].includes(producer.operator) &&
    isWeights(model, producers, producer.inputs[0]!)
  );
}
