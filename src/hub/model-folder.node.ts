/** Reads the files of a model's folder. Errors say what is wrong with a file and what to do. */

import { closeSync, openSync, readdirSync, readFileSync, readSync, type Stats, statSync } from "node:fs";
import { basename, join } from "node:path";
import { messageOf, RerankError } from "../errors.ts";
import { isRecord, kindOf } from "../values.ts";

// https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
const pointerStart = "version https://git-lfs.github.com/spec/";

/** Whether a path is a file. @throws RerankError `unsupported-model` if it cannot be read, as in a loop of symbolic links */
export function isFile(path: string): boolean {
  return statusOf(path)?.isFile() ?? false;
}

/** @throws RerankError `unsupported-model` for a pointer whose file Git LFS has not downloaded yet */
export function refusePointer(path: string): void {
  const start = Buffer.alloc(pointerStart.length);
  try {
    const descriptor = openSync(path, "r");
    try {
      readSync(descriptor, start, 0, start.length, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    throw new RerankError("unsupported-model", `models: ${path} cannot be read (${messageOf(cause)}). Check its permissions.`, { cause });
  }
  if (start.toString("latin1") !== pointerStart) return;
  throw new RerankError(
    "unsupported-model",
    `models: ${path} is a pointer of Git LFS, not the file itself. Run git lfs pull in the folder, or download the model again.`,
  );
}

// The largest published file (Gemma's) has 33 MB. One with 3,000,000 entries has 55 MB and takes many seconds to parse.
const maxTokenizerBytes = 48 * 2 ** 20;

/** @throws RerankError `unsupported-model` for a tokenizer.json that is too large to be real */
export function refuseHugeTokenizer(path: string): void {
  const sizeBytes = statusOf(path)?.size ?? 0;
  if (sizeBytes <= maxTokenizerBytes) return;
  throw new RerankError(
    "unsupported-model",
    `models: ${path} has ${sizeBytes} bytes, and crossrank reads a tokenizer of at most ${maxTokenizerBytes}. Use a model with a smaller vocabulary.`,
  );
}

/** Reads an object from a JSON file. @throws RerankError `unsupported-model`, naming the file */
export function readJsonObject(path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new RerankError("unsupported-model", `models: ${path} is not JSON: ${messageOf(cause)}. Fetch the file again.`, { cause });
  }
  if (isRecord(value)) return value;
  throw new RerankError("unsupported-model", `models: ${path} holds ${kindOf(value)}, not an object. Fetch the file again.`);
}

/** The error for a folder that lacks files: which ones, what the folder has instead, and how to make the missing ones. */
export function incompleteFolder(root: string, missing: readonly string[]): RerankError {
  const names = [...namesIn(root), ...namesIn(join(root, "onnx")).map((name) => `onnx/${name}`)];
  const advice = [
    "A model folder holds onnx/model.onnx (or model.onnx, or the file that modelFile names), config.json and tokenizer.json.",
  ];
  if (missing.some((path) => path.endsWith(".onnx"))) {
    const graphs = names.filter((name) => name.endsWith(".onnx"));
    if (graphs.length > 0) advice.push(`It has ${graphs.slice(0, 20).join(", ")}: name one in modelFile.`);
    else if (names.some((name) => /\.safetensors$|^pytorch_model.*\.bin$/.test(name))) {
      advice.push(
        `It has PyTorch weights only. Export them: optimum-cli export onnx --model ${JSON.stringify(root)} --task text-classification FOLDER.`,
      );
    }
  }
  if (missing.some((path) => basename(path) === "tokenizer.json")) {
    advice.push(`AutoTokenizer.from_pretrained(${JSON.stringify(root)}).save_pretrained(FOLDER) of transformers writes tokenizer.json.`);
  }
  return new RerankError("unknown-model", `models: folder ${root} lacks ${missing.join(", ")}. ${advice.join(" ")}`);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // The folder does not exist or cannot be listed: the message leaves its names out.
    return [];
  }
}

function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw new RerankError("unsupported-model", `models: ${path} cannot be read (${messageOf(cause)}). Check the file and its links.`, {
      cause,
    });
  }
}
