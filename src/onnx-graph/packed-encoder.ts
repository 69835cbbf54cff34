/**
 * Rewrites a cross-encoder so that pairs of any lengths share a pass without padding.
 *
 * - The tokens of all pairs stand side by side, shape [1, tokens of all]: everything but attention looks at each token alone.
 * - Attention is one operator per pair, over that pair's tokens: no mask, no scores of padding, no transposed copies.
 * - Only the first token of each pair is read in the end, so the last layer computes the others no further than their keys and values.
 *
 * The sums are the same, taken in another order. What is not understood entirely is left alone.
 */

import { firstRows } from "./first-rows.ts";
import { onlyWhatIsUsed } from "./graph-order.ts";
import { elementTypes, makeIntegers, makeNode, makeValue } from "./graph-parts.ts";
import { type FileNames, type OnnxModel, type OnnxNode, readOnnxModel, writeOnnxModel } from "./onnx-model.ts";
import { packedAttention, packedConstants, packedSizes } from "./packed-attention.ts";
import { type OpenProbe, type Positions, type ProbeResult, probe } from "./probe.ts";
import type { ByteSource } from "./protobuf-reader.ts";
import { readTensorKinds, type TensorKinds } from "./tensor-kinds.ts";

/** A rewritten model. Its inputs: `input_ids`, `position_ids` and perhaps `token_type_ids`, [1, tokens]; `lengths`, [pairs]. */
export interface PackedEncoder {
  /** The ModelProto; its large tensors are external data in the file that was read, or where that file keeps them. */
  bytes: Uint8Array;
  /** How `position_ids` are numbered; undefined when the model has none. */
  positions: Positions | undefined;
}

const zero = "crossrank/zero";

/** Operators of which versions 11 to 13 differ in the types they take alone, and those that are added here. */
const sameFrom11 = new Set([
  ..."Add Cast Concat Constant Div Elu Erf Exp Flatten Gather Gemm Identity LeakyRelu MatMul Mul Neg Pow Reciprocal".split(" "),
  ..."ReduceMean Relu Reshape Sigmoid Sqrt Sub Tanh Transpose".split(" "),
  ..."ConcatFromSequence CumSum Loop SequenceEmpty Size SplitToSequence".split(" "),
]);

/**
 * @param names for references to tensors that stay in files
 * @param open runs small parts of the graph, to see what they compute
 * @param fail makes the error for a file that is damaged
 * @returns undefined for a graph that is not understood
 */
export function packEncoder(
  source: ByteSource,
  names: FileNames,
  open: OpenProbe,
  fail: (reason: string) => Error,
): PackedEncoder | undefined {
  const model = readOnnxModel(source, names, fail);
  if (model === undefined) return undefined;
  const output = model.outputs.find(({ name }) => name === "logits") ?? model.outputs[0];
  const kinds = readTensorKinds(model);
  const isUnderstood = output !== undefined && kinds.kindOf(output.name).kind === "pooled";
  if (!isUnderstood || kinds.attentions.length === 0) return undefined;
  const facts = probe(model, kinds, open);
  if (facts === undefined) return undefined;
  const packed = rewrite({ ...model, outputs: [output] }, kinds, facts);
  if (packed === undefined) return undefined;
  return { bytes: writeOnnxModel({ ...packed, opsets: withSequenceLoops(packed) }), positions: facts.positions };
}

function rewrite(model: OnnxModel, kinds: TensorKinds, facts: ProbeResult): OnnxModel | undefined {
  const last = kinds.attentions.at(-1)!;
  const first = firstRows(kinds, last);
  const changed = new Map<OnnxNode, readonly OnnxNode[]>();
  for (const node of kinds.poolings) changed.set(node, [makeNode("Gather", [first.of(node.inputs[0]!), zero], node.outputs)]);
  for (const [layer, attention] of kinds.attentions.entries()) {
    const isLast = attention === last;
    const [ended] = attention.end.outputs as [string];
    const query = isLast ? first.of(attention.query) : attention.query;
    const made = { name: `crossrank/${layer}`, heads: facts.heads[layer]!, scale: facts.scales[layer]!, isOneQuery: isLast };
    changed.set(attention.end, packedAttention({ ...attention, query }, isLast ? first.of(ended) : ended, made));
  }
  for (const node of kinds.lookups) {
    changed.set(node, [{ ...node, inputs: [node.inputs[0]!, node === facts.positionLookup ? "position_ids" : zero] }]);
  }
  return onlyWhatIsUsed({
    ...model,
    initializers: new Map([...model.initializers, [zero, makeIntegers(zero, 0)], ...packedConstants]),
    nodes: [...packedSizes(), ...model.nodes.flatMap((node) => changed.get(node) ?? [node]), ...first.nodes],
    inputs: [
      ...model.inputs.filter(({ name }) => name !== "attention_mask"),
      makeValue("position_ids", elementTypes.int64, ["rows", "tokens"]),
      makeValue("lengths", elementTypes.int64, ["pairs"]),
    ],
  });
}

/** Loops over sequences exist from operator set 13 on, which sets 11 and 12 equal in the operations of most encoders. */
function withSequenceLoops({ opsets, nodes }: OnnxModel): Map<string, number> {
  const version = opsets.get("") ?? 0;
  const isSame = (version === 11 || version === 12) && nodes.every(({ domain, operator }) => domain !== "" || sameFrom11.has(operator));
  return new Map([...opsets, ["", isSame ? 13 : version], ["com.microsoft", 1]]);
}
