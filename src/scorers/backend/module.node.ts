import { RerankError } from "../../errors.ts";
import { HelperThread } from "../../threads/helper-thread.node.ts";
import type { BackendScores } from "../../types.ts";
import { type BackendDriver, lateError } from "./backend.ts";

/**
 * The driver of a backend registered by module URL: it runs in its own thread, so that a synchronous caller can wait for it.
 * Starts the thread, and waits until it has imported the module.
 *
 * @param maxDurationSecs maximum wait for the import, for `initialize` and for `shutdown`, each
 * @throws RerankError `plugin` if the module cannot be imported; `timeout` if that takes too long; `invalid-input` if its default
 *   export is no backend
 */
export function openModule(url: URL, maxDurationSecs: number): BackendDriver {
  const thread = new HelperThread("module-thread", "plugin", url.href);
  const within = (createTimeoutError: () => RerankError) => ({
    deadlineMs: performance.now() + maxDurationSecs * 1000,
    createTimeoutError,
  });
  try {
    const { name, version } = thread.callSync("describe", undefined, within(lateImport)) as Pick<BackendDriver, "name" | "version">;
    // After the time limit, the work keeps running in the thread, but no longer keeps the process alive.
    const callWithin = async (method: "initialize" | "shutdown"): Promise<void> => {
      const controller = new AbortController();
      const giveUp = (): void => controller.abort(lateError(name, method, maxDurationSecs));
      const timer = setTimeout(giveUp, Math.min(maxDurationSecs * 1000, 2 ** 31 - 1));
      try {
        await thread.call(method, undefined, { signal: controller.signal });
      } finally {
        clearTimeout(timer);
      }
    };
    return {
      name,
      version,
      initialize: () => callWithin("initialize"),
      initializeSync: () =>
        void thread.callSync(
          "initialize",
          undefined,
          within(() => lateError(name, "initialize", maxDurationSecs)),
        ),
      rerank: (query, documents, signal) => thread.call("rerank", { query, documents }, { signal }) as Promise<BackendScores>,
      rerankSync: (query, documents, deadlineMs) => thread.callSync("rerank", { query, documents }, { deadlineMs }) as BackendScores,
      // If the thread has died, the backend is gone, too.
      shutdown: () => (thread.isRunning ? callWithin("shutdown") : undefined),
      dispose: () => thread.close(),
    };
  } catch (error) {
    thread.close().catch(() => undefined); // what is thrown here says why
    throw error;
  }

  function lateImport(): RerankError {
    return new RerankError(
      "timeout",
      `registerRerankerBackend: the import of ${url.href.slice(0, 200)} took longer than ${maxDurationSecs} s. See what its top-level await waits for, or raise maxInitializeDurationSecs.`,
    );
  }
}
