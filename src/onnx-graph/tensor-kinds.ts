/**
 * What each tensor of a cross-encoder's graph holds, inferred from the operations that compute it.
 *
 * The goal is to find the tensors that have a row for each token, computed from that token alone: for these, the tokens of several pairs can be
 * concatenated. Only attention mixes tokens, and it is recognized as a whole. The result of an unknown operation is `unknown`, and so is everything
 * computed from it. So if the output is `pooled`, the whole graph is understood.
 */
import { type Attention, type AttentionPattern, matchAttention, type TensorKind } from "./attention-pattern.ts";
import type { OnnxModel, OnnxNode } from "./onnx-model.ts";

/** What is known about a graph and its tensors. */
export interface TensorKinds {
  kindOf(name: string): TensorKind;
  producers: ReadonlyMap<string, OnnxNode>;
  consumers: ReadonlyMap<string, readonly OnnxNode[]>;
  attentions: readonly Attention[];
  /** Nodes that look up rows of a table, shape [rows, width], by an auxiliary tensor: by positions, or by types that are all equal. */
  lookups: readonly OnnxNode[];
  /** Nodes that select one token of each pair: input 1 must be 0. */
  poolings: readonly OnnxNode[];
}

const unknown: TensorKind = { kind: "unknown" };
const float = 1;

const elementwise = new Set(
  "Identity Dropout Erf Tanh Relu Sigmoid Sqrt Exp Neg Abs Reciprocal Softplus Elu LeakyRelu HardSigmoid HardSwish Gelu".split(" "),
);
const elementwisePairs = new Set(["Add", "Sub", "Mul", "Div", "Pow"]);

/** Infers the kind of each tensor, in one walk over the graph. */
export function readTensorKinds(model: OnnxModel): TensorKinds {
  const kinds = new Map<string, TensorKind>();
  const producers = new Map<string, OnnxNode>();
  const consumers = new Map<string, OnnxNode[]>();
  for (const node of model.nodes) {
    for (const output of node.outputs) producers.set(output, node);
    for (const input of new Set(node.inputs)) consumers.set(input, [...(consumers.get(input) ?? []), node]);
  }
  for (const [name, { dimensions }] of model.initializers) kinds.set(name, { kind: "constant", dimensions });
  for (const { name } of model.inputs) kinds.set(name, { kind: name === "attention_mask" ? "auxiliary" : "ids" });

  const pattern: AttentionPattern = { kindOf: (name) => kinds.get(name) ?? unknown, producers, consumers };
  const attentions = new Map<OnnxNode, Attention>();
  const found = { lookups: [] as OnnxNode[], poolings: [] as OnnxNode[] };
  for (const node of model.nodes) {
    if (node.operator === "Softmax") {
      const attention = matchAttention(pattern, node);
      if (attention !== undefined) attentions.set(attention.end, attention);
    }
    const attention = attentions.get(node);
    const kind: TensorKind = attention === undefined ? kindOfNode(model, node, pattern, found) : { kind: "hidden", width: attention.width };
    for (const output of node.outputs) kinds.set(output, kind);
  }
  return { ...pattern, ...found, attentions: [...attentions.values()] };
}

