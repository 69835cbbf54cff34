/**
 * What belongs to this code and is not code: the bundled model's files, and packages that are loaded only when they are needed.
 *
 * A bundler moves code away from them. So each is looked for from every place that this code may be at: `import.meta.url` (which some
 * bundlers leave empty, or set to the source's path on the machine of the build), `__filename` of a CommonJS bundle, the running script.
 */
import { existsSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInThisContext } from "node:vm";
import { workerData } from "node:worker_threads";

/** Absolute paths of files beside which this code may be, the best first. */
export const codePaths: readonly string[] = (workerData as { codePaths?: readonly string[] } | null)?.codePaths ?? findCodePaths();

/** Whether this is the program of a thread, which runs from text. */
const isThreadProgram: boolean =
  typeof import.meta.url !== "string" && codePaths === (workerData as { codePaths?: unknown } | null)?.codePaths;

// Each spelt out, because bundlers that understand the pattern (webpack, Turbopack, the tracer of Vercel and Netlify) copy a file along only
// when they can read its whole path here. Relative to src/ as to dist/.
const bundledFiles: Record<string, Record<string, () => URL>> = {
  mini: {
    "config.json": () => new URL("../models/mini/config.json", import.meta.url),
    "tokenizer.json": () => new URL("../models/mini/tokenizer.json", import.meta.url),
    "tokenizer_config.json": () => new URL("../models/mini/tokenizer_config.json", import.meta.url),
    "onnx/model.onnx": () => new URL("../models/mini/onnx/model.onnx", import.meta.url),
  },
};

/** Path of a file of a bundled model; undefined when a bundler left it behind. */
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
  // Last, because ncc copies files along as if they were text, which spoils the model.
  const copied = pathOfUrl(bundledFiles[model]?.[path]);
  return copied !== undefined && existsSync(copied) ? copied : undefined;
}

/**
 * Loads a package that is installed, at the first place that has it.
 *
 * @param load loads it, given the `require` of a place
 * @throws what `load` throws where the package is, or at the last place if it is nowhere
 */
export function loadPackage<T>(load: (require: NodeJS.Require) => T): T {
  // Node's own, not that of a test runner such as Jest, which replaces both `require` and `process`: native code works with Node's own arrays only.
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
 * @param importIt the same as a literal import, which a bundler can follow; not called in a thread, whose code is nowhere
 */
export async function importPackage<T>(name: string, importIt: () => Promise<T>): Promise<T> {
  return isThreadProgram ? loadPackage((require) => require(name) as T) : importIt();
}

function findCodePaths(): string[] {
  const candidates = [pathOfUrl(() => new URL(import.meta.url)), commonJsPath(), process.argv[1]];
  return [...new Set(candidates.filter((path) => path !== undefined && isAbsolute(path)))] as string[];
}

/** Where a bundle of CommonJS is. */
function commonJsPath(): string | undefined {
  try {
    // Not by `typeof`: webpack takes that for true in modules, too.
    return __filename;
  } catch {
    return undefined; // a module
  }
}

function pathOfUrl(make: (() => URL) | undefined): string | undefined {
  try {
    return make === undefined ? undefined : fileURLToPath(make());
  } catch {
    return undefined; // no URL of a file: import.meta is empty in a bundle of CommonJS
  }
}
