/** What a download recorded about a snapshot. It is stored beside the files, so that they can be verified later. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One downloaded file. */
export interface FileRecord {
  sizeBytes: number;
  /** Lower-case hex, of the bytes that were written. */
  sha256: string;
  /** The hub's own tag, without quotes: a sha256, a git blob id, or something opaque. */
  etag?: string;
}

/** One snapshot. */
export interface SnapshotRecord {
  repository: string;
  commit: string;
  /** By path in the repository. */
  files: Record<string, FileRecord>;
  /** Optional files that the repository does not have at this commit. */
  absent: string[];
}

/** Name of the record inside a snapshot folder. */
export const recordFile: string = ".crossrank.json";

/** The record of a snapshot; an empty one if there is none or it is damaged. */
export function readRecord(snapshot: string, repository: string, commit: string): SnapshotRecord {
  const empty: SnapshotRecord = { repository, commit, files: {}, absent: [] };
  const path = join(snapshot, recordFile);
  if (!existsSync(path)) return empty;
  const record: unknown = parse(readFileSync(path, "utf8"));
  return isSnapshotRecord(record) ? record : empty;
}

/** Writes the record as a whole or not at all. */
export function writeRecord(snapshot: string, record: SnapshotRecord): void {
  const path = join(snapshot, recordFile);
  writeFileSync(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Damaged by hand or by a full disk: treated like no record, so `models verify` says "unrecorded".
    return undefined;
  }
}

function isSnapshotRecord(value: unknown): value is SnapshotRecord {
  if (typeof value !== "object" || value === null) return false;
  const { files, absent } = value as Partial<SnapshotRecord>;
  return (
    Array.isArray(absent) &&
    typeof files === "object" &&
    files !== null &&
    Object.values(files).every((file) => typeof file?.sha256 === "string" && typeof file.sizeBytes === "number")
  );
}
