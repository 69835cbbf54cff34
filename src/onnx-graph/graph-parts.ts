/** Nodes, values and tensors that a rewrite adds to a graph. */
import type { Attribute, OnnxNode, Tensor, Value } from "./onnx-model.ts";
import { bytesField, concatenate, floatField, numberField, textField } from "./protobuf-writer.ts";

/** TensorProto.DataType: https://github.com/onnx/onnx/blob/v1.18.0/onnx/onnx.proto3 */
export const elementTypes = { float: 1, int64: 7, boolean: 9 } as const;

/** A node. An attribute that is a plain number is an integer. */
export function makeNode(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Record<string, number | { float: number } | { graph: Uint8Array }> = {},
  domain = "",
): OnnxNode {
  return { operator, domain, inputs, outputs, attributes: Object.entries(attributes).map(([name, value]) => makeAttribute(name, value)) };
}

/** An int64 tensor: a list gives the shape [values], a single number the shape []. */
export function makeIntegers(name: string, values: number | readonly number[]): Tensor {
  const list = typeof values === "number" ? [values] : values;
  const dimensions = typeof values === "number" ? [] : [values.length];
  return {
    dimensions,
    type: elementTypes.int64,
    bytes: tensorBytes(name, elementTypes.int64, dimensions, BigInt64Array.from(list, BigInt)),
  };
}

/** The boolean `true`, of the shape []. */
export function makeTrue(name: string): Tensor {
  return { dimensions: [], type: elementTypes.boolean, bytes: tensorBytes(name, elementTypes.boolean, [], Uint8Array.of(1)) };
}

/** A graph's input or output: a tensor whose dimensions have names or fixed sizes. ValueInfoProto: name 1, type 2. */
export function makeValue(name: string, type: number, dimensions: readonly (string | number)[]): Value {
  const sizes = dimensions.map((size) => (typeof size === "number" ? numberField(1, size) : textField(2, size)));
  const shape = concatenate(sizes.map((size) => bytesField(1, size)));
  return { name, bytes: concatenate([textField(1, name), bytesField(2, tensorType(type, shape))]) };
}

/** A graph's input or output: a sequence of float tensors. TypeProto: sequence_type 4 of elem_type 1. */
export function makeSequenceValue(name: string): Value {
  const element = concatenate([bytesField(1, numberField(1, elementTypes.float))]);
  return { name, bytes: concatenate([textField(1, name), bytesField(2, bytesField(4, bytesField(1, element)))]) };
}

/** A graph's output without a type: the runtime infers it. */
export function makeUntypedValue(name: string): Value {
  return { name, bytes: textField(1, name) };
}

/** TypeProto: tensor_type 1 of elem_type 1 and shape 2. */
function tensorType(type: number, shape: Uint8Array): Uint8Array {
  return bytesField(1, concatenate([numberField(1, type), bytesField(2, shape)]));
}

function tensorBytes(name: string, type: number, dimensions: readonly number[], values: BigInt64Array | Uint8Array): Uint8Array {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return concatenate([...dimensions.map((size) => numberField(1, size)), numberField(2, type), textField(8, name), bytesField(9, raw)]);
}

/** AttributeProto: name 1, f 2, i 3, g 6, type 20, of which 1 is FLOAT, 2 INT and 5 GRAPH. */
function makeAttribute(name: string, value: number | { float: number } | { graph: Uint8Array }): Attribute {
  const parts =
    typeof value === "number"
      ? [numberField(3, value), numberField(20, 2)]
      : "float" in value
        ? [floatField(2, value.float), numberField(20, 1)]
        : [bytesField(6, value.graph), numberField(20, 5)];
  return {
    name,
    integers: typeof value === "number" ? [value] : [],
    dimensions: undefined,
    bytes: concatenate([textField(1, name), ...parts]),
  };
}
