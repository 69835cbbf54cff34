import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { RerankError } from "../errors.ts";
import { type OnnxGraph, readOnnxGraph } from "./onnx-graph.ts";

/**
 * Facts of an ONNX file on disk; its weights are not read.
 *
 * @throws RerankError `unsupported-model` when it cannot be opened, is not an ONNX model, or is damaged
 */
export function readOnnxFile(path: string): OnnxGraph {
  const descriptor = open(path);
  try {
    const read = (position: number, length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const count = readSync(descriptor, bytes, filled, length - filled, position + filled);
        if (count === 0) throw new RerankError("unsupported-model", `models: ${path} became shorter while it was read. Fetch it again.`);
        filled += count;
      }
      return bytes;
    };
    return readOnnxGraph({ sizeBytes: fstatSync(descriptor).size, read }, path);
  } finally {
    closeSync(descriptor);
  }
}

function open(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw new RerankError("unsupported-model", `models: ${path} cannot be opened. Check its permissions.`, { cause });
  }
}
