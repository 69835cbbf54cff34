/** Downloads a model's files from the hub into our cache. */
import { renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type HubRequirements, inFolder, type ModelSpec, withModelFile } from "../catalogue/model-spec.ts";
import { automatic } from "../catalogue/variants.ts";
import { messageOf, RerankError } from "../errors.ts";
import { splitCredentials } from "../http/credentials.ts";
import { nodeNetwork } from "../http/network.node.ts";
import type { Processor } from "../machine/processor.ts";
import { readOnnxFile } from "../onnx-graph/onnx-file.node.ts";
import { readReference, referencePath, snapshotPath } from "./cache.node.ts";
import { downloadFile, type FileDownload, recognizeFile } from "./download-file.node.ts";
import { offlineVariable, readToken, resolveCacheDir, resolveEndpoint, resolveHubCache } from "./environment.node.ts";
import { makeFolder } from "./folder.node.ts";
import { type HubFile, headFile, listOnnxFiles } from "./hub-client.ts";
import { abortedError } from "./hub-errors.ts";
import type { HubAccess } from "./hub-transport.ts";
import { externalDataPaths, locateModel, requirementsHere } from "./locate.node.ts";
import { lockPath, withLock } from "./lock.node.ts";
import { isCommit } from "./repository-names.ts";
import { readRecord, type SnapshotRecord, writeRecord } from "./snapshot-record.node.ts";

/** Progress of one file. */
export interface DownloadProgress {
  /** Path in the repository. */
  file: string;
  /** Bytes on this machine, including those of earlier attempts. */
  receivedBytes: number;
  /** Undefined if the hub does not send it. */
  totalBytes: number | undefined;
}

/** How to download. */
export interface DownloadOptions {
  /** @default $CROSSRANK_CACHE, else $XDG_CACHE_HOME/crossrank/rerankers, else ~/.cache/crossrank/rerankers */
  cacheDir?: string | undefined;
  /** `modelFile: "auto"` chooses the file for this processor. @default that of this machine */
  processor?: Processor | undefined;
  /** Ends the download with `aborted`. The next call continues it. */
  signal?: AbortSignal | undefined;
  /** Called at the start of each file and for every chunk. */
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Ask the hub for the branch's present commit, and check files on this machine against its hashes. @default false */
  force?: boolean | undefined;
  /** @default the one of {@link nodeNetwork} */
  fetch?: typeof fetch | undefined;
  /** Fail an attempt if the hub sends nothing for longer than this. @default 30000 */
  stallTimeoutMs?: number | undefined;
  /** Upper limit of the first pause before a failed request is repeated; it doubles each time. @default 500 */
  retryDelayMs?: number | undefined;
}

const defaultStallTimeoutMs = 30_000;

/**
 * Downloads the files of a model that are not on this machine, so that `locateModel` finds it. Does nothing if all are here.
 *
 * Several processes may need the same model at once: one downloads it, the others wait. A branch that was downloaded before stays at its
 * commit unless `force` is set.
 *
 * @throws RerankError `unknown-model` for no such repository, revision or model file; `unsupported-model` for a repository without
 * config.json, tokenizer.json or any ONNX file; `download` for every other failure, `aborted`
 */
export async function downloadModel(model: ModelSpec, options: DownloadOptions): Promise<void> {
  const { signal } = options;
  const requirements = requirementsHere(model, options);
  const isPresent = (): boolean => options.force !== true && locateModel(model, options) !== undefined;
  if (signal?.aborted) throw abortedError(signal);
  if (requirements.origin !== "hub") {
    // Nothing to download. This throws for a folder that lacks files.
    locateModel(model, options);
    return;
  }
  if (isPresent()) return;
  const root = resolveCacheDir(options.cacheDir);
  const variable = offlineVariable();
  if (variable !== undefined) {
    const what = `models: ${describe(requirements)} is not complete in ${root} nor in ${resolveHubCache()}, and ${variable} forbids the network`;
    throw new RerankError("download", `${what}. Unset ${variable}, or copy the model to a folder and use that.`);
  }
  try {
    await withLock(lockPath(root, requirements.repository), { signal }, async () => {
      // Another process may have downloaded it while this one waited.
      if (!isPresent()) await fetchModel(requirements, root, options);
    });
  } catch (error) {
    if (error instanceof Error && "syscall" in error && !RerankError.is(error)) throw unwritable(root, error);
    throw RerankError.from(error, "download", "models");
  }
}

