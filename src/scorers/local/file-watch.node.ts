/** Detects writes to files that a session maps into memory. */
import { closeSync, fstatSync, openSync, type Stats, statSync } from "node:fs";
import { RerankError } from "../../errors.ts";

/** The state of a file when its model was located. */
export interface FileState {
  path: string;
  /** Number of the file in its file system. A new file under the same name has another number. */
  inode: number;
  sizeBytes: number;
  modifiedMs: number;
}

/** Watches files that it holds open. */
export interface FileWatch {
  /** @throws RerankError `inference` if one of the files was written to. To replace a file by renaming another one is fine: the old one stays open */
  check(): void;
  close(): void;
}

/** The current state of a file. @throws what the file system throws */
export function stateOf(path: string): FileState {
  return state(path, statSync(path));
}

/** Whether a file is unchanged: it exists, and was neither written to nor replaced. */
export function isSameFile(known: FileState): boolean {
  const stats = statSync(known.path, { throwIfNoEntry: false });
  return stats !== undefined && stats.ino === known.inode && isUnwritten(known, state(known.path, stats));
}

/**
 * Opens files to watch them. If a file was replaced since the model was located, it watches the new file.
 *
 * @throws RerankError `inference` if one of them was written to since the model was located
 */
export function watchFiles(model: string, files: readonly FileState[]): FileWatch {
  const watched: { descriptor: number; known: FileState }[] = [];
  const check = (): void => {
    for (const { descriptor, known } of watched) {
      if (!isUnwritten(known, state(known.path, fstatSync(descriptor)))) throw changedError(model, known.path);
    }
  };
  const close = (): void => {
    for (const { descriptor } of watched.splice(0)) closeSync(descriptor);
  };
  try {
    for (const file of files) {
      const descriptor = open(model, file.path);
      const opened = state(file.path, fstatSync(descriptor));
      watched.push({ descriptor, known: opened.inode === file.inode ? file : opened });
    }
    check();
  } catch (error) {
    close();
    throw error;
  }
  return { check, close };
}

/** The error `inference`: the scores would not be those of the loaded model. */
export function changedError(model: string, path: string, cause?: unknown): RerankError {
  return new RerankError(
    "inference",
    `${model}: ${path} was changed after the model was loaded. Load the model again (evictReranker, createReranker, or a restart), and replace model files by renaming another one over them.`,
    { cause },
  );
}

function open(model: string, path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw changedError(model, path, cause);
  }
}

function isUnwritten(known: FileState, now: FileState): boolean {
  return known.sizeBytes === now.sizeBytes && known.modifiedMs === now.modifiedMs;
}

function state(path: string, { ino, size, mtimeMs }: Stats): FileState {
  return { path, inode: ino, sizeBytes: size, modifiedMs: mtimeMs };
}
