/** A lock between processes: a file that only one process can create, and whose time its holder keeps updating. */
import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeFolder } from "./folder.node.ts";
import { abortedError } from "./hub-errors.ts";
import { repositoryFolder } from "./repository-names.ts";

/** Times of a lock, in milliseconds. */
export interface LockOptions {
  signal?: AbortSignal | undefined;
  /** Treat a lock as abandoned, by a process that died, if nobody updates it for this long. @default 20000 */
  staleMs?: number;
  /** How long to wait before looking again. @default 200 */
  pollMs?: number;
}

const defaultStaleMs = 20_000;
const defaultPollMs = 200;

/** Path of the lock for one repository in a cache. */
export function lockPath(root: string, repository: string): string {
  return join(root, ".locks", `${repositoryFolder(repository)}.lock`);
}

/**
 * Runs an action while no other process, and no other call of this one, holds the same lock.
 *
 * @throws RerankError `aborted` while waiting; what the action throws
 */
export async function withLock<Result>(path: string, options: LockOptions, action: () => Promise<Result>): Promise<Result> {
  const staleMs = options.staleMs ?? defaultStaleMs;
  const owner = `${hostname()}\n${process.pid}\n${randomUUID()}\n`;
  let sighting: Sighting | undefined;
  while (!tryCreate(path, owner)) {
    sighting = look(path, sighting);
    if (sighting !== undefined && isLeftBehind(sighting, staleMs)) removeLeftBehind(path, sighting);
    else await wait(options);
  }
  // A quarter of the time, so that three updates may be late before another process takes the lock.
  const heartbeat = setInterval(() => touch(path), staleMs / 4);
  heartbeat.unref();
  try {
    return await action();
  } finally {
    clearInterval(heartbeat);
    if (readIfPresent(path) === owner) rmSync(path, { force: true });
  }
}

function tryCreate(path: string, owner: string): boolean {
  makeFolder(dirname(path));
  try {
    writeFileSync(path, owner, { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** The state of a lock, and how long it has not changed. */
interface Sighting {
  owner: string;
  touchedMs: number;
  /** On the clock of `performance.now()`: the time of day may jump, and a file server's clock may differ. */
  sinceMs: number;
}

/** @returns undefined if the lock no longer exists */
function look(path: string, before: Sighting | undefined): Sighting | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  const owner = readIfPresent(path);
  if (stats === undefined || owner === undefined) return undefined;
  if (before !== undefined && before.owner === owner && before.touchedMs === stats.mtimeMs) return before;
  return { owner, touchedMs: stats.mtimeMs, sinceMs: performance.now() };
}

/** Whether nobody updates the lock, or its process on this machine has ended. */
function isLeftBehind({ owner, sinceMs }: Sighting, staleMs: number): boolean {
  if (performance.now() - sinceMs > staleMs) return true;
  const [host, processId] = owner.split("\n");
  return host === hostname() && !isAlive(Number(processId));
}

/** Moves the lock aside before deleting it, so that only one of several waiters removes it, and nobody removes a new lock. */
function removeLeftBehind(path: string, sighting: Sighting): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    // Another waiter has already moved it.
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  // A new holder may have created its lock between the look and the move: give it back.
  if (look(aside, sighting) === sighting) rmSync(aside, { force: true });
  else renameSync(aside, path);
}

async function wait(options: LockOptions): Promise<void> {
  const { signal } = options;
  try {
    await sleep(options.pollMs ?? defaultPollMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted) throw abortedError(signal);
    throw error;
  }
}

function isAlive(processId: number): boolean {
  // If the owner cannot be read, because the file is being written, assume that it is alive; the lock's age decides then.
  if (!Number.isInteger(processId) || processId <= 0) return true;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // Someone deleted the lock by hand. The download continues: at worst two processes write the same bytes, and the hash check decides.
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
