/** Downloads one file of a repository: continues where it stopped, checks the bytes, and moves the file into place only when it is complete. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { RerankError } from "../errors.ts";
import { makeFolder } from "./folder.node.ts";
import { type HubFile, openFile } from "./hub-client.ts";
import { abortedError } from "./hub-errors.ts";
import { type HubAccess, pause } from "./hub-transport.ts";
import type { FileRecord } from "./snapshot-record.node.ts";

/** One file to download. */
export interface FileDownload {
  file: HubFile;
  /** Absolute path of the finished file. */
  destination: string;
  /** The sum that the catalogue pins; undefined if it pins none. */
  sha256: string | undefined;
  /** The same file in another cache, used instead of the network if its bytes are right. */
  candidate: string | undefined;
  onProgress: (receivedBytes: number) => void;
}

// Give up after this many attempts in a row that bring no new byte.
const maxAttemptsWithoutProgress = 5;

/**
 * Downloads the file to its destination.
 *
 * Received bytes are kept in `<destination>.<start of the etag>.incomplete`, which the next call continues.
 *
 * @returns size and hash of the file
 * @throws RerankError `download`, `aborted`
 */
export async function downloadFile(access: HubAccess, download: FileDownload): Promise<FileRecord> {
  const { file, destination } = download;
  // Without an etag, the bytes of an earlier attempt may belong to another version of the file.
  const tag = file.etag?.replace(/[^A-Za-z0-9]/g, "").slice(0, 16);
  const partial = `${destination}.${tag || "untagged"}.incomplete`;
  makeFolder(dirname(destination));
  if (!tag) await rm(partial, { force: true });

  for (let isRepetition = false; ; isRepetition = true) {
    const isCopied = !isRepetition && (await copyCandidate(download, partial));
    const sha256 = isCopied ? await hashFile(partial, "sha256") : await receive(access, download, partial);
    const reason = await findFault(download, partial, sha256);
    if (reason === undefined) return await keep(download, partial, sha256);
    await rm(partial, { force: true });
    if (isRepetition) {
      const remedy = "Try again; if it stays so, the hub, a mirror or a proxy delivers a changed file, which crossrank refuses.";
      throw new RerankError("download", `hub: ${describe(file)} arrived damaged twice: ${reason}. ${remedy}`);
    }
  }
}

/**
 * Whether a file on disk is the one that the hub describes.
 *
 * @returns its record, or undefined if size or hash differ; if the hub sends no hash, the size decides
 */
export async function recognizeFile(download: FileDownload): Promise<FileRecord | undefined> {
  const { file, destination } = download;
  const stats = await stat(destination);
  if (stats.size !== (file.sizeBytes ?? stats.size)) return undefined;
  const sha256 = await hashFile(destination, "sha256");
  return (await findFault(download, destination, sha256)) === undefined ? recordOf(file, stats.size, sha256) : undefined;
}

