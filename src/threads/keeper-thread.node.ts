/**
 * The program of a thread that starts another one, and tells when that one is gone.
 *
 * A caller that waits on Atomics.wait hears no event, and a thread that runs out of memory or cannot start tells nothing itself: only the
 * thread that started it hears of its end. So that is this one, whose event loop has nothing else to do.
 */
import { SHARE_ENV, workerData } from "node:worker_threads";
import { messageOf } from "../errors.ts";
import { eventCount, type KeeperData, keeperStarted, type ThreadEnd } from "./helper-thread.node.ts";
import { startThread } from "./start-thread.node.ts";

const { name, program, data, transferList, report, state } = workerData as KeeperData;

function reportEnd(cause: string): void {
  report.postMessage({ cause } satisfies ThreadEnd);
  Atomics.add(state, eventCount, 1);
  Atomics.notify(state, eventCount);
}

Atomics.store(state, keeperStarted, 1);
try {
  let cause: string | undefined;
  const worker = startThread(name, program, { workerData: data, transferList, env: SHARE_ENV });
  worker.on("error", (error: unknown) => {
    cause = messageOf(error);
  });
  worker.on("exit", (code) => reportEnd(cause ?? `the thread exited with code ${code}`));
} catch (error) {
  reportEnd(messageOf(error));
}
