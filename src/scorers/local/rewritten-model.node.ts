/** Rewrites model files where that is possible: for passes without padding, or for the last token's logits only. See `onnx-graph/`. */
import { realpathSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { castOutput } from "../../onnx-graph/cast-output.ts";
import { keepLastTokens } from "../../onnx-graph/last-token.ts";
import { withOnnxFile } from "../../onnx-graph/onnx-file.node.ts";
import type { FileNames } from "../../onnx-graph/onnx-model.ts";
import { type PackedEncoder, packEncoder } from "../../onnx-graph/packed-encoder.ts";
import type { OpenProbe } from "../../onnx-graph/probe.ts";
import type { ByteSource } from "../../onnx-graph/protobuf-reader.ts";

/** A rewritten model, and where its weights lie. */
export interface RewrittenModel {
  /** The ModelProto. */
  bytes: Uint8Array;
  /** Absolute path of the folder in which the runtime looks for the files that hold its tensors. */
  folder: string;
}

/**
 * For passes of pairs side by side.
 *
 * @param path an ONNX file
 * @returns undefined for a model that is to be run as it is
 * @throws RerankError `unsupported-model` for a file that is damaged
 */
export function packModel(path: string, open: OpenProbe): (PackedEncoder & RewrittenModel) | undefined {
  return rewrite(path, (source, names, fail) => packEncoder(source, names, open, fail));
}

/** For logits of each prompt's last token alone. @returns and @throws as {@link packModel} */
export function keepLastTokensOf(path: string): RewrittenModel | undefined {
  return rewrite(path, (source, names, fail) => {
    const bytes = keepLastTokens(source, names, fail);
    return bytes === undefined ? undefined : { bytes };
  });
}

/** For logits that the runtime's binding cannot hand out as they are: of bfloat16. @returns and @throws as {@link packModel} */
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
  // Snapshots of a hub cache are links, and the runtime wants the files themselves in the folder that it is told.
  const file = realpathSync(path);
  const folder = dirname(file);
  const names = {
    own: basename(file),
    of: (location: string) => relative(folder, realpathSync(join(dirname(path), location))).replaceAll("\\", "/"),
  };
  const changed = withOnnxFile(file, (source, fail) => change(source, names, fail));
  return changed === undefined ? undefined : { ...changed, folder };
}
