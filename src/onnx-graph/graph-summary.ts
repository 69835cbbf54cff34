/**
 * Facts about an ONNX file, read without its weights.
 *
 * It walks over the protobuf of ModelProto and skips every large payload, so a file of several gigabytes costs a few hundred small reads.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto field numbers, onnx 1.18
 */

import { RerankError } from "../errors.ts";
import type { Accuracy } from "./accuracy.ts";
import { type ByteSource, createProtobufReader, type Field, type ProtobufReader } from "./protobuf-reader.ts";

/** Facts about an ONNX file. */
export interface OnnxGraph {
  /** Distinct operator types, subgraphs and functions included, sorted. */
  operators: readonly string[];
  /** Files with weights outside the graph: paths relative to its folder, exactly as in the graph. Not yet checked for safety. */
  externalData: readonly string[];
  /** Inputs to feed, in graph order, without initializers. */
  inputs: readonly string[];
  /** Version of the default operator set; 0 if the file names none. */
  opset: number;
  /** Number of elements of all initializers: the weights, and a few constants. */
  parameters: number;
  /** The narrowest type that holds more than a tenth of the weights. Embeddings and norms often stay in wider types. */
  accuracy: Accuracy;
  /**
   * Whether activations are quantized with a scale that is computed from the whole batch. Then a pair's score depends on the other
   * pairs of its pass. Also true if this is possible but not certain.
   */
  isDynamicallyQuantized: boolean;
  /** Whether the logits (or the first output, if none has that name) are bfloat16, which JavaScript cannot read. */
  hasBfloat16Logits: boolean;
}

/** What one walk collects. Names of nested graphs share one namespace, which is safe for the facts needed here. */
interface CollectedFacts {
  operators: Set<string>;
  externalData: Set<string>;
  initializers: Set<string>;
  /** Outputs of Constant nodes: a fixed scale may be one of them. */
  constants: Set<string>;
  producers: Map<string, string>;
  quantizers: { operator: string; inputs: string[]; outputs: string[] }[];
  parameters: number;
  /** Elements of all tensors by TensorProto.DataType. */
  elementsByType: Map<number, number>;
  /** TensorProto.DataType of each output of the whole graph, in its order; 0 if it is no tensor. */
  outputTypes: Map<string, number>;
}

// More than any exporter writes. The bound keeps a hostile file from exhausting the stack.
const maxNesting = 64;
/** TensorProto.DataType */
const bfloat16 = 16;
// Operators that multiply integers; their scale comes from another node.
const integerProducts: ReadonlySet<string> = new Set(["MatMulInteger", "MatMulIntegerToFloat", "ConvInteger"]);

/**
 * Reads the facts about a model file.
 *
 * @param name the file, for messages
 * @throws RerankError `unsupported-model` when it is not an ONNX model, or a damaged one
 */
export function readOnnxGraph(source: ByteSource, name: string): OnnxGraph {
  const reader = createProtobufReader(source, (reason) => damagedOnnxError(name, reason));
  if (reader.startsWith("version https://git-lfs")) throw damagedOnnxError(name, "it is a Git LFS pointer, not the file itself");

  const collected: CollectedFacts = {
    operators: new Set(),
    externalData: new Set(),
    initializers: new Set(),
    constants: new Set(),
    producers: new Map(),
    quantizers: [],
    parameters: 0,
    elementsByType: new Map(),
    outputTypes: new Map(),
  };
  let inputs: string[] | undefined;
  let opset = 0;
  for (const field of reader.fields(0, source.sizeBytes)) {
    if (field.number === 7) inputs = readGraph(reader, field, collected, 0);
    else if (field.number === 8) opset = Math.max(opset, defaultOpset(reader, field));
    else if (field.number === 25) readFunction(reader, field, collected);
  }
  if (inputs === undefined) throw damagedOnnxError(name, "it holds no graph");
  return {
    operators: [...collected.operators].sort(),
    externalData: [...collected.externalData].sort(),
    inputs: inputs.filter((input) => !collected.initializers.has(input)),
    opset,
    parameters: collected.parameters,
    accuracy: accuracyOf(collected),
    isDynamicallyQuantized: isDynamicallyQuantized(collected),
    hasBfloat16Logits: hasBfloat16Logits(collected),
  };
}

/** GraphProto: node 1, initializer 5, input 11, output 12, sparse_initializer 15. Returns the names of its inputs. */
function readGraph(reader: ProtobufReader, graph: Field, collected: CollectedFacts, depth: number): string[] {
  if (depth > maxNesting) throw reader.fail("its graphs are nested too deeply");
  const inputs: string[] = [];
  for (const field of reader.fieldsOf(graph)) {
    if (field.number === 1) readNode(reader, field, collected, depth);
    else if (field.number === 5) readInitializer(reader, field, collected);
    else if (field.number === 11) inputs.push(reader.firstText(field, 1));
    else if (field.number === 12 && depth === 0) collected.outputTypes.set(reader.firstText(field, 1), elementType(reader, field));
    else if (field.number === 15) {
      for (const part of reader.fieldsOf(field)) if (part.number === 1 || part.number === 2) readInitializer(reader, part, collected);
    }
  }
  return inputs;
}

