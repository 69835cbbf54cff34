/** Finds a model on this machine, without the network and without writing anything. */
import { statSync } from "node:fs";
import { dirname, join, posix, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bundledFile, bundledRevision } from "../catalogue/bundled.node.ts";
import {
  chooseCandidates,
  defaultModelFile,
  type FolderRequirements,
  type HubRequirements,
  inFolder,
  type ModelSpec,
  type Requirements,
  withModelFile,
} from "../catalogue/model-spec.ts";
import { explainingDenied, messageOf, RerankError } from "../errors.ts";
import { readProcessor } from "../machine/processor.node.ts";
import type { Processor } from "../machine/processor.ts";
import type { OnnxGraph } from "../onnx-graph/graph-summary.ts";
import { readOnnxFile } from "../onnx-graph/onnx-file.node.ts";
import { findBundledFile } from "../package-files.node.ts";
import { cacheRoots, readReference, snapshotPath } from "./cache.node.ts";
import { expandHome, offlineVariable } from "./environment.node.ts";
import { incompleteFolder, isFile, readJsonObject, refuseHugeTokenizer, refusePointer } from "./model-folder.node.ts";
import { checkFilePath } from "./repository-names.ts";
import { readRecord } from "./snapshot-record.node.ts";

/** A model that is ready to load, and what its graph says. */
export interface LocatedModel extends OnnxGraph {
  /**
   * Identity with revision: `org/name@<commit>` (with `/<model file>` unless it is onnx/model.onnx), `mini@<start of the file's sha256>`,
   * or the absolute path of a local folder.
   */
  id: string;
  /** In the package, in a local folder of the user, or in a cache. */
  origin: Requirements["origin"];
  /** Absolute path of the ONNX file; its external data is where the graph expects it. */
  modelPath: string;
  /** The ONNX file and its external data. */
  sizeBytes: number;
  /** config.json, parsed. */
  config: unknown;
  /** Absolute path of tokenizer.json. */
  tokenizerPath: string;
  /** tokenizer_config.json, parsed; `{}` if the model has none. */
  tokenizerConfig: unknown;
}

/** Where to look. */
export interface ModelSource {
  /** @default $CROSSRANK_CACHE, else $XDG_CACHE_HOME/crossrank/rerankers, else ~/.cache/crossrank/rerankers */
  cacheDir?: string | undefined;
  /** `modelFile: "auto"` chooses the file for this processor. @default that of this machine */
  processor?: Processor | undefined;
}

/** Paths of a model's files, relative to its root, with forward slashes. */
interface Layout {
  origin: LocatedModel["origin"];
  modelFile: string;
  /** Folder of config.json and the tokenizer, with a trailing slash, or "". */
  prefix: string;
  additionalFiles: readonly string[];
  /** Whether the model is complete without tokenizer_config.json. */
  isTokenizerConfigOptional: boolean;
}

/**
 * Finds a model in the package, in a local folder, in our cache, or in the standard hub cache.
 *
 * A branch means the commit that it had when it was downloaded; `downloadModel` with `force` refreshes it.
 *
 * @returns undefined if something is missing and has to be downloaded; never an incomplete model
 * @throws RerankError `unknown-model` for a local folder that lacks files; `invalid-input` for an address that is no folder;
 * `unsupported-model` for files that are damaged
 */
export function locateModel(model: ModelSpec, source: ModelSource): LocatedModel | undefined {
  return explainingDenied("models", () => {
    const requirements = requirementsHere(model, source);
    return requirements.origin === "hub" ? locateHub(requirements, source) : locateFolder(requirements);
  });
}

/** The files that a model needs on this machine, or on one with `source.processor`. */
export function requirementsHere({ files }: ModelSpec, source: ModelSource): Requirements {
  return files.isAutomatic ? chooseCandidates(files, source.processor ?? readProcessor()) : files;
}

/**
 * The files of the graph's external data, as paths relative to the same root as `modelFile`.
 *
 * @throws RerankError `unsupported-model` if one would be outside the model's folder
 */
