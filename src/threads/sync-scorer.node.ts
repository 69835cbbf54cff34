import type { ScoreCall, ScoreResult, Scorer } from "../scorer.ts";
import type { ModelReference } from "../types.ts";
import { HelperThread } from "./helper-thread.node.ts";

/** What the thread is asked: a scorer made of plain data, and a call without what cannot travel. */
export interface SyncScoreRequest {
  model: ModelReference;
  call: Omit<ScoreCall, "signal" | "deadlineMs" | "documents">;
}

// One thread for all: its event loop serves any number of requests, and connections are kept for the next one.
const thread = new HelperThread("network-thread", "hosted");

/**
 * Gives an asynchronous scorer its synchronous twin: the same scorer in a helper thread, for which the caller waits.
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
