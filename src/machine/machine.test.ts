import { availableParallelism, totalmem } from "node:os";
import { describe, expect, it } from "vitest";
import { freeMemoryBytes, limitCores, limitMemory, type ReadText, usableCores } from "./machine.node.ts";

const unified = "0::/system.slice/app.service\n";
const files =
  (texts: Record<string, string>): ReadText =>
  (path) =>
    texts[path];

describe("usableCores", () => {
  it("is a whole number from one to what the scheduler allows, on this machine", () => {
    expect(usableCores()).toBeGreaterThanOrEqual(1);
    expect(usableCores()).toBeLessThanOrEqual(availableParallelism());
    expect(usableCores() % 1).toBe(0);
  });

  it.each([
    ["no control groups", {}, 8],
    ["no quota", { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "max 100000\n" }, 8],
    ["a quota of its own group", { "/proc/self/cgroup": unified, "/sys/fs/cgroup/system.slice/app.service/cpu.max": "250000 100000\n" }, 2],
    ["a quota of a group above", { "/proc/self/cgroup": unified, "/sys/fs/cgroup/system.slice/cpu.max": "300000 100000\n" }, 3],
    ["a quota at the mounted root", { "/proc/self/cgroup": "0::/../../elsewhere\n", "/sys/fs/cgroup/cpu.max": "400000 100000" }, 4],
    ["less than one core", { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "50000 100000\n" }, 1],
    ["more than there are", { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "9900000 100000\n" }, 8],
    [
      "the smallest of several",
      {
        "/proc/self/cgroup": unified,
        "/sys/fs/cgroup/system.slice/cpu.max": "300000 100000\n",
        "/sys/fs/cgroup/system.slice/app.service/cpu.max": "600000 100000\n",
      },
      3,
    ],
    [
      "version 1",
      {
        "/proc/self/cgroup": "4:memory:/m\n3:cpu,cpuacct:/c\n0::/\n",
        "/sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us": "200000\n",
        "/sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us": "100000\n",
      },
      2,
    ],
    [
      "version 1 without a quota",
      {
        "/proc/self/cgroup": "1:cpu:/\n",
        "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
        "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
      },
      8,
    ],
  ])("follows %s", (_what, texts: Record<string, string>, expected) => {
    expect(limitCores(8, files(texts))).toBe(expected);
  });
});

describe("freeMemoryBytes", () => {
  it("is less than the machine has", () => {
    expect(freeMemoryBytes()).toBeGreaterThan(0);
    expect(freeMemoryBytes()).toBeLessThan(totalmem());
  });

  it.each([
    ["no control groups", {}, 8000],
    ["no limit", { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "max\n", "/sys/fs/cgroup/memory.current": "500\n" }, 8000],
    [
      "a limit of a group above",
      {
        "/proc/self/cgroup": unified,
        "/sys/fs/cgroup/system.slice/memory.max": "3000\n",
        "/sys/fs/cgroup/system.slice/memory.current": "1000\n",
      },
      2000,
    ],
    [
      "a limit, with the page cache as free",
      {
        "/proc/self/cgroup": "0::/\n",
        "/sys/fs/cgroup/memory.max": "3000\n",
        "/sys/fs/cgroup/memory.current": "2900\n",
        "/sys/fs/cgroup/memory.stat": "anon 200\ninactive_file 2500\nactive_file 100\n",
      },
      2600,
    ],
    [
      "a limit that is passed",
      { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "3000\n", "/sys/fs/cgroup/memory.current": "3100\n" },
      0,
    ],
    [
      "version 1",
      {
        "/proc/self/cgroup": "4:memory:/docker/1\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "5000\n",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes": "1000\n",
        "/sys/fs/cgroup/memory/memory.stat": "inactive_file 1\ntotal_cache 9\n",
      },
      4001,
    ],
  ])("follows %s", (_what, texts: Record<string, string>, expected) => {
    expect(limitMemory(8000, files(texts))).toBe(expected);
  });
});
