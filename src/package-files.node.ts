/**
 * Finds the files of the bundled model, and loads packages when they are needed.
 *
 * A bundler moves this code away from those files. So it searches from each location where the code may be: `import.meta.url` (which some
 * bundlers leave empty, or set to the source's path on the build machine), `__filename` of a CommonJS bundle, and the running script.
 */
import { existsSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInThisContext } from "node:vm";
import { workerData } from "node:worker_threads";

/** Absolute paths of files that this code may be in, the best first. */
export const codePaths: readonly string[] = (workerData as { codePaths?: readonly string[] } | null)?.codePaths ?? findCodePaths();

/** Whether this is the program of a thread, which runs from source text. */
const isThreadProgram: boolean =
  typeof import.meta.url !== "string" && codePaths === (workerData as { codePaths?: unknown } | null)?.codePaths;

// Each path is written in full: bundlers that know this pattern (webpack, Turbopack, the tracer of Vercel and Netlify) copy a file only if
// they can read its whole path here. The paths are valid from src/ and from dist/.
const bundledFiles: Record<string, Record<string, () => URL>> = {
  mini: {
    "config.json": () => new URL("../models/mini/config.json", import.meta.url),
    "tokenizer.json": () => new URL("../models/mini/tokenizer.json", import.meta.url),
    "tokenizer_config.json": () => new URL("../models/mini/tokenizer_config.json", import.meta.url),
    "onnx/model.onnx": () => new URL("../models/mini/onnx/model.onnx", import.meta.url),
  },
};

/** Path of a file of a bundled model; undefined if a bundler did not copy it. */
export function findBundledFile(model: string, path: string): string | undefined {
  for (const code of codePaths) {
    for (let folder = dirname(code); ; folder = dirname(folder)) {
      for (const models of ["models", join("node_modules", "crossrank", "models")]) {
        const candidate = join(folder, models, model, path);
        if (existsSync(candidate)) return candidate;
      }
      if (folder === dirname(folder)) break;
    }
  }
  // Last, because ncc copies files as text, which damages the model.
  const copied = pathOfUrl(bundledFiles[model]?.[path]);
  return copied !== undefined && existsSync(copied) ? copied : undefined;
}

/**
 * Loads an installed package, from the first location that has it.
 *
 * @param load loads it with the `require` of a location
 * @throws what `load` throws at the location that has the package, or at the last location if none has it
 */
export function loadPackage<T>(load: (require: NodeJS.Require) => T): T {
  // Node's own `createRequire`. Test runners such as Jest replace `require` and `process`, but native code accepts only Node's own arrays.
  const { createRequire } = (runInThisContext("process") as NodeJS.Process).getBuiltinModule("node:module");
  for (const [index, path] of codePaths.entries()) {
    try {
      return load(createRequire(path));
    } catch (error) {
      if (index === codePaths.length - 1 || (error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw new Error("the code does not know where it is");
}

/**
 * Imports a package.
 *
 * @param importIt the same as a literal import, which a bundler can follow. Not called in a thread: its code is not in a file
 */
export async function importPackage<T>(name: string, importIt: () => Promise<T>): Promise<T> {
  return isThreadProgram ? loadPackage((require) => require(name) as T) : importIt();
}

function findCodePaths(): string[] {
  const candidates = [pathOfUrl(() => new URL(import.meta.url)), commonJsPath(), process.argv[1]];
  return [...new Set(candidates.filter((path) => path !== undefined && isAbsolute(path)))] as string[];
}

/** Path of a CommonJS bundle. */
function commonJsPath(): string | undefined {
  try {
    // Not with `typeof`: webpack assumes that it is defined in modules too.
    return __filename;
  } catch {
    return undefined; // an ES module
  }
}

function pathOfUrl(make: (() => URL) | undefined): string | undefined {
  try {
    return make === undefined ? undefined : fileURLToPath(make());
  } catch {
    return undefined; // not a file URL: import.meta is empty in a CommonJS bundle
  }
}
