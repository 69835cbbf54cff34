/** Lists, removes and verifies the models in the caches. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { HubRequirements, ModelSpec } from "../catalogue/model-spec.ts";
import { RerankError } from "../errors.ts";
import { cacheRoots, readReference, repositoryPath, snapshotPath } from "./cache.node.ts";
import { hashFile } from "./download-file.node.ts";
import { resolveCacheDir } from "./environment.node.ts";
import type { ModelSource } from "./locate.node.ts";
import { lockPath, withLock } from "./lock.node.ts";
import { isCommit, repositoryOfFolder } from "./repository-names.ts";
import { readRecord, recordFile, writeRecord } from "./snapshot-record.node.ts";

/** One commit of one repository in a cache. */
export interface CachedModel {
  repository: string;
  commit: string;
  /** Branches and tags that had this commit when they were downloaded. */
  revisions: readonly string[];
  /** "crossrank": our cache, whose models can be removed and verified. "hub": the cache of other programs, which crossrank only reads. */
  cache: "crossrank" | "hub";
  /** Absolute path of the snapshot. */
  folder: string;
  /** ONNX files, as paths in the repository; empty if a download was interrupted before the first. */
  modelFiles: readonly string[];
  /** All files, including unfinished ones. */
  sizeBytes: number;
}

/** One file as `verifyCached` found it. */
export interface VerifiedFile {
  repository: string;
  commit: string;
  path: string;
  /**
   * - `ok`: its hash is the recorded one, and the catalogue's if that has one
   * - `damaged`: its hash differs
   * - `missing`: it was downloaded and no longer exists
   * - `unrecorded`: no hash was recorded for it
   */
  status: "ok" | "damaged" | "missing" | "unrecorded";
  /** Expected sha256; undefined for `unrecorded`. */
  expected: string | undefined;
  /** Undefined for `missing`. */
  actual: string | undefined;
}

/** The sha256 that a catalogue pins for a file; undefined for none. */
export type PinnedSha256 = (repository: string, commit: string, path: string) => string | undefined;

/** What `removeCached` deleted. */
export interface Removed {
  /** Files deleted; 0 if our cache had nothing of the model. */
  files: number;
  bytes: number;
}

/** Every snapshot of our cache, then those of the standard hub cache that contain an ONNX file. Each list is sorted by repository and commit. */
export function listCached(source: ModelSource): CachedModel[] {
  const [own, ...others] = cacheRoots(source.cacheDir);
  const ownModels = listRoot(own as string, "crossrank");
  const otherModels = others.flatMap((root) => listRoot(root, "hub")).filter((model) => model.modelFiles.length > 0);
  return [...ownModels, ...otherModels];
}

/**
 * Deletes a model from our cache: a preset's folder if its repository holds several models, else every commit of the repository, or the
 * commit that a custom model's `revision` names. The standard hub cache is not changed.
 *
 * @throws RerankError `invalid-input` for the bundled model and for local folders
 */
export async function removeCached(model: ModelSpec, source: ModelSource): Promise<Removed> {
  const requirements = hubRequirements(model, "remove");
  const { repository, folder } = requirements;
  const root = resolveCacheDir(source.cacheDir);
  if (!existsSync(repositoryPath(root, repository))) return { files: 0, bytes: 0 };
  return withLock(lockPath(root, repository), {}, async () => {
    const removed: Removed = { files: 0, bytes: 0 };
    for (const commit of commitsOf(root, model, requirements)) {
      const snapshot = snapshotPath(root, repository, commit);
      const target = join(snapshot, folder);
      const files = listFiles(target).filter((path) => path !== recordFile);
      removed.files += files.length;
      removed.bytes += sumSizes(target, files);
      rmSync(target, { recursive: true, force: true });
      if (listFiles(snapshot).every((path) => path === recordFile)) rmSync(snapshot, { recursive: true, force: true });
      else forget(snapshot, repository, commit, `${folder}/`);
    }
    removeEmptyRepository(root, repository);
    return removed;
  });
}

/**
 * Reads every downloaded file again and compares its sha256 with the recorded one and the catalogue's.
 *
 * @param model undefined: everything in our cache
 * @param pinnedSha256 the catalogue's hash of a file, which counts before the recorded one
 * @returns sorted by repository, commit and path; empty if our cache has nothing of the model
 * @throws RerankError `invalid-input` for the bundled model and for local folders
 */
