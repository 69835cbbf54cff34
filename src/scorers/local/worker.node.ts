/** The program of a worker thread: it opens one model and scores one group at a time. */
import { serveWorkerThread } from "../../threads/worker-thread.node.ts";
import { createExecutor } from "./executor.node.ts";
import type { Group, GroupScores } from "./group.ts";
import type { ExecutorOptions } from "./open-model.ts";

serveWorkerThread<ExecutorOptions, Group, GroupScores>((options, checkpoint) => {
  const executor = createExecutor(options, checkpoint);
  return {
    run(group, checkpoint) {
      const response = executor.run(group, checkpoint);
      return { response, transfer: [response.scores.buffer, response.tokens.buffer, response.fullTokens.buffer] as ArrayBuffer[] };
    },
    close: () => executor.close(),
  };
});
