/** The program of a worker thread: it opens one model, and handles one request at a time. */
import { serveWorkerThread } from "../../threads/worker-thread.node.ts";
import { createExecutor } from "./executor.node.ts";
import type { ExecutorOptions } from "./open-model.ts";
import type { WorkerRequest, WorkerResponse } from "./worker-requests.ts";

serveWorkerThread<ExecutorOptions, WorkerRequest, WorkerResponse>((options, checkpoint) => {
  const executor = createExecutor(options, checkpoint);
  return {
    run(request, checkpoint) {
      if ("kind" in request) return { response: executor.split(request) };
      const response = executor.run(request, checkpoint);
      return { response, transfer: [response.scores.buffer, response.tokens.buffer, response.fullTokens.buffer] as ArrayBuffer[] };
    },
    close: () => executor.close(),
  };
});
