/**
 * Reads and writes ONNX models without loading their weights: a large tensor becomes a reference to its bytes in the file.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto field numbers, onnx 1.18
 */
import { type ByteSource, createProtobufReader, type Field, type ProtobufReader } from "./protobuf-reader.ts";
import { bytesField, concatenate, numberField, textField } from "./protobuf-writer.ts";

/** A model with one flat graph. */
export interface OnnxModel {
  irVersion: number;
  /** Operator set version by domain; "" is the default one. */
  opsets: ReadonlyMap<string, number>;
  /** Each node comes after the nodes that it reads. */
  nodes: readonly OnnxNode[];
  initializers: ReadonlyMap<string, Tensor>;
  /** Inputs to feed, without initializers. */
  inputs: readonly Value[];
  outputs: readonly Value[];
}

/** One operation. */
export interface OnnxNode {
  operator: string;
  /** "" for the default operators. */
  domain: string;
  /** Names of tensors; "" for an optional one that is absent. */
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: readonly Attribute[];
  /** Tensors that a graph inside this node reads from the outer graph. Only nodes made by crossrank have them. */
  captures?: readonly string[];
}

/** A parameter of a node. */
export interface Attribute {
  name: string;
  /** The values of an integer or of a list of integers; empty for other attributes. */
  integers: readonly number[];
  /** Dimensions of a tensor; undefined for other attributes. */
  dimensions: readonly number[] | undefined;
  /** The AttributeProto. */
  bytes: Uint8Array;
}

/** A constant of the graph. */
export interface Tensor {
  dimensions: readonly number[];
  /** TensorProto.DataType. */
  type: number;
  /** The TensorProto. The data of a large tensor stays in the file that was read, as external data. */
  bytes: Uint8Array;
}

/** A graph's input or output. */
export interface Value {
  name: string;
  /** The ValueInfoProto. */
  bytes: Uint8Array;
}

/** Names of the files with tensors, relative to the folder in which the runtime looks for them. */
export interface FileNames {
  /** The file that is read. */
  own: string;
  /** The file that its tensors call `location`. */
  of(location: string): string;
}

// Small tensors are copied, so the runtime does not need to map them from the file.
const maxInlineBytes = 4096;

/**
 * Reads a model.
 *
 * @param fail makes the error for bytes that are not a model
 * @returns undefined for a model with graphs inside nodes, functions or sparse tensors, which {@link OnnxModel} cannot represent
 */
export function readOnnxModel(source: ByteSource, names: FileNames, fail: (reason: string) => Error): OnnxModel | undefined {
  const reader = createProtobufReader(source, fail);
  let irVersion = 0;
  let graph: Omit<OnnxModel, "irVersion" | "opsets"> | undefined;
  const opsets = new Map<string, number>();
  for (const field of reader.fields(0, source.sizeBytes)) {
    if (field.number === 1) irVersion = field.value;
    else if (field.number === 7) graph = readGraph(reader, field, names);
    else if (field.number === 8) {
      const parts = [...reader.fieldsOf(field)];
      const domain = parts.find(({ number }) => number === 1);
      const version = parts.find(({ number }) => number === 2)?.value ?? 0;
      opsets.set(domain === undefined ? "" : reader.text(domain).replace(/^ai\.onnx$/, ""), version);
    } else if (field.number === 25) return undefined;
  }
  return graph === undefined ? undefined : { irVersion, opsets, ...graph };
}

/** The ModelProto of a model. */
export function writeOnnxModel({ irVersion, opsets, ...graph }: OnnxModel): Uint8Array {
  const sets = Array.from(opsets, ([domain, version]) => bytesField(8, concatenate([textField(1, domain), numberField(2, version)])));
  // From version 4 on, initializers do not have to be inputs too.
  return concatenate([numberField(1, Math.max(irVersion, 8)), bytesField(7, writeGraph(graph)), ...sets]);
}

/** The GraphProto of a graph, or of the body of a Loop. */
export function writeGraph(graph: Omit<OnnxModel, "irVersion" | "opsets">): Uint8Array {
  return concatenate([
    ...graph.nodes.map((node) => bytesField(1, writeNode(node))),
    textField(2, "graph"),
    ...Array.from(graph.initializers.values(), ({ bytes }) => bytesField(5, bytes)),
    ...graph.inputs.map(({ bytes }) => bytesField(11, bytes)),
    ...graph.outputs.map(({ bytes }) => bytesField(12, bytes)),
  ]);
}

function writeNode({ operator, domain, inputs, outputs, attributes }: OnnxNode): Uint8Array {
  return concatenate([
    ...inputs.map((name) => textField(1, name)),
    ...outputs.map((name) => textField(2, name)),
    textField(4, operator),
    ...attributes.map(({ bytes }) => bytesField(5, bytes)),
    ...(domain === "" ? [] : [textField(7, domain)]),
  ]);
}

