/**
 * Recognizes multi-head attention in the form that exporters write.
 *
 * It starts at the Softmax and follows the graph to queries, keys, values and the end.
 */

import type { OnnxNode } from "./onnx-model.ts";

/** One attention. It reads queries, keys and values, and gives one hidden tensor. */
export interface Attention {
  /** Hidden tensors, shape [pairs, tokens, width]. */
  query: string;
  key: string;
  value: string;
  width: number;
  /** Query, key and value split into heads: tensors of the shape [pairs, tokens, heads, size]. */
  heads: readonly string[];
  /** Factors of the scores: tensors of one number each. A divisor is a factor too. */
  scales: readonly { tensor: string; isDivisor: boolean }[];
  /** What is added to the scores, the same for all heads. */
  mask: string;
  /** The shape for the Reshape that joins the heads again, to [pairs, tokens, width]. */
  endShape: string;
  /** The last node. Its output is the result of the attention. */
  end: OnnxNode;
}

/** What is known about the graph before a node. */
export interface AttentionPattern {
  kindOf(name: string): TensorKind;
  producers: ReadonlyMap<string, OnnxNode>;
  consumers: ReadonlyMap<string, readonly OnnxNode[]>;
}

/** @returns undefined for anything but softmax(scale · query keyᵀ + mask) value */
export function matchAttention(pattern: AttentionPattern, softmax: OnnxNode): Attention | undefined {
  const { kindOf, producers } = pattern;
  const axis = softmax.attributes.find(({ name }) => name === "axis")?.integers[0] ?? -1;
  if (axis !== -1 && axis !== 3) return undefined;
  const masked = producers.get(softmax.inputs[0]!);
  if (masked?.operator !== "Add") return undefined;
  const [scores, mask] = isAuxiliary(kindOf(masked.inputs[1]!)) ? masked.inputs : [masked.inputs[1]!, masked.inputs[0]!];
  if (!isAuxiliary(kindOf(mask!))) return undefined;

  const scales: { tensor: string; isDivisor: boolean }[] = [];
  const product = producers.get(withoutScales(pattern, scores!, scales));
  if (product?.operator !== "MatMul") return undefined;
  const query = withoutSplit(pattern, withoutScales(pattern, product.inputs[0]!, scales), "0,2,1,3");
  const key = withoutKeySplit(pattern, withoutScales(pattern, product.inputs[1]!, scales));

  const weights = nanGuard(pattern, softmax) ?? softmax;
  const weighted = onlyConsumer(pattern, weights);
  if (weighted?.operator !== "MatMul" || weighted.inputs[0] !== weights.outputs[0]) return undefined;
  const value = withoutSplit(pattern, weighted.inputs[1]!, "0,2,1,3");
  const turned = onlyConsumer(pattern, weighted);
  if (turned === undefined || permutationOf(turned) !== "0,2,1,3") return undefined;
  const end = onlyConsumer(pattern, turned, "Reshape");
  if (end?.operator !== "Reshape" || query === undefined || key === undefined || value === undefined) return undefined;

  const width = widthOf(kindOf(query.inputs[0]!));
  const parts = [query, key, value];
  if (width === undefined || parts.some(({ inputs }) => widthOf(kindOf(inputs[0]!)) !== width)) return undefined;
  return {
    query: query.inputs[0]!,
    key: key.inputs[0]!,
    value: value.inputs[0]!,
    width,
    heads: parts.map(({ outputs }) => outputs[0]!),
    scales,
    mask: mask!,
    endShape: end.inputs[1]!,
    end,
  };
}