export function externalDataPaths(graph: OnnxGraph, modelFile: string): string[] {
  return graph.externalData.map((location) => {
    try {
      return posix.join(posix.dirname(modelFile), checkFilePath(location.replace(/^\.\//, "")));
    } catch (cause) {
      const what = `models: ${modelFile} keeps weights in ${JSON.stringify(location.slice(0, 120))}, which is not a file beside it`;
      throw new RerankError("unsupported-model", `${what}. Use another export of the model.`, { cause });
    }
  });
}

function locateHub(requirements: HubRequirements, source: ModelSource): LocatedModel | undefined {
  const { repository } = requirements;
  for (const root of cacheRoots(source.cacheDir)) {
    const commit = readReference(root, repository, requirements.revision);
    if (commit === undefined) continue;
    const found = locateSnapshot(requirements, snapshotPath(root, repository, commit), commit);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The best model file of a snapshot; undefined if the repository may have a better one that is not downloaded. */
function locateSnapshot(requirements: HubRequirements, snapshot: string, commit: string): LocatedModel | undefined {
  const isOffline = offlineVariable() !== undefined;
  for (const modelFile of requirements.candidates) {
    const { repository, additionalFiles } = withModelFile(requirements, modelFile);
    const layout: Layout = {
      origin: "hub",
      modelFile,
      prefix: inFolder(requirements, ""),
      additionalFiles,
      isTokenizerConfigOptional: isKnownAbsent(snapshot, requirements, commit, inFolder(requirements, "tokenizer_config.json")),
    };
    const suffix = modelFile === defaultModelFile ? "" : `/${modelFile}`;
    const found = inspect((path) => join(snapshot, path), layout, `${repository}@${commit}${suffix}`);
    if ("id" in found) return found;
    // Offline, use the best file that is here.
    if (!isOffline && !isKnownAbsent(snapshot, requirements, commit, modelFile)) return undefined;
  }
  return undefined;
}

/** Whether a download found that the repository lacks a file. Our downloads record it; huggingface_hub leaves a marker file. */
function isKnownAbsent(snapshot: string, requirements: HubRequirements, commit: string, path: string): boolean {
  const marker = join(snapshot, "..", "..", ".no_exist", commit, path);
  return isFile(marker) || readRecord(snapshot, requirements.repository, commit).absent.includes(path);
}

function locateFolder(requirements: FolderRequirements): LocatedModel {
  if (requirements.origin === "bundled") return locateBundled(requirements);
  const root = localFolder(requirements.location);
  const defaultFile = isFile(join(root, "model.onnx")) && !isFile(join(root, defaultModelFile)) ? "model.onnx" : defaultModelFile;
  const modelFile = requirements.modelFile ?? requirements.candidates.find((path) => isFile(join(root, path))) ?? defaultFile;
  const suffix = requirements.modelFile === undefined && modelFile === defaultFile ? "" : `/${modelFile}`;
  const { origin, additionalFiles } = requirements;
  const layout: Layout = { origin, modelFile, prefix: "", additionalFiles, isTokenizerConfigOptional: true };
  return present(
    root,
    inspect((path) => join(root, path), layout, `${root}${suffix}`),
  );
}

/** Looks for each file on its own, because a bundler may have moved them to different folders. */
function locateBundled({ origin, location, modelFile, additionalFiles }: FolderRequirements): LocatedModel {
  const root = dirname(bundledFile(location, "config.json"));
  const layout: Layout = { origin, modelFile: modelFile ?? defaultModelFile, prefix: "", additionalFiles, isTokenizerConfigOptional: true };
  const found = present(
    root,
    inspect((path) => findBundledFile(location, path) ?? join(root, path), layout, location),
  );
  return { ...found, id: `${location}@${bundledRevision(found.modelPath)}${modelFile === undefined ? "" : `/${modelFile}`}` };
}

function present(root: string, found: LocatedModel | { missing: string[] }): LocatedModel {
  if (!("missing" in found)) return found;
  throw incompleteFolder(root, found.missing);
}

/** The model, or which files are missing. @param pathOf the absolute path of a file of the layout */
function inspect(pathOf: (path: string) => string, layout: Layout, id: string): LocatedModel | { missing: string[] } {
  const { origin, modelFile, prefix } = layout;
  const tokenizerConfigFile = `${prefix}tokenizer_config.json`;
  const required = [modelFile, `${prefix}config.json`, `${prefix}tokenizer.json`, ...layout.additionalFiles];
  if (!layout.isTokenizerConfigOptional) required.push(tokenizerConfigFile);
  const missing = required.filter((path) => !isFile(pathOf(path)));
  if (missing.length > 0) return { missing };

  const given = isFile(pathOf(tokenizerConfigFile)) ? [...new Set([...required, tokenizerConfigFile])] : required;
  for (const path of given) refusePointer(pathOf(path));
  refuseHugeTokenizer(pathOf(`${prefix}tokenizer.json`));
  const modelPath = pathOf(modelFile);
  const graph = readOnnxFile(modelPath);
  const externalData = externalDataPaths(graph, modelFile);
  const missingData = externalData.filter((path) => !isFile(pathOf(path)));
  if (missingData.length > 0) return { missing: missingData };
  for (const path of externalData) refusePointer(pathOf(path));

  const tokenizerConfigPath = pathOf(tokenizerConfigFile);
  return {
    ...graph,
    id,
    origin,
    modelPath,
    sizeBytes: [modelFile, ...externalData].reduce((sum, path) => sum + statSync(pathOf(path)).size, 0),
    config: readJsonObject(pathOf(`${prefix}config.json`)),
    tokenizerPath: pathOf(`${prefix}tokenizer.json`),
    tokenizerConfig: isFile(tokenizerConfigPath) ? readJsonObject(tokenizerConfigPath) : {},
  };
}

function localFolder(location: string): string {
  const folder = resolve(location.startsWith("file:") ? pathOfUrl(location) : expandHome(location));
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return folder;
  const what = stats === undefined ? "does not exist" : `is not a folder; give ${dirname(folder)} and name the file in modelFile`;
  throw new RerankError("unknown-model", `models: ${folder} ${what}. A hub id is written org/name, without ./ in front.`);
}

function pathOfUrl(location: string): string {
  try {
    return fileURLToPath(location);
  } catch (cause) {
    const example = "Write file:///path/to/folder, or the path itself.";
    throw new RerankError(
      "invalid-input",
      `models: ${JSON.stringify(location.slice(0, 200))} is not a file URL: ${messageOf(cause)}. ${example}`,
      { cause },
    );
  }
}
