/** How many cores and how much memory this process may use, within the limits of its container. */
import { readFileSync } from "node:fs";
import { availableParallelism, freemem } from "node:os";

/** Reads a file; undefined if it does not exist. */
export type ReadText = (path: string) => string | undefined;

/** Whole cores that this process may use, ≥ 1: the smallest of its CPU affinity and the CPU quotas of its control groups. */
export function usableCores(): number {
  return limitCores(availableParallelism(), readSystemFile);
}

/** Bytes that the process can still allocate without swapping or being killed, ≥ 0. The system's file cache counts as free. */
export function freeMemoryBytes(): number {
  return limitMemory(process.availableMemory?.() ?? freemem(), readSystemFile);
}

/**
 * {@link usableCores}, with its two sources as parameters.
 *
 * It rounds down: with a part of a core, the system stops one thread at the end of each period, and all others wait for it.
 *
 * @param available logical cores without any quota
 */
export function limitCores(available: number, read: ReadText): number {
  const quotas = limitFolders(read("/proc/self/cgroup") ?? "", "cpu").map((folder) => cpuQuota(folder, read));
  return Math.max(1, Math.floor(Math.min(available, ...quotas)));
}

/** {@link freeMemoryBytes}, with its two sources as parameters. */
export function limitMemory(freeBytes: number, read: ReadText): number {
  const rooms = limitFolders(read("/proc/self/cgroup") ?? "", "memory").map((folder) => memoryRoom(folder, read));
  return Math.max(0, Math.min(freeBytes, ...rooms));
}

/**
 * Folders that may hold limits of this process: those of its control group and of all parent groups, in versions 1 and 2.
 *
 * @param groups text of /proc/self/cgroup, lines of `id:controllers:path`; version 2 has no controllers
 * @see https://man7.org/linux/man-pages/man7/cgroups.7.html
 */
function limitFolders(groups: string, controller: string): string[] {
  const folders = groups.split("\n").flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) return [];
    if (controllers !== "" && !controllers.split(",").includes(controller)) return [];
    const mounts = controllers === "" ? ["", "/unified"] : [`/${controllers}`, `/${controller}`];
    return mounts.flatMap((mount) => withParents(path).map((group) => `/sys/fs/cgroup${mount}${group}`));
  });
  return [...new Set(folders)];
}

/** `/a/b` → `/a/b`, `/a` and the root. In a container, perhaps only the root is mounted, whatever path /proc shows. */
function withParents(path: string): string[] {
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== "..");
  return [...segments.map((_, index) => `/${segments.slice(0, segments.length - index).join("/")}`), ""];
}

/** Cores of a quota; infinite if there is none. */
function cpuQuota(folder: string, read: ReadText): number {
  const [quota, period] =
    read(`${folder}/cpu.max`)?.trim().split(/\s+/) ?? ([read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`)] as const);
  const cores = Number(quota) / Number(period);
  // "max" gives NaN, -1 a negative number: both mean no quota.
  return cores > 0 ? cores : Number.POSITIVE_INFINITY;
}

/** Bytes left below a limit; infinite if there is none. */
function memoryRoom(folder: string, read: ReadText): number {
  const [limit, used] =
    read(`${folder}/memory.max`) === undefined ? ["memory.limit_in_bytes", "memory.usage_in_bytes"] : ["memory.max", "memory.current"];
  const room = Number.parseInt(read(`${folder}/${limit}`) ?? "", 10) - Number.parseInt(read(`${folder}/${used}`) ?? "", 10);
  if (Number.isNaN(room)) return Number.POSITIVE_INFINITY;
  // A model that was just downloaded or read is in the page cache. That counts as used, but the system frees it on demand.
  const cache = /^(?:total_)?inactive_file (\d+)$/m.exec(read(`${folder}/memory.stat`) ?? "")?.[1];
  return room + Number(cache ?? 0);
}

function readSystemFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not Linux, another version of control groups, or hidden in a container: assume no limit.
    return undefined;
  }
}
