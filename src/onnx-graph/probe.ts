/**
 * Runs the small parts of a graph to find out what they compute: masks, positions, sizes and scales. Exporters write these in too many
 * ways to recognize each one, and running them gives a certain answer.
 */
import type { Attention } from "./attention-pattern.ts";
import { elementTypes, makeNode, makeUntypedValue, makeValue } from "./graph-parts.ts";
import { type OnnxModel, type OnnxNode, writeOnnxModel } from "./onnx-model.ts";
import type { TensorKinds } from "./tensor-kinds.ts";

/** Values of a tensor, row by row. */
export interface TensorValues {
  dimensions: readonly number[];
  data: ArrayLike<number | bigint>;
}

/** A tensor to feed. */
export interface ProbeFeed {
  type: "int64" | "float32";
  data: BigInt64Array | Float32Array;
  dimensions: readonly number[];
}

/** Opens a model for a few runs, with the runtime or a replacement. */
export type OpenProbe = (model: Uint8Array) => {
  run(feeds: Record<string, ProbeFeed>): Record<string, TensorValues>;
  close(): void;
};

/** What a graph computes with a mask of ones. */
export interface ProbeResult {
  /** Number of heads of each attention, in graph order. */
  heads: readonly number[];
  /** Factor of the scores of each attention. */
  scales: readonly number[];
  positions: Positions | undefined;
  /** The lookup by position. The other lookups always read the first row. */
  positionLookup: OnnxNode | undefined;
}

/** How positions of a pair's tokens are numbered. */
export interface Positions {
  /** Position of the first token. */
  first: number;
  /** A token with this id gets position `first - 1`, and the count skips it. */
  uncountedId: number | undefined;
}

const pairs = 2;
const tokens = 9;
// Longer than any sliding window, so that a mask with a window shows.
const longTokens = 512;

/** @returns undefined unless the graph attends to all tokens of a pair */
export function probe(model: OnnxModel, kinds: TensorKinds, open: OpenProbe): ProbeResult | undefined {
  const { nodes, outputs, hidden } = probeGraph(model, kinds);
  const inputs = [
    ...model.inputs,
    ...Array.from(hidden.keys(), (name) => makeValue(name, elementTypes.float, ["pairs", "tokens", "width"])),
  ];
  const session = open(writeOnnxModel({ ...model, nodes, inputs, outputs: outputs.map(makeUntypedValue) }));
  try {
    const run = (rows: number, width: number, ids: (index: number) => number): Record<string, TensorValues> => {
      const feeds: Record<string, ProbeFeed> = {};
      for (const { name } of model.inputs) {
        // Types alternate, so that a dependence on them shows.
        const types = name === "attention_mask" ? () => 1 : (index: number) => index % 2;
        const value = (_: unknown, index: number): bigint => BigInt(name === "input_ids" ? ids(index) : types(index));
        feeds[name] = { type: "int64", data: BigInt64Array.from({ length: rows * width }, value), dimensions: [rows, width] };
      }
      for (const [name, size] of hidden) {
        feeds[name] = { type: "float32", data: new Float32Array(rows * width * size), dimensions: [rows, width, size] };
      }
      return session.run(feeds);
    };
    return interpretRuns(model, kinds, run);
  } finally {
    session.close();
  }
}

type Run = (rows: number, width: number, ids: (index: number) => number) => Record<string, TensorValues>;

function interpretRuns(model: OnnxModel, kinds: TensorKinds, run: Run): ProbeResult | undefined {
  // The padding id is not known yet, so use ids that are never padding.
  const someId = 1000;
  const short = run(pairs, tokens, (index) => someId + index);
  const rows = kinds.lookups.map(({ inputs }) => model.initializers.get(inputs[0]!)!.dimensions[0]!);
  const width = Math.min(longTokens, kinds.lookups.length === 0 ? longTokens : Math.max(1, Math.max(...rows) - 2));
  const long = run(1, width, (index) => someId + index);
  // Ids that some tokenizers use for padding. Inside a text, the model must read them like other ids.
  const low = run(pairs, tokens, (index) => index % tokens);
  const answers = [short, long, low];

  const attentions = kinds.attentions.map((attention) => readAttention(attention, answers));
  if (attentions.some((attention) => attention === undefined)) return undefined;
  if (!kinds.poolings.every(({ inputs }) => isZero(short[inputs[1]!]!))) return undefined;
  const varying = kinds.lookups.filter(({ inputs }) => !answers.every((answer) => isZero(answer[inputs[1]!]!)));
  const [positionLookup, ...others] = varying;
  const positions = positionLookup === undefined ? undefined : readPositions(positionLookup.inputs[1]!, [short, long], run);
  if (others.length > 0 || (positionLookup !== undefined && positions === undefined)) return undefined;
  return {
    heads: attentions.map((attention) => attention!.heads),
    scales: attentions.map((attention) => attention!.scale),
    positions,
    positionLookup,
  };
}

