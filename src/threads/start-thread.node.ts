import { type TransferListItem, Worker, type WorkerOptions } from "node:worker_threads";
import { explainDenied } from "../errors.ts";
import { codePaths } from "../package-files.node.ts";

/** The programs of threads. */
export type ThreadName = "keeper-thread" | "onnx-worker" | "download-thread" | "module-thread" | "network-thread";

/** Texts of the programs, put here by the build: no bundler can lose them, as it would lose files beside the code. */
declare const crossrankThreadPrograms: Record<ThreadName, string>;

/** What a thread starts with. */
export interface ThreadStart {
  workerData: object;
  transferList?: TransferListItem[];
  env?: WorkerOptions["env"];
}

/** Text of a thread's program. */
export function threadProgram(name: ThreadName): string {
  return crossrankThreadPrograms[name];
}

/** Starts a thread. @throws RerankError `missing-dependency` where Node may not start any */
export function startThread(name: string, program: string, { workerData, ...options }: ThreadStart): Worker {
  try {
    return new Worker(program, {
      ...options,
      eval: true,
      workerData: { ...workerData, codePaths },
      // Without the parent's: flags such as --input-type would change what the program is.
      execArgv: [],
      name: `crossrank ${name}`,
    });
  } catch (error) {
    throw explainDenied(error, name);
  }
}
