import type { Attention } from "./attention-pattern.ts";
import { makeNode } from "./graph-parts.ts";
import type { OnnxNode } from "./onnx-model.ts";
import { packedStarts } from "./packed-attention.ts";
import type { TensorKinds } from "./tensor-kinds.ts";

/** The part of a packed graph that computes only the first token of each pair. */
export interface FirstRows {
  /** The tensor with the first token's row of each pair, taken from a hidden tensor; shape [1, pairs, width]. */
  of(name: string): string;
  /** Nodes that compute such tensors, except those of {@link Attention.end}. */
  nodes: readonly OnnxNode[];
}

/**
 * Selects the first rows as early as possible. Everything after the last attention, and everything that only makes its queries, is
 * computed for these rows only.
 */
export function firstRows(kinds: TensorKinds, last: Attention): FirstRows {
  const nodes: OnnxNode[] = [];
  const made = new Map<string, string>();
  const after = new Map<string, boolean>([[last.end.outputs[0]!, true]]);
  const isAfter = (name: string): boolean => {
    const known = after.get(name);
    if (known !== undefined) return known;
    const producer = kinds.producers.get(name);
    const found = producer !== undefined && isRowwise(producer) && producer.inputs.some((input) => input !== "" && isAfter(input));
    after.set(name, found);
    return found;
  };
  const isRowwise = (node: OnnxNode): boolean =>
    node.outputs.every((output) => kinds.kindOf(output).kind === "hidden") &&
    node.operator !== "Gather" &&
    !kinds.attentions.some(({ end }) => end === node);
  const isForOne = (name: string): boolean => (kinds.consumers.get(name) ?? []).filter(({ operator }) => operator !== "Shape").length === 1;

  const of = (name: string): string => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const rows = `crossrank/first/${name}`;
    made.set(name, rows);
    const producer = kinds.producers.get(name);
    if (name === last.end.outputs[0]) return rows;
    if (producer !== undefined && isRowwise(producer) && (isAfter(name) || isForOne(name))) {
      const inputs = producer.inputs.map((input) => (kinds.kindOf(input).kind === "hidden" ? of(input) : input));
      const outputs = producer.outputs.map((output) => (output === name ? rows : `crossrank/first/${output}`));
      nodes.push({ ...producer, inputs, outputs });
    } else nodes.push(makeNode("Gather", [name, packedStarts], [rows], { axis: 1 }));
    return rows;
  };
  return { of, nodes };
}