/** One model that is being downloaded into a snapshot folder. */
interface Fetching {
  requirements: HubRequirements;
  options: DownloadOptions;
  access: HubAccess;
  commit: string;
  snapshot: string;
  record: SnapshotRecord;
}

async function fetchModel(wanted: HubRequirements, root: string, options: DownloadOptions): Promise<void> {
  const { repository, revision } = wanted;
  const { url, authorization } = splitCredentials(resolveEndpoint());
  const token = readToken();
  const access: HubAccess = {
    endpoint: url.replace(/\/+$/, ""),
    // Credentials in the endpoint's address belong to the endpoint; the token may belong to another hub.
    authorization: authorization ?? (token === undefined ? undefined : `Bearer ${token}`),
    fetch: options.fetch ?? nodeNetwork.fetch,
    signal: options.signal,
    stallTimeoutMs: options.stallTimeoutMs ?? defaultStallTimeoutMs,
    retryDelayMs: options.retryDelayMs,
  };
  const known = options.force === true ? undefined : readReference(root, repository, revision);
  const { model, absent } = await chooseModelFile(access, wanted, known ?? revision);
  const requirements = withModelFile(wanted, model.path);
  if (isCommit(revision) && model.commit !== revision) {
    throw new RerankError("download", `hub: ${repository} answered with commit ${model.commit} instead of ${revision}. Check HF_ENDPOINT.`);
  }
  checkPinned(requirements, model);

  const snapshot = snapshotPath(root, repository, model.commit);
  makeFolder(snapshot);
  const record = readRecord(snapshot, repository, model.commit);
  const fetching: Fetching = { requirements, options, access, commit: model.commit, snapshot, record };
  if (absent.length > 0) recordAbsent(fetching, absent);
  // Small files first, to find out before the large file whether the repository can be used.
  await ensureFile(fetching, inFolder(requirements, "config.json"));
  await ensureFile(fetching, inFolder(requirements, "tokenizer.json"));
  await ensureFile(fetching, inFolder(requirements, "tokenizer_config.json"), { isOptional: true });
  await ensureFile(fetching, model.path, { described: model });
  const externalData = externalDataPaths(readOnnxFile(join(snapshot, model.path)), model.path);
  for (const path of new Set([...externalData, ...requirements.additionalFiles])) await ensureFile(fetching, path);
  // Last, so that the branch never points to a commit with missing files.
  if (!isCommit(revision)) writeReference(referencePath(root, repository, revision), model.commit);
}

/** The best model file that the repository has, and the better candidates that it lacks. */
async function chooseModelFile(
  access: HubAccess,
  requirements: HubRequirements,
  revision: string,
): Promise<{ model: HubFile; absent: string[] }> {
  const { repository, candidates } = requirements;
  const isChoice = candidates.length > 1;
  // All requests name one commit, because the branch may move between two of them.
  const commit = isChoice ? (await headFile(access, repository, revision, inFolder(requirements, "config.json")))?.commit : undefined;
  const listed = isChoice ? await listOnnxFiles(access, repository, commit ?? revision) : undefined;
  const absent: string[] = [];
  for (const path of candidates) {
    // A mirror may not list its files: then ask for each candidate.
    const isPossible = listed === undefined || listed.includes(path);
    const model = isPossible ? await headFile(access, repository, commit ?? revision, path) : undefined;
    if (model !== undefined) return { model, absent };
    absent.push(path);
  }
  throw await missingModelFile(access, requirements);
}

