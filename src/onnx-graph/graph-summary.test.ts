import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeModel, type GraphParts } from "../../test/support/onnx-bytes.ts";
import { bundledFile } from "../catalogue/bundled.node.ts";
import { RerankError } from "../errors.ts";
import { type OnnxGraph, readOnnxGraph } from "./graph-summary.ts";
import { readOnnxFile } from "./onnx-file.node.ts";

// Written with onnx 1.23.2 (helper.make_model): an If whose else branch holds a Constant, a Neg and a 2×5 initializer "inner", its then
// branch a Relu; a function "Twice" of one Mul; inputs x, flag and w, where w is a 3×4 initializer in weights/model.onnx_data; a sparse
// initializer "sparse" of 2 values (with 2 indices, "ix"); operator sets custom 1 and default 17.
const madeByOnnx =
  "CAk6yQMK3AEKBGZsYWcSAXkiAklmKpkBCgtlbHNlX2JyYW5jaDKGAQotEgFrIghDb25zdGFudCoeCgV2YWx1ZSoSCAMQAUoMAAAAAAAAAAAAAAAAoAEECgsKAXgSAWMiA05lZxIEZWxzZSo3CAIIBRABQgVpbm5lckooAACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAP2IJCgFjEgQKAggBoAEFKjEKC3RoZW5fYnJhbmNoMh8KDAoBeBIBYSIEUmVsdRIEdGhlbmIJCgFhEgQKAggBoAEFChUKAXkSAXoiBVR3aWNlOgZjdXN0b20SAWcqSwgDCAQQAUIBd2ojCghsb2NhdGlvbhIXd2VpZ2h0cy9tb2RlbC5vbm54X2RhdGFqCwoGb2Zmc2V0EgEwagwKBmxlbmd0aBICNDhwAVoQCgF4EgsKCQgBEgUKAxIBbloTCgRmbGFnEgsKCQgBEgUKAxIBbloQCgF3EgsKCQgBEgUKAxIBbmIQCgF6EgsKCQgBEgUKAxIBbno2ChYIAhABQgZzcGFyc2VKCAAAgD8AAIA/EhoIAhAHQgJpeEoQAAAAAAAAAAADAAAAAAAAABgGQgoKBmN1c3RvbRABQgQKABARygErCgVUd2ljZSIBcCoBcToOCgFwCgFwEgFxIgNNdWxKBAoAEBFSBmN1c3RvbQ==";

function read(bytes: Buffer): OnnxGraph {
  return readOnnxGraph({ sizeBytes: bytes.length, read: (position, length) => bytes.subarray(position, position + length) }, "test.onnx");
}

function isDynamic(graph: GraphParts): boolean {
  return read(encodeModel(graph)).isDynamicallyQuantized;
}

