/** The program of a backend's own thread: imports the module it is opened with, and passes calls on to its default export. */

import { messageOf, RerankError } from "../../errors.ts";
import { serveHelperThread } from "../../threads/helper-thread.node.ts";
import type { BackendScores, RerankerBackend } from "../../types.ts";
import { checkBackend } from "./backend.ts";

serveHelperThread(
  (url: string) => {
    const opened = importBackend(url);
    opened.catch(() => undefined); // the first method reports its failure
    let initialized: Promise<void> | undefined;
    // Synchronous and asynchronous calls share one run. After a failure, the next call tries again.
    const initialize = async (): Promise<RerankerBackend> => {
      const backend = await opened;
      initialized ??= Promise.resolve(backend.initialize?.());
      try {
        await initialized;
      } catch (error) {
        initialized = undefined;
        throw error;
      }
      return backend;
    };
    return {
      describe: async () => checkBackend(await opened),
      initialize: async () => void (await initialize()),
      async rerank({ query, documents }: { query: string; documents: readonly string[] }, signal): Promise<BackendScores> {
        const backend = await initialize();
        return backend.rerank(query, Object.freeze(documents), { signal });
      },
      async shutdown() {
        if (initialized !== undefined) await (await opened).shutdown?.();
      },
    };
  },
  "plugin",
  "backend",
);

async function importBackend(url: string): Promise<RerankerBackend> {
  let module: { default?: RerankerBackend };
  try {
    module = await import(url);
  } catch (error) {
    throw new RerankError("plugin", `registerRerankerBackend: cannot import ${url}: ${messageOf(error)}.`, { cause: error });
  }
  if (module.default === undefined)
    throw new RerankError("plugin", `registerRerankerBackend: ${url} has no default export. Export the backend by default.`);
  return module.default;
}
