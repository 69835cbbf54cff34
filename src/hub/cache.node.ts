/**
 * The layout of a model cache, a subset of the Hugging Face one: `models--org--name/snapshots/<commit>/<path>` and `refs/<revision>`.
 *
 * Our own cache holds real files instead of links to blobs, so one set of functions reads both, and huggingface_hub reads ours too.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { resolveCacheDir, resolveHubCache } from "./environment.node.ts";
import { isCommit, repositoryFolder } from "./repository-names.ts";

/** Our cache first, then the cache of other programs, which crossrank only reads. */
export function cacheRoots(cacheDir: string | undefined): string[] {
  return [...new Set([resolveCacheDir(cacheDir), resolveHubCache()])];
}

/** Folder of one repository in a cache. */
export function repositoryPath(root: string, repository: string): string {
  return join(root, repositoryFolder(repository));
}

/** Folder of one commit's files. */
export function snapshotPath(root: string, repository: string, commit: string): string {
  return join(repositoryPath(root, repository), "snapshots", commit);
}

/** File that records the commit that a branch or tag had when it was last downloaded. */
export function referencePath(root: string, repository: string, revision: string): string {
  return join(repositoryPath(root, repository), "refs", ...revision.split("/"));
}

/** The commit that a cache records for a revision; undefined if it records none. */
export function readReference(root: string, repository: string, revision: string): string | undefined {
  if (isCommit(revision)) return revision;
  const path = referencePath(root, repository, revision);
  if (!existsSync(path)) return undefined;
  const commit = readFileSync(path, "utf8").trim();
  return isCommit(commit) ? commit : undefined;
}