function kindOfNode(
  model: OnnxModel,
  node: OnnxNode,
  { kindOf }: AttentionPattern,
  found: { lookups: OnnxNode[]; poolings: OnnxNode[] },
): TensorKind {
  const { operator } = node;
  const inputs = node.inputs.filter((name) => name !== "").map(kindOf);
  const [first, second] = inputs;
  if (node.domain !== "" || inputs.some(({ kind }) => kind === "unknown")) return unknown;
  if (inputs.every(({ kind }) => kind === "constant")) return { kind: "constant", dimensions: constantDimensions(node, inputs) };
  if (operator === "Gather" && first?.kind === "constant") return kindOfLookup(model, node, second!, found);
  if ((operator === "Cast" || operator === "Identity") && first?.kind === "ids") return first;
  // A shape consists of sizes.
  if (operator === "Shape" && first?.kind !== "pooled") return { kind: "auxiliary" };
  if (inputs.every(({ kind }) => kind === "constant" || kind === "ids" || kind === "auxiliary")) return { kind: "auxiliary" };
  if (inputs.every(({ kind }) => kind === "constant" || kind === "pooled")) return { kind: "pooled" };

  if (operator === "Gather" && first?.kind === "hidden" && second?.kind === "constant" && integerOf(node, "axis", 0) === 1) {
    if (second.dimensions?.length !== 0) return unknown;
    found.poolings.push(node);
    return { kind: "pooled" };
  }
  if ((operator === "Reshape" && first?.kind === "hidden") || inputs.some(({ kind }) => kind === "split")) return { kind: "split" };
  return kindOfRows(node, inputs);
}

/** The rules for operations on the last dimension of hidden tensors. */
function kindOfRows(node: OnnxNode, inputs: readonly TensorKind[]): TensorKind {
  const { operator } = node;
  const [first, second] = inputs;
  if (inputs.some(({ kind }) => kind !== "hidden" && kind !== "constant")) return unknown;
  const widths = inputs.flatMap((input) => (input.kind === "hidden" ? [input.width] : []));
  const width = Math.max(...widths);
  if (operator === "MatMul") {
    const dimensions = second?.kind === "constant" ? second.dimensions : undefined;
    return dimensions?.length === 2 ? { kind: "hidden", width: dimensions[1]! } : unknown;
  }
  const isLast = (axis: number | undefined): boolean => axis === -1 || axis === 2;
  if (operator === "LayerNormalization") {
    return first?.kind === "hidden" && widths.length === 1 && isLast(integerOf(node, "axis", -1)) ? { kind: "hidden", width } : unknown;
  }
  if (operator === "ReduceMean") {
    const axes = node.attributes.find(({ name }) => name === "axes")?.integers ?? [];
    return axes.length === 1 && isLast(axes[0]) && integerOf(node, "keepdims", 1) === 1 ? { kind: "hidden", width: 1 } : unknown;
  }
  if (elementwise.has(operator) && inputs.length === 1) return { kind: "hidden", width };
  if (!elementwisePairs.has(operator) || inputs.length !== 2) return unknown;
  // A constant that is the same for every row has no dimension for pairs or tokens.
  const isRowwise = inputs.every((input) => input.kind !== "constant" || (input.dimensions !== undefined && input.dimensions.length <= 1));
  return isRowwise ? { kind: "hidden", width } : unknown;
}

function kindOfLookup(model: OnnxModel, node: OnnxNode, index: TensorKind, found: { lookups: OnnxNode[] }): TensorKind {
  const table = model.initializers.get(node.inputs[0]!);
  // Only lookups in float tables are of interest; Gathers of sizes are of integers.
  if (table?.type !== float) return index.kind === "constant" ? unknown : { kind: "auxiliary" };
  if (table.dimensions.length !== 2 || integerOf(node, "axis", 0) !== 0) return unknown;
  if (index.kind === "auxiliary") found.lookups.push(node);
  else if (index.kind !== "ids") return unknown;
  return { kind: "hidden", width: table.dimensions[1]! };
}

/** Dimensions of a constant that a node makes from other constants, or from nothing. */
function constantDimensions(node: OnnxNode, inputs: readonly TensorKind[]): readonly number[] | undefined {
  if (node.operator === "Constant") {
    const value = node.attributes[0];
    if (value?.name === "value") return value.dimensions;
    return value?.name === "value_float" || value?.name === "value_int" ? [] : undefined;
  }
  const [first] = inputs;
  return node.operator === "Identity" && first?.kind === "constant" ? first.dimensions : undefined;
}

/** The value of an integer attribute, or a default. */
function integerOf(node: OnnxNode, name: string, otherwise: number): number {
  return node.attributes.find((attribute) => attribute.name === name)?.integers[0] ?? otherwise;
}