export async function verifyCached(model: ModelSpec | undefined, source: ModelSource, pinnedSha256: PinnedSha256): Promise<VerifiedFile[]> {
  const requirements = model === undefined ? undefined : hubRequirements(model, "verify");
  const root = resolveCacheDir(source.cacheDir);
  const commits = model === undefined || requirements === undefined ? undefined : commitsOf(root, model, requirements);
  const verified: VerifiedFile[] = [];
  for (const { repository, commit, folder } of listRoot(root, "crossrank")) {
    if (requirements !== undefined && (repository !== requirements.repository || !commits?.includes(commit))) continue;
    const record = readRecord(folder, repository, commit);
    const onDisk = listFiles(folder).filter((path) => path !== recordFile && !path.endsWith(".incomplete"));
    const prefix = requirements?.folder ? `${requirements.folder}/` : "";
    for (const path of [...new Set([...Object.keys(record.files), ...onDisk])].sort()) {
      if (!path.startsWith(prefix)) continue;
      const expected = pinnedSha256(repository, commit, path) ?? record.files[path]?.sha256;
      const actual = onDisk.includes(path) ? await hashFile(join(folder, path), "sha256") : undefined;
      verified.push({ repository, commit, path, status: statusOf(expected, actual), expected, actual });
    }
  }
  return verified;
}

function statusOf(expected: string | undefined, actual: string | undefined): VerifiedFile["status"] {
  if (actual === undefined) return "missing";
  if (expected === undefined) return "unrecorded";
  return actual === expected ? "ok" : "damaged";
}

function hubRequirements(model: ModelSpec, verb: string): HubRequirements {
  const { files: requirements } = model;
  if (requirements.origin === "hub") return requirements;
  const what = requirements.origin === "bundled" ? "the bundled model" : `folder ${requirements.location}`;
  throw new RerankError("invalid-input", `models: cannot ${verb} ${what}: it is not in the cache. Name a downloaded model.`);
}

/** The commit of the revision that the configuration names; else every commit in the cache. */
function commitsOf(root: string, { ownRevision }: ModelSpec, { repository }: HubRequirements): string[] {
  if (ownRevision === undefined) return listFolders(join(repositoryPath(root, repository), "snapshots")).filter(isCommit);
  const commit = readReference(root, repository, ownRevision);
  return commit === undefined ? [] : [commit];
}

function listRoot(root: string, cache: CachedModel["cache"]): CachedModel[] {
  return listFolders(root).flatMap((name) => {
    const repository = repositoryOfFolder(name);
    if (repository === undefined) return [];
    const commits = listFolders(join(root, name, "snapshots")).filter(isCommit);
    const references = readReferences(root, repository);
    return commits.map((commit) => {
      const folder = snapshotPath(root, repository, commit);
      const files = listFiles(folder).filter((path) => path !== recordFile);
      const revisions = references.filter((reference) => reference.commit === commit).map((reference) => reference.revision);
      const modelFiles = files.filter((path) => path.endsWith(".onnx"));
      return { repository, commit, revisions, cache, folder, modelFiles, sizeBytes: sumSizes(folder, files) };
    });
  });
}

function readReferences(root: string, repository: string): { revision: string; commit: string; path: string }[] {
  const folder = join(repositoryPath(root, repository), "refs");
  return listFiles(folder).map((revision) => {
    const path = join(folder, revision);
    return { revision, commit: readFileSync(path, "utf8").trim(), path };
  });
}

function forget(snapshot: string, repository: string, commit: string, prefix: string): void {
  const record = readRecord(snapshot, repository, commit);
  const files = Object.fromEntries(Object.entries(record.files).filter(([path]) => !path.startsWith(prefix)));
  writeRecord(snapshot, { ...record, files, absent: record.absent.filter((path) => !path.startsWith(prefix)) });
}

function removeEmptyRepository(root: string, repository: string): void {
  for (const reference of readReferences(root, repository)) {
    if (!existsSync(snapshotPath(root, repository, reference.commit))) rmSync(reference.path);
  }
  const folder = repositoryPath(root, repository);
  if (listFolders(join(folder, "snapshots")).length === 0) rmSync(folder, { recursive: true, force: true });
}

/** Names of subfolders, sorted; none for a folder that does not exist. */
function listFolders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** Files at any depth, including links to files, as sorted paths with forward slashes. Broken links are left out. */
function listFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  const paths = entries
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  return paths.map((path) => relative(folder, path).split(sep).join("/")).sort();
}

function sumSizes(folder: string, files: readonly string[]): number {
  return files.reduce((sum, path) => sum + statSync(join(folder, path)).size, 0);
}
