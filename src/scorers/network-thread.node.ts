/** The program of the thread that asks remote models while a synchronous caller waits. */

import { nodeNetwork } from "../http/network.node.ts";
import type { ScoreResult, Scorer } from "../scorer.ts";
import { serveHelperThread } from "../threads/helper-thread.node.ts";
import type { SyncScoreRequest } from "../threads/sync-scorer.node.ts";
import { createNetworkScorer, type NetworkModel } from "./network-scorers.ts";

serveHelperThread(
  () => {
    // Keep the scorers, because they learn which engines are healthy, and which parameters an endpoint refuses. A program has few of them.
    const scorers = new Map<string, Scorer>();
    const scorerOf = (model: NetworkModel): Scorer => {
      const key = JSON.stringify(model);
      const known = scorers.get(key);
      if (known !== undefined) return known;
      const scorer = createNetworkScorer(model, nodeNetwork);
      scorers.set(key, scorer);
      return scorer;
    };
    return {
      score: ({ model, call }: SyncScoreRequest, signal: AbortSignal): Promise<ScoreResult> =>
        scorerOf(model as NetworkModel).score({ ...call, signal }),
    };
  },
  "hosted",
  "network-thread",
);
