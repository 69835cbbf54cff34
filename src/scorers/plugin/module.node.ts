import { HelperThread } from "../../engine/helper-thread.node.ts";
import type { BackendScores } from "../../types.ts";
import type { BackendDriver } from "./backend.ts";

/**
 * The driver of a backend registered by module URL: it runs in a thread of its own, for which a synchronous caller can wait.
 * Starts the thread and waits until it has imported the module.
 *
 * @throws RerankError `plugin` when the module cannot be imported; `invalid-input` when its default export is no backend
 */
export function openModule(url: URL): BackendDriver {
  const thread = new HelperThread("module-thread", "plugin", url.href);
  try {
    const { name, version } = thread.callSync("describe", undefined) as Pick<BackendDriver, "name" | "version">;
    return {
      name,
      version,
      initialize: () => thread.call("initialize", undefined),
      initializeSync: () => void thread.callSync("initialize", undefined),
      rerank: (query, documents, signal) => thread.call("rerank", { query, documents }, { signal }) as Promise<BackendScores>,
      rerankSync: (query, documents, deadlineMs) =>
        thread.callSync("rerank", { query, documents }, deadlineMs === Infinity ? {} : { deadlineMs }) as BackendScores,
      // A thread that died took the backend with it.
      shutdown: () => (thread.isRunning ? thread.call("shutdown", undefined) : undefined),
      dispose: () => thread.close(),
    };
  } catch (error) {
    void thread.close();
    throw error;
  }
}
