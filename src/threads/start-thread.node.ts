import { type TransferListItem, Worker, type WorkerOptions } from "node:worker_threads";
import { explainDenied } from "../errors.ts";
import { codePaths } from "../package-files.node.ts";

/** The programs of threads. */
export type ThreadName = "keeper-thread" | "onnx-worker" | "download-thread" | "module-thread" | "network-thread";

/** Source text of the programs, inserted by the build. A bundler could lose separate files, but not this. */
declare const crossrankThreadPrograms: Record<ThreadName, string>;

/** Options of a new thread. */
export interface ThreadStart {
  workerData: object;
  transferList?: TransferListItem[];
  env?: WorkerOptions["env"];
}

/** Source text of a thread's program. */
export function threadProgram(name: ThreadName): string {
  return crossrankThreadPrograms[name];
}

/** Starts a thread. @throws RerankError `missing-dependency` if Node's permissions forbid threads */
export function startThread(name: string, program: string, { workerData, ...options }: ThreadStart): Worker {
  try {
    return new Worker(program, {
      ...options,
      eval: true,
      workerData: { ...workerData, codePaths },
      // Not the parent's flags: for example, --input-type would change how Node reads the program.
      execArgv: [],
      name: `crossrank ${name}`,
    });
  } catch (error) {
    throw explainDenied(error, name);
  }
}
