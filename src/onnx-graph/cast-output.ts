/** Converts a model's bfloat16 output to float32, which JavaScript can read. The values do not change: every bfloat16 is a float32. */

import { elementTypes, makeNode, makeUntypedValue } from "./graph-parts.ts";
import { type FileNames, readOnnxModel, writeOnnxModel } from "./onnx-model.ts";
import type { ByteSource } from "./protobuf-reader.ts";
import { createProtobufReader } from "./protobuf-reader.ts";

/** TensorProto.DataType */
const bfloat16 = 16;
const logits = "logits";

/**
 * @param names for references to tensors that stay in files
 * @param fail makes the error for a file that is damaged
 * @returns the ModelProto with float `logits` as its only output; undefined for an output of another type, or a graph that this code does
 *   not understand
 */
export function castOutput(source: ByteSource, names: FileNames, fail: (reason: string) => Error): Uint8Array | undefined {
  const model = readOnnxModel(source, names, fail);
  const output = model?.outputs.find(({ name }) => name === logits) ?? model?.outputs[0];
  if (model === undefined || output === undefined || elementType(output.bytes, fail) !== bfloat16) return undefined;
  const raw = "crossrank/bfloat16";
  const renamed = (name: string): string => (name === output.name ? raw : name);
  const nodes = model.nodes.map((node) => ({ ...node, inputs: node.inputs.map(renamed), outputs: node.outputs.map(renamed) }));
  const cast = makeNode("Cast", [raw], [logits], { to: elementTypes.float });
  return writeOnnxModel({ ...model, nodes: [...nodes, cast], outputs: [makeUntypedValue(logits)] });
}

/** ValueInfoProto: type 2; TypeProto: tensor_type 1; Tensor: elem_type 1. */
function elementType(value: Uint8Array, fail: (reason: string) => Error): number | undefined {
  const reader = createProtobufReader(
    { sizeBytes: value.length, read: (position, length) => value.slice(position, position + length) },
    fail,
  );
  for (const type of reader.fields(0, value.length)) {
    if (type.number !== 2) continue;
    for (const tensor of reader.fieldsOf(type)) {
      if (tensor.number !== 1) continue;
      for (const field of reader.fieldsOf(tensor)) if (field.number === 1) return field.value;
    }
  }
  return undefined;
}
