/** Rewrites model files if possible: for passes without padding, or for logits of the last token only. See `onnx-graph/`. */
import { realpathSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { castOutput } from "../../onnx-graph/cast-output.ts";
import { keepLastTokens } from "../../onnx-graph/last-token.ts";
import { withOnnxFile } from "../../onnx-graph/onnx-file.node.ts";
import type { FileNames } from "../../onnx-graph/onnx-model.ts";
import { type PackedEncoder, packEncoder } from "../../onnx-graph/packed-encoder.ts";
import type { OpenProbe } from "../../onnx-graph/probe.ts";
import type { ByteSource } from "../../onnx-graph/protobuf-reader.ts";

/** A rewritten model, and where its weights are. */
export interface RewrittenModel {
  /** The ModelProto. */
  bytes: Uint8Array;
  /** Absolute path of the folder with the files of its tensors. */
  folder: string;
}

/**
 * Rewrites a model for passes of concatenated pairs.
 *
 * @param path an ONNX file
 * @returns undefined for a model that should run unchanged
 * @throws RerankError `unsupported-model` for a file that is damaged
 */
export function packModel(path: string, open: OpenProbe): (PackedEncoder & RewrittenModel) | undefined {
  return rewrite(path, (source, names, fail) => packEncoder(source, names, open, fail));
}

/** Rewrites a model to give logits of each prompt's last token only. @returns and @throws as {@link packModel} */
export function keepLastTokensOf(path: string): RewrittenModel | undefined {
  return rewrite(path, (source, names, fail) => {
    const bytes = keepLastTokens(source, names, fail);
    return bytes === undefined ? undefined : { bytes };
  });
}

/** Rewrites a model with bfloat16 logits, which the runtime's binding cannot return. @returns and @throws as {@link packModel} */
export function castOutputOf(path: string): RewrittenModel | undefined {
  return rewrite(path, (source, names, fail) => {
    const bytes = castOutput(source, names, fail);
    return bytes === undefined ? undefined : { bytes };
  });
}

function rewrite<T extends { bytes: Uint8Array }>(
  path: string,
  change: (source: ByteSource, names: FileNames, fail: (reason: string) => Error) => T | undefined,
): (T & { folder: string }) | undefined {
  // Files in a hub cache's snapshots are symbolic links. The runtime needs the real files in one folder.
  const file = realpathSync(path);
  const folder = dirname(file);
  const names = {
    own: basename(file),
    of: (location: string) => relative(folder, realpathSync(join(dirname(path), location))).replaceAll("\\", "/"),
  };
  const changed = withOnnxFile(file, (source, fail) => change(source, names, fail));
  return changed === undefined ? undefined : { ...changed, folder };
}
