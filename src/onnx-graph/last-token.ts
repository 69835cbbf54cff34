/**
 * Rewrites a causal language model so that it computes next-token logits only for the last token of each prompt.
 *
 * A published graph gives logits for every token, [pairs, tokens, vocabulary]: 600 kB per token with the 151,936 tokens of Qwen's vocabulary.
 * The rewritten graph selects the rows of the last tokens before it multiplies with the vocabulary's matrix, which gives the same logits. It also
 * leaves out the unused key–value caches. A graph that this code does not understand stays as it is.
 */

import { elementTypes, makeNode, makeValue } from "./graph-parts.ts";
import { type FileNames, type OnnxModel, type OnnxNode, readOnnxModel, writeOnnxModel } from "./onnx-model.ts";
import type { ByteSource } from "./protobuf-reader.ts";
import { pruneUnused } from "./prune-unused.ts";

const lastRows = "crossrank/last_rows";
const lastIndices = "last_indices";
// The first operator set in which GatherND has `batch_dims`.
const gatherOpset = 12;

// Operators that multiply hidden rows (their first input) with a matrix of weights.
const products = new Set(["MatMul", "MatMulInteger", "MatMulNBits"]);
// Operators that may come after the product: they compute each element separately.
const elementwise = new Set(["Add", "Cast", "Div", "Identity", "Mul", "Tanh"]);

/**
 * @param names for references to tensors that stay in files
 * @param fail makes the error for a file that is damaged
 * @returns the ModelProto, with one more input, `last_indices` [pairs, 1], and `logits` [pairs, vocabulary] as its only output; undefined for a
 *   graph that is not understood
 */
export function keepLastTokens(source: ByteSource, names: FileNames, fail: (reason: string) => Error): Uint8Array | undefined {
  const model = readOnnxModel(source, names, fail);
  if (model === undefined || (model.opsets.get("") ?? 0) < gatherOpset) return undefined;
  const product = lastProduct(model);
  if (product === undefined) return undefined;
  const [rows, ...others] = product.inputs as [string, ...string[]];
  const gather = makeNode("GatherND", [rows, lastIndices], [lastRows], { batch_dims: 1 });
  const changed = pruneUnused({
    ...model,
    nodes: model.nodes.flatMap((node) => (node === product ? [gather, { ...node, inputs: [lastRows, ...others] }] : [node])),
    inputs: [...model.inputs, makeValue(lastIndices, elementTypes.int64, ["pairs", "one"])],
    // The published shape has a dimension for tokens; this one does not. (If the type were wrong, the runtime would refuse the model.)
    outputs: [makeValue("logits", elementTypes.float, ["pairs", "vocabulary"])],
  });
  return changed === undefined ? undefined : writeOnnxModel(changed);
}

/** The product that gives the logits. Undefined if a node between the two could mix rows. */
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

/** Whether a factor or a summand is the same for every token: weights, or the scale of a dynamically quantized graph. */
function isFixed(model: OnnxModel, producers: ReadonlyMap<string, OnnxNode>, name: string): boolean {
  const tensor = model.initializers.get(name);
  if (tensor !== undefined) return tensor.dimensions.length < 2;
  const producer = producers.get(name);
  if (producer?.operator === "Constant") return true;
  if (producer?.operator === "DynamicQuantizeLinear") return name !== producer.outputs[0];
  return producer?.operator === "Mul" && producer.inputs.every((input) => isFixed(model, producers, input));
}

/** Whether a tensor is a matrix of weights, perhaps transposed, dequantized or cast. */
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
