/**
 * The program of the keeper thread: it starts a helper thread and reports its end.
 *
 * A caller that waits on Atomics.wait receives no events, and a thread that cannot start or runs out of memory cannot report that itself. Only
 * the thread that started it gets the event. That is the keeper, whose event loop does nothing else.
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
