/**
 * Rewrites a cross-encoder so that pairs of any lengths share a pass without padding.
 *
 * - The tokens of all pairs are concatenated, shape [1, tokens of all pairs]. Everything except attention computes each token separately.
 * - Attention is one operator for each pair, over the tokens of that pair: no mask, no scores of padding, no transposed copies.
 * - The head reads only the first token of each pair. So for the other tokens, the last layer computes only keys and values.
 *
 * The sums are the same, in another order. A graph that this code does not understand completely stays as it is.
 */

import { firstRows } from "./first-rows.ts";
import { elementTypes, makeIntegers, makeNode, makeValue } from "./graph-parts.ts";
import { type FileNames, type OnnxModel, type OnnxNode, readOnnxModel, writeOnnxModel } from "./onnx-model.ts";
import { packedAttention, packedConstants, packedSizes } from "./packed-attention.ts";
import { type OpenProbe, type Positions, type ProbeResult, probe } from "./probe.ts";
import type { ByteSource } from "./protobuf-reader.ts";
import { pruneUnused } from "./prune-unused.ts";
import { readTensorKinds, type TensorKinds } from "./tensor-kinds.ts";

/** A rewritten model. Its inputs are `input_ids`, `position_ids` and perhaps `token_type_ids`, shape [1, tokens], and `lengths`, shape [pairs]. */
export interface PackedEncoder {
  /** The ModelProto. Its large tensors stay where they are: in the file that was read, or in that file's external data. */
  bytes: Uint8Array;
  /** How `position_ids` are numbered; undefined if the model has none. */
  positions: Positions | undefined;
}

const zero = "crossrank/zero";

/** Operators whose versions 11 to 13 differ only in the types that they accept, and the operators that this rewrite adds. */
const sameFrom11 = new Set([
  ..."Add Cast Concat Constant Div Elu Erf Exp Flatten Gather Gemm Identity LeakyRelu MatMul Mul Neg Pow Reciprocal".split(" "),
  ..."ReduceMean Relu Reshape Sigmoid Sqrt Sub Tanh Transpose".split(" "),
  ..."ConcatFromSequence CumSum Loop SequenceEmpty Size SplitToSequence".split(" "),
]);

/**
 * @param names for references to tensors that stay in files
 * @param open runs small parts of the graph, to find out what they compute
 * @param fail makes the error for a file that is damaged
 * @returns undefined for a graph that this code does not understand
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
  return pruneUnused({
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

/** Loops over sequences need operator set 13. For the operators of most encoders, sets 11 and 12 are the same as 13. */
function withSequenceLoops({ opsets, nodes }: OnnxModel): Map<string, number> {
  const version = opsets.get("") ?? 0;
  const isSame = (version === 11 || version === 12) && nodes.every(({ domain, operator }) => domain !== "" || sameFrom11.has(operator));
  return new Map([...opsets, ["", isSame ? 13 : version], ["com.microsoft", 1]]);
}