/** Heads and scale of an attention. Undefined if its mask hides a token. */
function readAttention(
  attention: Attention,
  answers: readonly Record<string, TensorValues>[],
): { heads: number; scale: number } | undefined {
  const [short] = answers as [Record<string, TensorValues>];
  const shapes = attention.heads.map((name) => short[`${name}/shape`]!);
  const heads = headsOf(shapes, attention.width);
  const isOpen = answers.every((answer) => isZero(answer[attention.mask]!));
  if (heads === undefined || !isOpen || !isMerged(short[attention.endShape]!, attention.width)) return undefined;
  let scale = 1;
  for (const { tensor, isDivisor } of attention.scales) {
    const values = answers.map((answer) => answer[tensor]!.data);
    const factor = Number(values[0]![0]);
    if (values.some((data) => data.length !== 1 || Number(data[0]) !== factor)) return undefined;
    scale *= isDivisor ? 1 / factor : factor;
  }
  return { heads, scale };
}

function isZero({ data }: TensorValues): boolean {
  return Array.from(data).every((value) => Number(value) === 0);
}

/** Number of heads. Undefined unless query, key and value are all split to [pairs, tokens, heads, size]. */
function headsOf(shapes: readonly TensorValues[], width: number): number | undefined {
  const [first, ...others] = shapes.map(({ data }) => Array.from(data, Number));
  if (others.some((other) => other.join() !== first!.join()) || first!.length !== 4) return undefined;
  const [rows, columns, heads, size] = first as [number, number, number, number];
  return rows === pairs && columns === tokens && heads * size === width ? heads : undefined;
}

/** Whether a Reshape to this shape gives [pairs, tokens, width]. 0 keeps a size, and one −1 is inferred. */
function isMerged({ data }: TensorValues, width: number): boolean {
  const shape = Array.from(data, Number);
  const wanted = [pairs, tokens, width];
  const isLeft = shape.filter((size) => size === -1).length <= 1;
  return isLeft && shape.length === 3 && shape.every((size, index) => size === wanted[index] || size === -1 || (size === 0 && index < 1));
}

/** Checks that positions count up from one number in every pair, in both runs. A third run finds the id that the count skips. */
function readPositions(tensor: string, answers: readonly Record<string, TensorValues>[], run: Run): Positions | undefined {
  const first = Number(answers[0]![tensor]!.data[0]);
  const countsUp = ({ data, dimensions }: TensorValues, expected: (index: number) => number): boolean => {
    const width = dimensions.at(-1)!;
    return Array.from(data).every((value, index) => Number(value) === expected(index % width));
  };
  if (!(first >= 0) || !answers.every((answer) => countsUp(answer[tensor]!, (index) => first + index))) return undefined;
  if (first === 0) return { first, uncountedId: undefined };
  const middle = 4;
  const id = first - 1;
  const padded = run(1, tokens, (index) => (index === middle ? id : 1000 + index))[tensor]!;
  if (countsUp(padded, (index) => first + index)) return { first, uncountedId: undefined };
  const skips = countsUp(padded, (index) => (index === middle ? id : first + index - (index > middle ? 1 : 0)));
  return skips ? { first, uncountedId: id } : undefined;
}

/** The nodes that the probed values need. Hidden tensors become inputs, because only their shapes matter. */
function probeGraph(model: OnnxModel, kinds: TensorKinds): { nodes: OnnxNode[]; outputs: string[]; hidden: Map<string, number> } {
  const heads = kinds.attentions.flatMap((attention) => attention.heads);
  const shapes = heads.map((name) => makeNode("Shape", [name], [`${name}/shape`]));
  const outputs = new Set([
    ...shapes.map((node) => node.outputs[0]!),
    ...kinds.attentions.flatMap(({ mask, endShape, scales }) => [mask, endShape, ...scales.map(({ tensor }) => tensor)]),
    ...kinds.lookups.map(({ inputs }) => inputs[1]!),
    ...kinds.poolings.map(({ inputs }) => inputs[1]!),
  ]);
  const hidden = new Map<string, number>();
  const needed = new Set<OnnxNode>();
  const open = [...outputs, ...heads].filter((name) => !name.endsWith("/shape") || kinds.producers.has(name));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const kind = kinds.kindOf(name);
    const producer = kinds.producers.get(name);
    if (kind.kind === "hidden") hidden.set(name, kind.width);
    else if (producer !== undefined && !needed.has(producer)) {
      needed.add(producer);
      open.push(...producer.inputs.filter((input) => input !== ""));
    }
  }
  return { nodes: [...model.nodes.filter((node) => needed.has(node)), ...shapes], outputs: [...outputs], hidden };
}