/** ValueInfoProto: type 2; TypeProto: tensor_type 1; Tensor: elem_type 1. */
function elementType(reader: ProtobufReader, value: Field): number {
  let type = 0;
  for (const typeField of reader.fieldsOf(value)) {
    if (typeField.number !== 2) continue;
    for (const tensor of reader.fieldsOf(typeField)) {
      if (tensor.number !== 1) continue;
      for (const field of reader.fieldsOf(tensor)) if (field.number === 1) type = field.value;
    }
  }
  return type;
}

/** FunctionProto: node 7. */
function readFunction(reader: ProtobufReader, definition: Field, collected: CollectedFacts): void {
  for (const field of reader.fieldsOf(definition)) if (field.number === 7) readNode(reader, field, collected, 0);
}

/** NodeProto: input 1, output 2, op_type 4, attribute 5. */
function readNode(reader: ProtobufReader, node: Field, collected: CollectedFacts, depth: number): void {
  const inputs: string[] = [];
  const outputs: string[] = [];
  let operator = "";
  for (const field of reader.fieldsOf(node)) {
    if (field.number === 1) inputs.push(reader.text(field));
    else if (field.number === 2) outputs.push(reader.text(field));
    else if (field.number === 4) operator = reader.text(field);
    else if (field.number === 5) readAttribute(reader, field, collected, depth);
  }
  collected.operators.add(operator);
  for (const output of outputs) {
    collected.producers.set(output, operator);
    if (operator === "Constant") collected.constants.add(output);
  }
  if (operator === "QuantizeLinear" || integerProducts.has(operator)) collected.quantizers.push({ operator, inputs, outputs });
}

/** AttributeProto: t 5, g 6, tensors 10, graphs 11. */
function readAttribute(reader: ProtobufReader, attribute: Field, collected: CollectedFacts, depth: number): void {
  for (const field of reader.fieldsOf(attribute)) {
    if (field.number === 5 || field.number === 10) readTensor(reader, field, collected);
    else if (field.number === 6 || field.number === 11) readGraph(reader, field, collected, depth + 1);
  }
}

function readInitializer(reader: ProtobufReader, tensor: Field, collected: CollectedFacts): void {
  const { name, elements } = readTensor(reader, tensor, collected);
  collected.initializers.add(name);
  collected.parameters += elements;
}

/** TensorProto: dims 1, data_type 2, name 8, external_data 13 (StringStringEntryProto: key 1, value 2). */
function readTensor(reader: ProtobufReader, tensor: Field, collected: CollectedFacts): { name: string; elements: number } {
  let name = "";
  let elements = 1;
  let type = 0;
  for (const field of reader.fieldsOf(tensor)) {
    if (field.number === 1) for (const dimension of reader.integers(field)) elements *= dimension;
    else if (field.number === 2) type = field.value;
    else if (field.number === 8) name = reader.text(field);
    else if (field.number === 13 && reader.firstText(field, 1) === "location") collected.externalData.add(reader.firstText(field, 2));
  }
  collected.elementsByType.set(type, (collected.elementsByType.get(type) ?? 0) + elements);
  return { name, elements };
}

/** OperatorSetIdProto: domain 1, version 2. */
function defaultOpset(reader: ProtobufReader, entry: Field): number {
  let domain = "";
  let version = 0;
  for (const field of reader.fieldsOf(entry)) {
    if (field.number === 1) domain = reader.text(field);
    else if (field.number === 2) version = field.value;
  }
  return domain === "" || domain === "ai.onnx" ? version : 0;
}

/** TensorProto.DataType: FLOAT 1, UINT8 2, INT8 3, FLOAT16 10, DOUBLE 11, BFLOAT16 16, UINT4 21, INT4 22. */
function accuracyOf({ elementsByType, operators }: CollectedFacts): Accuracy {
  const count = (...types: number[]): number => types.reduce((sum, type) => sum + (elementsByType.get(type) ?? 0), 0);
  const isMuch = (elements: number): boolean => elements > count(1, 2, 3, 10, 11, 16, 21, 22) / 10;
  // Two 4-bit numbers in each byte of type UINT8; special operators read them.
  const isPacked = ["MatMulNBits", "MatMulBnb4", "GatherBlockQuantized"].some((operator) => operators.has(operator));
  if (isMuch(count(21, 22)) || isPacked) return "int4";
  if (isMuch(count(2, 3))) return "int8";
  return isMuch(count(10, 16)) ? "half" : "exact";
}

function hasBfloat16Logits({ outputTypes }: CollectedFacts): boolean {
  return (outputTypes.get("logits") ?? [...outputTypes.values()][0]) === bfloat16;
}

function isDynamicallyQuantized(collected: CollectedFacts): boolean {
  for (const operator of collected.operators) if (operator.startsWith("DynamicQuantize")) return true;
  const isFixed = (name: string | undefined): boolean =>
    name !== undefined && (collected.initializers.has(name) || collected.constants.has(name));
  return collected.quantizers.some(({ operator, inputs }) =>
    operator === "QuantizeLinear"
      ? !isFixed(inputs[1])
      : !isFixed(inputs[0]) && collected.producers.get(inputs[0] ?? "") !== "QuantizeLinear",
  );
}

/** The error for a file whose bytes are not an ONNX model. */
export function damagedOnnxError(name: string, reason: string): RerankError {
  return new RerankError(
    "unsupported-model",
    `models: ${name} cannot be read as an ONNX model: ${reason}. Remove the file and fetch it again.`,
  );
}