describe("readOnnxGraph", () => {
  it("reads operators, external data, inputs, operator set and weights of a file that onnx wrote", () => {
    expect(read(Buffer.from(madeByOnnx, "base64"))).toEqual({
      operators: ["Constant", "If", "Mul", "Neg", "Relu", "Twice"],
      externalData: ["weights/model.onnx_data"],
      inputs: ["x", "flag"],
      opset: 17,
      // w 12, inner 10, sparse 2 values and 2 indices
      parameters: 26,
      accuracy: "exact",
      isDynamicallyQuantized: false,
      hasBfloat16Logits: false,
    });
  });

  it("reads the bundled model", () => {
    const graph = readOnnxFile(bundledFile("mini", "onnx/model.onnx"));
    expect(graph.inputs).toEqual(expect.arrayContaining(["input_ids", "attention_mask"]));
    expect(graph.operators).toContain("Softmax");
    expect(graph.parameters).toBeGreaterThan(1_000_000);
  });

  it("skips the weights of a file of four gigabytes", () => {
    const folder = mkdtempSync(join(tmpdir(), "crossrank-graph-"));
    const path = join(folder, "large.onnx");
    const weightBytes = 4_000_000_000;
    const descriptor = openSync(path, "w");
    // A graph whose initializer announces raw data that a sparse file provides without using the disk, then a node behind it.
    const rawHead = Buffer.concat([Buffer.from([0x42, 1, 0x77, 0x4a]), varint(weightBytes)]);
    const tensor = Buffer.concat([Buffer.from([0x2a]), varint(rawHead.length + weightBytes), rawHead]);
    const node = Buffer.from([0x0a, 6, 0x22, 4, ...Buffer.from("Relu")]);
    const head = Buffer.concat([Buffer.from([0x3a]), varint(tensor.length + weightBytes + node.length), tensor]);
    writeSync(descriptor, head, 0, head.length, 0);
    ftruncateSync(descriptor, head.length + weightBytes + node.length);
    writeSync(descriptor, node, 0, node.length, head.length + weightBytes);
    closeSync(descriptor);
    try {
      const start = performance.now();
      expect(readOnnxFile(path).operators).toEqual(["Relu"]);
      expect(performance.now() - start).toBeLessThan(500);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("calls a graph dynamically quantized when a scale comes from the data", () => {
    expect(isDynamic({ nodes: [{ operator: "DynamicQuantizeLinear", inputs: ["x"], outputs: ["q", "s", "z"] }] })).toBe(true);
    expect(isDynamic({ nodes: [{ operator: "DynamicQuantizeMatMul" }] })).toBe(true);
    // quantized by hand: the integers come from a Cast
    const cast = { operator: "Cast", inputs: ["x"], outputs: ["q"] };
    expect(isDynamic({ nodes: [cast, { operator: "MatMulInteger", inputs: ["q", "w"], outputs: ["y"] }] })).toBe(true);
    expect(isDynamic({ nodes: [{ operator: "QuantizeLinear", inputs: ["x", "scale"], outputs: ["q"] }] })).toBe(true);
  });

  it("finds it inside the branches of an If", () => {
    expect(isDynamic({ nodes: [{ operator: "If", subgraph: { nodes: [{ operator: "DynamicQuantizeLSTM" }] } }] })).toBe(true);
  });

  it.each([
    ["32-bit floats", [[1, 4096]], "exact"],
    ["16-bit floats", [[10, 4096]], "half"],
    ["bfloat16", [[16, 4096]], "half"],
    [
      "signed bytes beside float embeddings",
      [
        [1, 4096],
        [3, 2048],
      ],
      "int8",
    ],
    ["unsigned bytes", [[2, 4096]], "int8"],
    ["4 bits", [[22, 4096]], "int4"],
    [
      "floats with a few bytes among them",
      [
        [1, 4096],
        [2, 64],
      ],
      "exact",
    ],
  ] as const)("finds the accuracy of %s", (_what, tensors, expected) => {
    const initializers = tensors.map(([type, elements], index) => ({ name: `w${index}`, dimensions: [elements], type }));
    expect(read(encodeModel({ initializers })).accuracy).toBe(expected);
  });

  it("recognizes 4 bits packed into bytes by the operator that reads them", () => {
    const initializers = [{ name: "w", dimensions: [4096], type: 2 }];
    expect(read(encodeModel({ nodes: [{ operator: "MatMulNBits" }], initializers })).accuracy).toBe("int4");
  });

  it("leaves float graphs and fixed scales alone", () => {
    const fixed: GraphParts = {
      initializers: [{ name: "scale", dimensions: [1] }],
      nodes: [
        { operator: "Constant", outputs: ["other"], value: { name: "", dimensions: [1] } },
        { operator: "QuantizeLinear", inputs: ["x", "scale"], outputs: ["q"] },
        { operator: "QuantizeLinear", inputs: ["v", "other"], outputs: ["r"] },
        { operator: "MatMulInteger", inputs: ["q", "w"], outputs: ["y"] },
      ],
    };
    expect(isDynamic(fixed)).toBe(false);
    expect(isDynamic({ nodes: [{ operator: "MatMul" }] })).toBe(false);
  });

  it.each([
    ["an empty file", Buffer.alloc(0), /it holds no graph/],
    ["an error page", Buffer.from("<!DOCTYPE html><html><body>Not found</body></html>"), /cannot be read as an ONNX model/],
    ["a Git LFS pointer", Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"), /it is a Git LFS pointer/],
    ["a file cut in the middle", Buffer.from(madeByOnnx, "base64").subarray(0, 300), /it ends before the data that it announces/],
    ["a field of an unknown kind", Buffer.from([0x3f, 0x00]), /wire type 7/],
    ["an endless number", Buffer.alloc(16, 0xff), /a number in it is too long/],
  ])("refuses %s and says why", (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
  });

  it("refuses graphs nested without end", () => {
    let graph: GraphParts = {};
    for (let depth = 0; depth < 100; depth += 1) graph = { nodes: [{ operator: "If", subgraph: graph }] };
    expect(() => read(encodeModel(graph))).toThrow(/nested too deeply/);
  });

  it("answers any bytes with a graph or with unsupported-model, and ends", () => {
    const start = Buffer.from(madeByOnnx, "base64");
    const change = fc.record({ at: fc.nat(start.length - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(start);
        for (const { at, to } of changes) bytes[at] = to;
        try {
          expect(read(bytes).operators).toBeInstanceOf(Array);
        } catch (error) {
          expect(RerankError.is(error) && error.code).toBe("unsupported-model");
        }
      }),
      { numRuns: 2000 },
    );
  });
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
