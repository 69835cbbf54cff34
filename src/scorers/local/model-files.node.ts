/**
 * The files that sessions open, so that nobody changes them under a running model.
 *
 * The runtime maps weights into memory. Truncating such a file ends the process (SIGBUS), and overwriting it changes scores. A folder of the
 * user's is theirs to write to, so sessions open a copy. It is deleted as soon as they have: the mapping keeps the bytes, and nothing is left
 * behind. Files of a cache are replaced by renaming and never written again: there a change is detected and named.
 *
 * @see docs/decisions/model-files.md what each way costs
 */
import { accessSync, constants, copyFileSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { RerankError } from "../../errors.ts";
import { resolveCacheDir } from "../../hub/environment.node.ts";
import { makeFolder } from "../../hub/folder.node.ts";
import type { LocatedModel } from "../../hub/locate.node.ts";
import { changedError, type FileState, isSameFile, stateOf } from "./file-watch.node.ts";

/** What a session opens. */
export interface OpenableFiles {
  modelPath: string;
  /** Files that are opened where they are, for `watchFiles`; none of a copy. */
  watchedFiles: readonly FileState[];
}

/** One file to copy, from and to. */
type CopyStep = readonly [from: string, to: string];

/** A copy, shared by the threads that open at the same time; no folder where nothing could be copied. */
interface SharedCopy {
  folder: Promise<string | undefined>;
  users: number;
}

/** Name of a copy's folder, but for its last letters. */
const copyPrefix = "opening-";
/** A process that was killed while it opened a model leaves its copy behind; nothing opens for so long. */
const abandonedMs = 3_600_000;

/** The files of one loaded model. */
export class ModelFiles {
  readonly #located: LocatedModel;
  readonly #cacheDir: string | undefined;
  readonly #states: readonly FileState[];
  #shared: SharedCopy | undefined;

  /** @param cacheDir as in the configuration */
  constructor(located: LocatedModel, cacheDir: string | undefined) {
    this.#located = located;
    this.#cacheDir = cacheDir;
    this.#states = [...weightPaths(located), located.tokenizerPath].map(stateOf);
  }

  /**
   * Gives the files to `open`, which resolves once its session needs them no more, or has mapped them.
   *
   * @throws RerankError `inference` when the files of a folder are not those that the model was loaded from; what `open` throws
   */
  async use<T>(open: (files: OpenableFiles) => Promise<T>): Promise<T> {
    if (!this.#needsCopy()) return open(this.#inPlace());
    this.#shared ??= { folder: finish(this.#copySteps()), users: 0 };
    const shared = this.#shared;
    shared.users += 1;
    let folder: string | undefined;
    try {
      folder = await shared.folder;
      return await open(this.#in(folder));
    } catch (error) {
      throw this.#withoutCopy(error, folder);
    } finally {
      shared.users -= 1;
      if (shared.users === 0) {
        this.#shared = undefined;
        if (folder !== undefined) remove(folder);
      }
    }
  }

  /** {@link ModelFiles.use} with the calling thread waiting. */
  useSync<T>(open: (files: OpenableFiles) => T): T {
    const folder = this.#needsCopy() ? finishSync(this.#copySteps()) : undefined;
    try {
      return open(this.#in(folder));
    } catch (error) {
      throw this.#withoutCopy(error, folder);
    } finally {
      if (folder !== undefined) remove(folder);
    }
  }

  #needsCopy(): boolean {
    const { place, modelPath } = this.#located;
    if (place !== "local") return false;
    this.#refuseChange();
    // Windows itself keeps a mapped file from being changed; so does a file system that cannot be written to.
    return process.platform !== "win32" && !isOnReadOnlyFileSystem(modelPath);
  }

  #refuseChange(): void {
    for (const known of this.#states) if (!isSameFile(known)) throw changedError(this.#located.id, known.path);
  }

  #inPlace(): OpenableFiles {
    return { modelPath: this.#located.modelPath, watchedFiles: this.#states };
  }

  #in(folder: string | undefined): OpenableFiles {
    return folder === undefined ? this.#inPlace() : { modelPath: this.#copyOf(this.#located.modelPath, folder), watchedFiles: [] };
  }

  /** Copies to the first parent that has room; returns the folder, or undefined where none has: the files are watched then. */
  *#copySteps(): Generator<CopyStep, string | undefined, void> {
    for (const parent of [resolveCacheDir(this.#cacheDir), tmpdir()]) {
      let folder: string | undefined;
      try {
        makeFolder(parent);
        removeAbandoned(parent);
        folder = mkdtempSync(join(parent, copyPrefix));
        for (const path of weightPaths(this.#located)) {
          const copy = this.#copyOf(path, folder);
          makeFolder(dirname(copy));
          yield [path, copy];
        }
        this.#refuseChange();
        return folder;
      } catch (error) {
        if (folder !== undefined) remove(folder);
        if (RerankError.is(error)) throw error;
        // Not writable, or full: the next one.
      }
    }
    return undefined;
  }

  #copyOf(path: string, folder: string): string {
    return join(folder, relative(dirname(this.#located.modelPath), path));
  }

  /** The same failure, with the folder that the user knows in place of the copy's. */
  #withoutCopy(error: unknown, folder: string | undefined): unknown {
    if (folder === undefined || !RerankError.is(error) || !error.message.includes(folder)) return error;
    const message = error.message.replaceAll(folder, dirname(this.#located.modelPath));
    return RerankError.revive({ ...RerankError.serialize(error), message });
  }
}

/** The ONNX file and its external data. */
function weightPaths({ modelPath, externalData }: LocatedModel): string[] {
  return [modelPath, ...externalData.map((location) => join(dirname(modelPath), location))];
}

function isOnReadOnlyFileSystem(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EROFS";
  }
}

// A copy-on-write clone where the file system has such, which costs neither time nor room.
const copyMode = constants.COPYFILE_FICLONE;

async function finish(steps: Generator<CopyStep, string | undefined, void>): Promise<string | undefined> {
  let step = steps.next();
  while (step.done !== true) {
    const [from, to] = step.value;
    const failure = await copyFile(from, to, copyMode).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    step = failure === undefined ? steps.next() : steps.throw(failure.error);
  }
  return step.value;
}

function finishSync(steps: Generator<CopyStep, string | undefined, void>): string | undefined {
  let step = steps.next();
  while (step.done !== true) {
    let failure: { error: unknown } | undefined;
    try {
      copyFileSync(...step.value, copyMode);
    } catch (error) {
      failure = { error };
    }
    step = failure === undefined ? steps.next() : steps.throw(failure.error);
  }
  return step.value;
}

function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(copyPrefix)) continue;
    const folder = join(parent, name);
    const stats = statSync(folder, { throwIfNoEntry: false });
    if (stats !== undefined && Date.now() - stats.mtimeMs > abandonedMs) remove(folder);
  }
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