/** GraphProto: node 1, initializer 5, input 11, output 12, sparse_initializer 15. */
function readGraph(reader: ProtobufReader, graph: Field, names: FileNames): Omit<OnnxModel, "irVersion" | "opsets"> | undefined {
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, Tensor>();
  const inputs: Value[] = [];
  const outputs: Value[] = [];
  for (const field of reader.fieldsOf(graph)) {
    if (field.number === 1) {
      const node = readNode(reader, field);
      if (node === undefined) return undefined;
      nodes.push(node);
    } else if (field.number === 5) {
      const { name, ...tensor } = readTensor(reader, field, names);
      initializers.set(name, tensor);
    } else if (field.number === 11) inputs.push({ name: reader.firstText(field, 1), bytes: reader.bytes(field) });
    else if (field.number === 12) outputs.push({ name: reader.firstText(field, 1), bytes: reader.bytes(field) });
    else if (field.number === 15) return undefined;
  }
  return { nodes, initializers, inputs: inputs.filter(({ name }) => !initializers.has(name)), outputs };
}

/** NodeProto: input 1, output 2, op_type 4, attribute 5, domain 7. */
function readNode(reader: ProtobufReader, node: Field): OnnxNode | undefined {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Attribute[] = [];
  let operator = "";
  let domain = "";
  for (const field of reader.fieldsOf(node)) {
    if (field.number === 1) inputs.push(reader.text(field));
    else if (field.number === 2) outputs.push(reader.text(field));
    else if (field.number === 4) operator = reader.text(field);
    else if (field.number === 7) domain = reader.text(field).replace(/^ai\.onnx$/, "");
    else if (field.number === 5) {
      const attribute = readAttribute(reader, field);
      if (attribute === undefined) return undefined;
      attributes.push(attribute);
    }
  }
  return { operator, domain, inputs, outputs, attributes };
}

/** AttributeProto: name 1, i 3, t 5, g 6, ints 8, graphs 11. */
function readAttribute(reader: ProtobufReader, attribute: Field): Attribute | undefined {
  let name = "";
  const integers: number[] = [];
  let dimensions: number[] | undefined;
  for (const field of reader.fieldsOf(attribute)) {
    if (field.number === 1) name = reader.text(field);
    else if (field.number === 3 || field.number === 8) integers.push(...reader.integers(field));
    else if (field.number === 5) dimensions = readDimensions(reader, field);
    else if (field.number === 6 || field.number === 11) return undefined;
  }
  return { name, integers, dimensions, bytes: reader.bytes(attribute) };
}

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9, external_data 13 (StringStringEntryProto: key 1, value 2). */
function readTensor(reader: ProtobufReader, tensor: Field, names: FileNames): Tensor & { name: string } {
  const parts = [...reader.fieldsOf(tensor)];
  const name = parts.find(({ number }) => number === 8);
  const raw = parts.find(({ number }) => number === 9);
  const read = {
    name: name === undefined ? "" : reader.text(name),
    dimensions: readDimensions(reader, tensor),
    type: parts.find(({ number }) => number === 2)?.value ?? 0,
  };
  const entries = parts.filter(({ number }) => number === 13).map((entry) => [reader.firstText(entry, 1), reader.firstText(entry, 2)]);
  const { location, ...byteRange } = Object.fromEntries(entries) as Record<string, string>;
  if (location !== undefined) return { ...read, bytes: writeExternalTensor(read, { location: names.of(location), ...byteRange }) };
  if (raw === undefined || raw.end - raw.start <= maxInlineBytes) return { ...read, bytes: reader.bytes(tensor) };
  return { ...read, bytes: writeExternalTensor(read, { location: names.own, offset: raw.start, length: raw.end - raw.start }) };
}

function readDimensions(reader: ProtobufReader, tensor: Field): number[] {
  const dimensions: number[] = [];
  for (const field of reader.fieldsOf(tensor)) if (field.number === 1) dimensions.push(...reader.integers(field));
  return dimensions;
}

/** TensorProto: external_data 13 (StringStringEntryProto: key 1, value 2), data_location 14, of which 1 is EXTERNAL. */
function writeExternalTensor(tensor: Omit<Tensor, "bytes"> & { name: string }, reference: Record<string, string | number>): Uint8Array {
  return concatenate([
    ...tensor.dimensions.map((size) => numberField(1, size)),
    numberField(2, tensor.type),
    textField(8, tensor.name),
    ...Object.entries(reference).map(([key, value]) => bytesField(13, concatenate([textField(1, key), textField(2, String(value))]))),
    numberField(14, 1),
  ]);
}
