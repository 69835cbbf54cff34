/** Converts a model's bfloat16 output to float32, which JavaScript can read. The values do not change: every bfloat16 is a float32. */

import { elementTypes, makeNode, makeUntypedValue } from "./graph-parts.ts";
import { type FileNames, readOnnxModel, writeOnnxModel } from "./onnx-model.ts";
import type { ByteSource } from "./protobuf-reader.ts";

const logits = "logits";

/**
 * @param names for references to tensors that stay in files
 * @param fail makes the error for a file that is damaged
 * @returns the ModelProto with float `logits` as its only output; undefined for a graph that this code does not understand
 */
export function castOutput(source: ByteSource, names: FileNames, fail: (reason: string) => Error): Uint8Array | undefined {
  const model = readOnnxModel(source, names, fail);
  const output = model?.outputs.find(({ name }) => name === logits) ?? model?.outputs[0];
  if (model === undefined || output === undefined) return undefined;
  const raw = "crossrank/bfloat16";
  const renamed = (name: string): string => (name === output.name ? raw : name);
  const nodes = model.nodes.map((node) => ({ ...node, inputs: node.inputs.map(renamed), outputs: node.outputs.map(renamed) }));
  const cast = makeNode("Cast", [raw], [logits], { to: elementTypes.float });
  return writeOnnxModel({ ...model, nodes: [...nodes, cast], outputs: [makeUntypedValue(logits)] });
}
