/** Small ONNX files written by hand, for tests that need a graph and no runtime. */

/** What goes into a graph. */
export interface GraphParts {
  nodes?: readonly NodeParts[];
  inputs?: readonly string[];
  initializers?: readonly TensorParts[];
}

/** One node. */
export interface NodeParts {
  operator: string;
  inputs?: readonly string[];
  outputs?: readonly string[];
  /** Body of an If or Loop. */
  subgraph?: GraphParts;
  /** Value of a Constant. */
  value?: TensorParts;
}

/** One tensor. */
export interface TensorParts {
  name: string;
  dimensions: readonly number[];
  /** TensorProto.DataType. @default 1, FLOAT */
  type?: number;
  /** Bytes inside the file. */
  raw?: Uint8Array;
  /** File that holds the bytes. */
  location?: string;
}

/** The bytes of an ONNX model. @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
export function encodeModel(graph: GraphParts, opset = 17): Buffer {
  const opsetImport = Buffer.concat([textField(1, ""), numberField(2, opset)]);
  return Buffer.concat([numberField(1, 9), bytesField(7, encodeGraph(graph)), bytesField(8, opsetImport)]);
}

/** The files of a repository that crossrank can locate, though no runtime could load it; `seed` makes others of them. */
export function tinyRepository(seed = 0, weightBytes = 4096): Record<string, Buffer> {
  const raw = Buffer.alloc(weightBytes, seed + 1);
  const graph: GraphParts = {
    nodes: [{ operator: "MatMul", inputs: ["input_ids", "w"], outputs: ["logits"] }],
    inputs: ["input_ids", "attention_mask"],
    initializers: [{ name: "w", dimensions: [weightBytes / 4], raw }],
  };
  return {
    "config.json": Buffer.from(JSON.stringify({ model_type: "bert", seed })),
    "tokenizer.json": Buffer.from(JSON.stringify({ version: "1.0", seed })),
    "tokenizer_config.json": Buffer.from(JSON.stringify({ model_max_length: 512 })),
    "onnx/model.onnx": encodeModel(graph),
  };
}

function encodeGraph({ nodes = [], inputs = [], initializers = [] }: GraphParts): Buffer {
  return Buffer.concat([
    ...nodes.map((node) => bytesField(1, encodeNode(node))),
    ...initializers.map((tensor) => bytesField(5, encodeTensor(tensor))),
    ...inputs.map((name) => bytesField(11, textField(1, name))),
  ]);
}

function encodeNode({ operator, inputs = [], outputs = [], subgraph, value }: NodeParts): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => textField(1, name)),
    ...outputs.map((name) => textField(2, name)),
    textField(4, operator),
    ...(subgraph === undefined ? [] : [bytesField(5, Buffer.concat([textField(1, "body"), bytesField(6, encodeGraph(subgraph))]))]),
    ...(value === undefined ? [] : [bytesField(5, Buffer.concat([textField(1, "value"), bytesField(5, encodeTensor(value))]))]),
  ]);
}

function encodeTensor({ name, dimensions, type = 1, raw, location }: TensorParts): Buffer {
  const entry = location === undefined ? [] : [bytesField(13, Buffer.concat([textField(1, "location"), textField(2, location)]))];
  const packed = Buffer.concat(dimensions.map(varint));
  const data = raw === undefined ? [] : [bytesField(9, raw)];
  return Buffer.concat([bytesField(1, packed), numberField(2, type), textField(8, name), ...data, ...entry]);
}

function numberField(number: number, value: number): Buffer {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

function textField(number: number, text: string): Buffer {
  return bytesField(number, Buffer.from(text));
}

function bytesField(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}
