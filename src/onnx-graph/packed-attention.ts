/** Attention over the concatenated tokens of several pairs; each pair attends only to itself. */
import type { Attention } from "./attention-pattern.ts";
import { elementTypes, makeIntegers, makeNode, makeSequenceValue, makeTrue, makeValue } from "./graph-parts.ts";
import { type OnnxNode, type Tensor, writeGraph } from "./onnx-model.ts";

/** Settings of one attention. */
export interface PackedAttentionOptions {
  /** Unique among the attentions of the graph. */
  name: string;
  heads: number;
  /** Factor of the scores. */
  scale: number;
  /** Whether each pair has only one query. Otherwise it has one for each token. */
  isOneQuery: boolean;
}

/** Where each pair's tokens start: an int64 tensor, shape [pairs]. */
export const packedStarts = "crossrank/starts";

const pairCount = "crossrank/pairs";
const one = "crossrank/one";
const first = "crossrank/axis";
const always = "crossrank/true";

/** Constants that these nodes read. */
export const packedConstants: ReadonlyMap<string, Tensor> = new Map([
  [one, makeIntegers(one, 1)],
  [first, makeIntegers(first, 0)],
  [always, makeTrue(always)],
]);

/** Nodes that compute the starts and the number of pairs from `lengths`. */
export function packedSizes(): OnnxNode[] {
  return [makeNode("CumSum", ["lengths", first], [packedStarts], { exclusive: 1 }), makeNode("Size", ["lengths"], [pairCount])];
}

/**
 * A loop over the pairs. Its body is one operator, which the runtime computes in blocks that fit the processor's cache.
 *
 * @param output the attention's result, shape [1, queries, width]
 * @see https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MultiHeadAttention
 */
export function packedAttention(
  { query, key, value }: Pick<Attention, "query" | "key" | "value">,
  output: string,
  { name, heads, scale, isOneQuery }: PackedAttentionOptions,
): OnnxNode[] {
  const sequences = [`${name}/queries`, `${name}/keys`, `${name}/values`] as const;
  const split = (tensor: string, sizes: string, sequence: string): OnnxNode =>
    makeNode("SplitToSequence", [tensor, sizes], [sequence], { axis: 1, keepdims: 1 });
  const graph = writeGraph({
    nodes: [
      ...sequences.map((sequence) => makeNode("SequenceAt", [sequence, "index"], [`${sequence}/one`])),
      makeNode(
        "MultiHeadAttention",
        sequences.map((sequence) => `${sequence}/one`),
        ["attended"],
        { num_heads: heads, scale: { float: scale } },
        "com.microsoft",
      ),
      makeNode("SequenceInsert", ["before", "attended"], ["after"]),
      makeNode("Identity", ["continue"], ["continued"]),
    ],
    initializers: new Map(),
    inputs: [makeValue("index", elementTypes.int64, []), makeValue("continue", elementTypes.boolean, []), makeSequenceValue("before")],
    outputs: [makeValue("continued", elementTypes.boolean, []), makeSequenceValue("after")],
  });
  return [
    split(query, isOneQuery ? one : "lengths", sequences[0]),
    split(key, "lengths", sequences[1]),
    split(value, "lengths", sequences[2]),
    makeNode("SequenceEmpty", [], [`${name}/none`], { dtype: elementTypes.float }),
    { ...makeNode("Loop", [pairCount, always, `${name}/none`], [`${name}/attended`], { body: { graph } }), captures: sequences },
    makeNode("ConcatFromSequence", [`${name}/attended`], [output], { axis: 1 }),
  ];
}
