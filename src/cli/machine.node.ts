import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, cpus, freemem, platform, release, totalmem } from "node:os";
import { dirname } from "node:path";
import { usableCores } from "../machine/machine.node.ts";
import { readProcessor } from "../machine/processor.node.ts";

/** Facts about this machine that matter to a local model. */
export interface Machine {
  node: string;
  /** For example "linux x64 6.1.0 (glibc 2.36)". */
  platform: string;
  /** Name of the processor; "" if unknown. */
  processor: string;
  /** Vector and matrix instructions that the runtime can use; empty if unknown. */
  cpuFeatures: string[];
  /** Logical cores. */
  cores: number;
  /** Whole cores that this process may use; the default number of workers and threads depends on it. */
  usableCores: number;
  totalMemoryBytes: number;
  freeMemoryBytes: number;
  /** Memory limit of this process, for example of its container; undefined without one. */
  memoryLimitBytes: number | undefined;
}

// The features that onnxruntime's kernels check for, spelled as in /proc/cpuinfo on x86-64 and arm64.
const usefulFeatures: readonly string[] = [
  ...["sse4_1", "avx", "f16c", "fma", "avx2", "avx_vnni", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16", "amx_int8"],
  ...["amx_bf16", "asimd", "asimdhp", "asimddp", "i8mm", "bf16", "sve", "sve2"],
];

/** Reads the machine's facts. Runs no test. */
export function readMachine(): Machine {
  const { features } = readProcessor();
  const limit = process.constrainedMemory?.() ?? 0;
  return {
    node: process.versions.node,
    platform: `${platform()} ${arch()} ${release()}${libcOf()}`,
    processor: cpus()[0]?.model.trim() ?? "",
    cpuFeatures: usefulFeatures.filter((feature) => features.has(feature)),
    cores: cpus().length,
    usableCores: usableCores(),
    totalMemoryBytes: totalmem(),
    freeMemoryBytes: process.availableMemory?.() ?? freemem(),
    // Without a limit, Node returns 0 or a number near 2^64.
    memoryLimitBytes: limit > 0 && limit < totalmem() ? limit : undefined,
  };
}

/** Version of the package that this code would import; undefined if it is not installed. */
export function installedVersion(packageName: string): string | undefined {
  try {
    return (createRequire(import.meta.url)(`${packageName}/package.json`) as { version: string }).version;
  } catch {
    // Not an error: doctor reports that the package is not installed.
    return undefined;
  }
}

/** Whether the process can write to a folder, or create it in its nearest existing parent. Writes nothing. */
export async function isWritable(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    const parent = dirname(folder);
    return (error as NodeJS.ErrnoException).code === "ENOENT" && parent !== folder && (await isWritable(parent));
  }
}

function libcOf(): string {
  if (platform() !== "linux") return "";
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined ? " (musl or other)" : ` (glibc ${header.glibcVersionRuntime})`;
}
