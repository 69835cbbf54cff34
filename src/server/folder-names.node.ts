import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { ModelReference } from "../index.ts";

/**
 * Replaces the paths of served folders by their last segment in everything that clients can read. The full path is private to the operator.
 *
 * Also handles models inside other models.
 */
export class FolderNames {
  /** Each path with its name, the longest path first, because one folder may be inside another. */
  readonly #paths: readonly (readonly [path: string, name: string])[];

  constructor(models: readonly ModelReference[]) {
    const folders = models.flatMap(foldersIn).flatMap(({ written, path }) => {
      const name = basename(path) || "model";
      return [written, path, realPath(path)].filter((each) => each.length > 2).map((each) => [each, name] as const);
    });
    this.#paths = folders.sort(([left], [right]) => right.length - left.length);
  }

  /** Replaces each folder's path in a text by its name. */
  hide(text: string): string {
    return this.#paths.reduce((hidden, [path, name]) => hidden.replaceAll(path, name), text);
  }
}

/** The name of a folder that is a model; undefined for other models. */
export function folderName(model: ModelReference): string | undefined {
  const path = model.type === "custom" ? pathOf(model.modelId) : undefined;
  return path === undefined ? undefined : basename(path);
}

function foldersIn(value: unknown): { written: string; path: string }[] {
  if (typeof value !== "object" || value === null) return [];
  const { type, modelId } = value as { type?: unknown; modelId?: unknown };
  const path = type === "custom" && typeof modelId === "string" ? pathOf(modelId) : undefined;
  return [...(path === undefined ? [] : [{ written: modelId as string, path }]), ...Object.values(value).flatMap(foldersIn)];
}

/** The absolute path of a model that is a folder. Like the library, it reads a text as a path only if it begins like one. */
function pathOf(modelId: string): string | undefined {
  if (modelId.startsWith("file:")) return URL.canParse(modelId) ? fileURLToPath(modelId) : undefined;
  if (modelId.startsWith("~")) return resolve(homedir(), modelId.replace(/^~[/\\]?/, ""));
  return /^(?:\.|[/\\]|[A-Za-z]:[/\\])/.test(modelId) ? resolve(modelId) : undefined;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // not there: the start says so
  }
}
