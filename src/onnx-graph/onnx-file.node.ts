import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { LRUCache } from "lru-cache";
import { RerankError } from "../errors.ts";
import { damagedOnnxError, type OnnxGraph, readOnnxGraph } from "./graph-summary.ts";
import type { ByteSource } from "./protobuf-reader.ts";

// Reading a graph takes milliseconds, and every new configuration of a model needs it.
const graphs = new LRUCache<string, OnnxGraph>({ max: 16 });

/**
 * Facts about an ONNX file on disk, read without its weights. They are cached until the file changes.
 *
 * @throws RerankError `unsupported-model` when it cannot be opened, is not an ONNX model, or is damaged
 */
export function readOnnxFile(path: string): OnnxGraph {
  return withOnnxFile(path, (source, _fail, version) => {
    const key = `${path} ${version}`;
    const graph = graphs.get(key) ?? readOnnxGraph(source, path);
    graphs.set(key, graph);
    return graph;
  });
}

/**
 * Opens an ONNX file for reading parts of it.
 *
 * @param use receives the file, a function that makes the error for damaged bytes, and a version that changes whenever the file does
 * @throws RerankError `unsupported-model` when it cannot be opened; what `use` throws
 */
export function withOnnxFile<T>(path: string, use: (source: ByteSource, fail: (reason: string) => Error, version: string) => T): T {
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
    const { size, mtimeNs, ctimeNs, ino } = fstatSync(descriptor, { bigint: true });
    const version = `${size} ${mtimeNs} ${ctimeNs} ${ino}`;
    return use({ sizeBytes: Number(size), read }, (reason) => damagedOnnxError(path, reason), version);
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