/** Makes sure that one file is in the snapshot and in its record, and downloads it if needed. */
async function ensureFile(fetching: Fetching, path: string, how: { isOptional?: boolean; described?: HubFile } = {}): Promise<void> {
  const { requirements, options, access, commit, snapshot, record } = fetching;
  const destination = join(snapshot, path);
  const isHere = isFile(destination);
  if (isHere && options.force !== true && record.files[path] !== undefined) return;

  const file = how.described ?? (await headFile(access, requirements.repository, commit, path));
  if (file === undefined) {
    if (how.isOptional !== true) throw missingFile(requirements, path);
    recordAbsent(fetching, [path]);
    return;
  }
  const candidate = join(snapshotPath(resolveHubCache(), requirements.repository, commit), path);
  const download: FileDownload = {
    file,
    destination,
    sha256: pinnedSha256(requirements, path),
    candidate: candidate !== destination && isFile(candidate) ? candidate : undefined,
    onProgress: (receivedBytes) => options.onProgress?.({ file: path, receivedBytes, totalBytes: file.sizeBytes }),
  };
  checkPinned(requirements, file);
  const recognized = isHere ? await recognizeFile(download) : undefined;
  record.files[path] = recognized ?? (await downloadFile(access, download));
  writeRecord(snapshot, record);
}

/** Records which files the repository does not have, so that nobody asks for them again. */
function recordAbsent({ snapshot, record }: Fetching, paths: readonly string[]): void {
  record.absent = [...new Set([...record.absent, ...paths])];
  writeRecord(snapshot, record);
}

function pinnedSha256(requirements: HubRequirements, path: string): string | undefined {
  return requirements.records.find((entry) => entry.path === path)?.sha256;
}

/** Refuses a file before its download if its hash is not the pinned one. */
function checkPinned(requirements: HubRequirements, file: HubFile): void {
  const sha256 = pinnedSha256(requirements, file.path);
  if (sha256 === undefined || file.etag === undefined || !/^[0-9a-f]{64}$/.test(file.etag) || file.etag === sha256) return;
  const what = `hub: ${file.path} of ${file.repository} has sha256 ${file.etag}, but this version of crossrank expects ${sha256}`;
  throw new RerankError("download", `${what}. Check HF_ENDPOINT; to use the file all the same, name the repository as a custom model.`);
}

async function missingModelFile(access: HubAccess, requirements: HubRequirements): Promise<RerankError> {
  const { repository, revision, candidates } = requirements;
  const found = await listOnnxFiles(access, repository, revision);
  const what = `hub: ${repository} has no file ${candidates.join(", nor ")} at ${revision}`;
  if (found === undefined) return new RerankError("unknown-model", `${what}. Check the repository's name and modelFile.`);
  if (found.length > 0) return new RerankError("unknown-model", `${what}. Set modelFile to one of: ${found.join(", ")}.`);
  return new RerankError(
    "unsupported-model",
    `${what}, nor any other ONNX file. Export it to ONNX and use the folder, or choose another model.`,
  );
}

function missingFile(requirements: HubRequirements, path: string): RerankError {
  const what = `hub: ${requirements.repository} has no file ${path}`;
  if (requirements.additionalFiles.includes(path)) return new RerankError("unknown-model", `${what}. Check additionalFiles.`);
  return new RerankError(
    "unsupported-model",
    `${what}, which crossrank needs. Put it beside the model in a folder and use that, or choose another model.`,
  );
}

function unwritable(folder: string, cause: unknown): RerankError {
  const remedy = "Set cacheDir or CROSSRANK_CACHE to a folder with room that this user may write.";
  return new RerankError("download", `models: the cache ${folder} cannot be written: ${messageOf(cause)}. ${remedy}`, { cause });
}

function writeReference(path: string, commit: string): void {
  makeFolder(dirname(path));
  writeFileSync(`${path}.new`, commit);
  renameSync(`${path}.new`, path);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function describe(requirements: HubRequirements): string {
  const { repository, revision, modelFile, candidates } = requirements;
  return `${repository}@${revision} (${candidates.length > 1 ? automatic : modelFile})`;
}