/** Sha256 of a file, lower-case hex. */
export async function hashFile(path: string, algorithm: "sha256" | "sha1", prefix = ""): Promise<string> {
  const hash = createHash(algorithm).update(prefix);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

/** Receives the missing rest of the partial file. @returns the sha256 of the whole */
async function receive(access: HubAccess, download: FileDownload, partial: string): Promise<string> {
  let attemptsWithoutProgress = 0;
  let maxOffset = 0;
  while (true) {
    const handle = await open(partial, "a+");
    try {
      const before = await resumePoint(download, handle, partial);
      maxOffset = Math.max(maxOffset, before.offset);
      download.onProgress(before.offset);
      if (before.offset > 0 && before.offset === download.file.sizeBytes) return before.hash.digest("hex");
      return await append(access, download, handle, before, (offset) => {
        // A server that starts over each time would send the same bytes forever.
        if (offset > maxOffset) attemptsWithoutProgress = 0;
        maxOffset = Math.max(maxOffset, offset);
      });
    } catch (error) {
      attemptsWithoutProgress += 1;
      // An answer with a status was already retried as often as it makes sense.
      const isFinal = !RerankError.is(error) || !error.isRetryable || error.status !== undefined;
      if (isFinal || attemptsWithoutProgress >= maxAttemptsWithoutProgress) throw error;
    } finally {
      // Received bytes survive a crash of the machine.
      await handle.sync();
      await handle.close();
    }
    await pause(access, attemptsWithoutProgress);
  }
}

/** Size and hash of the partial file, which is emptied if it is longer than the whole file. */
async function resumePoint(download: FileDownload, handle: FileHandle, partial: string): Promise<{ offset: number; hash: Hash }> {
  const { size } = await handle.stat();
  const hash = createHash("sha256");
  if (size > (download.file.sizeBytes ?? Number.POSITIVE_INFINITY)) {
    await handle.truncate(0);
    return { offset: 0, hash };
  }
  for await (const chunk of createReadStream(partial)) hash.update(chunk as Uint8Array);
  return { offset: size, hash };
}

async function append(
  access: HubAccess,
  download: FileDownload,
  handle: FileHandle,
  before: { offset: number; hash: Hash },
  onReceived: (offset: number) => void,
): Promise<string> {
  const { file } = download;
  let { offset, hash } = before;
  const body = await openFile(access, file, offset);
  // 200 instead of 206: the server does not support ranges. 416: the partial file cannot be continued.
  if (offset > 0 && body.status !== 206) {
    await handle.truncate(0);
    offset = 0;
    hash = createHash("sha256");
  }
  if (body.status === 416) throw cut(file, 0);
  for await (const chunk of body.chunks) {
    await handle.appendFile(chunk);
    hash.update(chunk);
    offset += chunk.length;
    onReceived(offset);
    download.onProgress(offset);
    if (offset > (file.sizeBytes ?? offset)) break;
    if (access.signal?.aborted) throw abortedError(access.signal);
  }
  // Some proxies pass on a connection that ended too early as a complete answer.
  if (offset < (file.sizeBytes ?? 0)) throw cut(file, offset);
  return hash.digest("hex");
}

/** Copies the candidate if it has the right size. Its bytes are checked like received ones. */
async function copyCandidate(download: FileDownload, partial: string): Promise<boolean> {
  if (download.candidate === undefined) return false;
  const { size } = await stat(download.candidate);
  if (size !== download.file.sizeBytes) return false;
  await copyFile(download.candidate, partial);
  download.onProgress(size);
  return true;
}

/** What is wrong with received bytes; undefined if nothing is. */
async function findFault(download: FileDownload, path: string, sha256: string): Promise<string | undefined> {
  const { etag, sizeBytes } = download.file;
  const { size } = await stat(path);
  if (size !== (sizeBytes ?? size)) return `it has ${size} bytes instead of ${sizeBytes}`;
  const expected = download.sha256 ?? (etag !== undefined && /^[0-9a-f]{64}$/.test(etag) ? etag : undefined);
  if (expected !== undefined) return sha256 === expected ? undefined : `its sha256 is ${sha256} instead of ${expected}`;
  // Small files are not in LFS: their etag is the git blob id.
  if (etag === undefined || !/^[0-9a-f]{40}$/.test(etag)) return undefined;
  const blobId = await hashFile(path, "sha1", `blob ${size}\0`);
  // In mirrors by Artifactory the etag of every file is its plain SHA-1.
  if (blobId === etag || (await hashFile(path, "sha1")) === etag) return undefined;
  return `its git blob id is ${blobId} instead of ${etag}`;
}

async function keep(download: FileDownload, partial: string, sha256: string): Promise<FileRecord> {
  const { size } = await stat(partial);
  await rename(partial, download.destination);
  return recordOf(download.file, size, sha256);
}

function recordOf(file: HubFile, sizeBytes: number, sha256: string): FileRecord {
  return { sizeBytes, sha256, ...(file.etag === undefined ? {} : { etag: file.etag }) };
}

function cut(file: HubFile, received: number): RerankError {
  const what = `hub: ${describe(file)} stopped after ${received} of ${file.sizeBytes ?? "?"} bytes`;
  return new RerankError("download", `${what}. Try again: the download resumes where it stopped.`, { isRetryable: true });
}

function describe(file: HubFile): string {
  return `${file.path} of ${file.repository}@${file.commit.slice(0, 12)}`;
}
