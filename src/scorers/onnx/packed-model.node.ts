/** Rewrites a model file for passes without padding, where that is possible: see compile/packed-encoder.ts. */
import { realpathSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { type PackedEncoder, packEncoder } from "../../compile/packed-encoder.ts";
import type { OpenProbe } from "../../compile/probe.ts";
import { withOnnxFile } from "../../models/onnx-file.node.ts";

/** A rewritten model, and where its weights lie. */
export interface PackedModel extends PackedEncoder {
  /** Absolute path of the folder in which the runtime looks for the files that hold its tensors. */
  folder: string;
}

/**
 * @param path an ONNX file
 * @returns undefined for a model that is to be run as it is
 * @throws RerankError `unsupported-model` for a file that is damaged
 */
export function packModel(path: string, open: OpenProbe): PackedModel | undefined {
  // Snapshots of a hub cache are links, and the runtime wants the files themselves in the folder that it is told.
  const file = realpathSync(path);
  const folder = dirname(file);
  const names = {
    own: basename(file),
    of: (location: string) => relative(folder, realpathSync(join(dirname(path), location))).replaceAll("\\", "/"),
  };
  const packed = withOnnxFile(file, (source, fail) => packEncoder(source, names, open, fail));
  return packed === undefined ? undefined : { ...packed, folder };
}
