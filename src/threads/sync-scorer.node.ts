import type { ScoreCall, ScoreResult, Scorer } from "../scorer.ts";
import type { ModelReference } from "../types.ts";
import { HelperThread } from "./helper-thread.node.ts";

/** A request to the thread: the model as plain data, and the call without the parts that cannot be sent to a thread. */
export interface SyncScoreRequest {
  model: ModelReference;
  call: Omit<ScoreCall, "signal" | "deadlineMs" | "documents">;
}

// One thread for all scorers: its event loop serves any number of requests, and keeps connections open for the next one.
const thread = new HelperThread("network-thread", "hosted");

/**
 * Adds `scoreSync` to an asynchronous scorer. It runs the same scorer in a helper thread and blocks the caller until the result is there.
 *
 * @param model plain data from which the thread makes its scorer; its program is `network-thread.node.ts`
 */
export function withSync(scorer: Scorer, model: ModelReference): Scorer {
  return Object.assign(Object.create(scorer) as Scorer, {
    scoreSync({ signal, deadlineMs, documents, ...call }: ScoreCall): ScoreResult {
      const limit = deadlineMs === undefined || deadlineMs === Infinity ? {} : { deadlineMs };
      return thread.callSync("score", { model, call } satisfies SyncScoreRequest, {
        ...limit,
        ...(signal === undefined ? {} : { signal }),
      }) as ScoreResult;
    },
  });
}