/** The Where that replaces NaN weights by a constant. A token that attends to nothing has NaN weights. */
function nanGuard({ kindOf, producers, consumers }: AttentionPattern, softmax: OnnxNode): OnnxNode | undefined {
  const [weights] = softmax.outputs as [string];
  const readers = consumers.get(weights) ?? [];
  const test = readers.find(({ operator }) => operator === "IsNaN");
  const guard = readers.find(({ operator }) => operator === "Where");
  if (test === undefined || guard === undefined || readers.length !== 2) return undefined;
  // The constant may come after the softmax. Then its kind is not known yet.
  const isConstant = producers.get(guard.inputs[1]!)?.operator === "Constant" || isAuxiliary(kindOf(guard.inputs[1]!));
  const isGuard = guard.inputs[0] === test.outputs[0] && guard.inputs[2] === weights && isConstant;
  return isGuard && consumers.get(test.outputs[0]!)?.length === 1 ? guard : undefined;
}

/** Goes back over multiplications and divisions by one number, and collects the numbers. */
function withoutScales(pattern: AttentionPattern, name: string, scales: { tensor: string; isDivisor: boolean }[]): string {
  const node = pattern.producers.get(name);
  if (node?.operator !== "Mul" && node?.operator !== "Div") return name;
  const [first, second] = node.inputs as [string, string];
  if (isAuxiliary(pattern.kindOf(second))) {
    scales.push({ tensor: second, isDivisor: node.operator === "Div" });
    return withoutScales(pattern, first, scales);
  }
  if (node.operator === "Div" || !isAuxiliary(pattern.kindOf(first))) return name;
  scales.push({ tensor: first, isDivisor: false });
  return withoutScales(pattern, second, scales);
}

/** The Reshape of a hidden tensor before a Transpose. */
function withoutSplit({ producers }: AttentionPattern, name: string, permutation: string): OnnxNode | undefined {
  const transpose = producers.get(name);
  if (transpose === undefined || permutationOf(transpose) !== permutation) return undefined;
  const reshape = producers.get(transpose.inputs[0]!);
  return reshape?.operator === "Reshape" ? reshape : undefined;
}

/** Keys have one Transpose, or two: first the same as queries and values, then one of the last two dimensions. */
function withoutKeySplit(pattern: AttentionPattern, name: string): OnnxNode | undefined {
  const direct = withoutSplit(pattern, name, "0,2,3,1");
  if (direct !== undefined) return direct;
  const transpose = pattern.producers.get(name);
  if (transpose === undefined || permutationOf(transpose) !== "0,1,3,2") return undefined;
  return withoutSplit(pattern, transpose.inputs[0]!, "0,2,1,3");
}

/** The only node that reads a node's output. Nodes that only read its shape do not count. */
function onlyConsumer({ consumers }: AttentionPattern, node: OnnxNode, operator?: string): OnnxNode | undefined {
  const readers = (consumers.get(node.outputs[0]!) ?? []).filter((reader) => reader.operator !== "Shape");
  return readers.length === 1 && (operator === undefined || readers[0]!.operator === operator) ? readers[0] : undefined;
}

function permutationOf({ operator, attributes }: OnnxNode): string | undefined {
  return operator === "Transpose" ? attributes.find(({ name }) => name === "perm")?.integers.join() : undefined;
}

function isAuxiliary({ kind }: TensorKind): boolean {
  return kind === "auxiliary" || kind === "constant";
}

function widthOf(kind: TensorKind): number | undefined {
  return kind.kind === "hidden" ? kind.width : undefined;
}

/** What a tensor holds. */
export type TensorKind =
  /** The same in every pass. `dimensions` is undefined if they are not known. */
  | { kind: "constant"; dimensions: readonly number[] | undefined }
  /** Token ids or type ids, shape [pairs, tokens]. */
  | { kind: "ids" }
  /** A vector for each token, shape [pairs, tokens, width]. */
  | { kind: "hidden"; width: number }
  /** One row for each pair: the vector of its first token, or values computed from it. */
  | { kind: "pooled" }
  /** Computed only from shapes, constants, ids and the mask: positions, masks, sizes. */
  | { kind: "auxiliary" }
  /** Token vectors split into heads, shape [pairs, heads, tokens, size] in any order, or products of them. */
  | { kind: "split" }
  | { kind: "unknown" };
