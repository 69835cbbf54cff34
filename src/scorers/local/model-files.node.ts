/**
 * The files that sessions open, protected from changes while the model runs.
 *
 * The runtime maps weights into memory. If such a file is truncated, the process dies (SIGBUS); if it is overwritten, scores change. Users may
 * write to their own folders, so sessions open a copy of those files. The copy is deleted as soon as it is open: the mapping keeps its bytes. Files in
 * the cache are only replaced by renaming, never written again. Sessions open them directly, and a change is an error.
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
  /** Files that are opened without a copy, for `watchFiles`. */
  watchedFiles: readonly FileState[];
}

/** One file to copy, from and to. */
type CopyStep = readonly [from: string, to: string];

/** A copy, shared by the threads that open at the same time. `folder` is undefined if copying failed everywhere. */
interface SharedCopy {
  folder: Promise<string | undefined>;
  users: number;
}

/** Prefix of the name of a copy's folder. */
const copyPrefix = "opening-";
/** A copy older than this belongs to a process that was killed: no model takes this long to open. */
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
   * Passes the files to `open`. It must resolve once its session has read or mapped them.
   *
   * @throws RerankError `inference` if a file of a local folder changed since the model was located; what `open` throws
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

  /** {@link ModelFiles.use}, but synchronous. */
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
    const { origin, modelPath } = this.#located;
    if (origin !== "local") return false;
    this.#refuseChange();
    // No copy is needed on Windows, which protects mapped files itself, and on a read-only file system.
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

  /** Copies to the first parent folder with enough space. Returns undefined if none has; then the files are watched. */
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
        // Not writable, or full: try the next one.
      }
    }
    return undefined;
  }

  #copyOf(path: string, folder: string): string {
    return join(folder, relative(dirname(this.#located.modelPath), path));
  }

  /** The same error, with the user's folder in its message instead of the copy's. */
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

// A copy-on-write clone if the file system supports it, which costs neither time nor space.
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
