/** Detects that somebody writes into files while a session maps them into memory. */
import { closeSync, fstatSync, openSync, type Stats, statSync } from "node:fs";
import { RerankError } from "../../errors.ts";

/** A file as it was when its model was found. */
export interface FileState {
  path: string;
  /** Number of the file in its file system: a file that took its place has another one. */
  inode: number;
  sizeBytes: number;
  modifiedMs: number;
}

/** Files that are open. */
export interface FileWatch {
  /** @throws RerankError `inference` when somebody wrote into one of the files; one that was replaced by renaming is still there */
  check(): void;
  close(): void;
}

/** The state of a file now. @throws what the file system throws */
export function stateOf(path: string): FileState {
  return state(path, statSync(path));
}

/** Whether a file is still there, not written to and not replaced. */
export function isSameFile(known: FileState): boolean {
  const stats = statSync(known.path, { throwIfNoEntry: false });
  return stats !== undefined && stats.ino === known.inode && isUnwritten(known, state(known.path, stats));
}

/**
 * Holds files open to watch them. A file that took another one's place since the model was found is taken as it is.
 *
 * @throws RerankError `inference` when somebody wrote into one of them since the model was found
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

/** `inference`: the scores would not be those of the model that was loaded. */
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
