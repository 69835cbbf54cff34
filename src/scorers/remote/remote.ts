/**
 * Scores with self-hosted engines: several copies of one model on several machines, with health checks, retries and load balancing.
 *
 * A call is cut into parts. Each part goes to the engine with the least work, and to another engine if that one fails.
 */
import { describeModel } from "../../config/describe-model.ts";
import type { Network } from "../../http/request.ts";
import { type Clock, systemClock } from "../../http/retry.ts";
import type { Scorer } from "../../scorer.ts";
import type { CheckedRemoteModel } from "../../types.ts";
import { EnginePool } from "./engine-pool.ts";
import { RemoteCall } from "./remote-call.ts";

/**
 * A scorer for a pool of engines. The first call finds out what they are.
 *
 * If a dialect returns probabilities, they are the scores. crossrank and llama.cpp return logits: the library treats them like those of its own
 * models. If engines of both kinds answer one call, logits become probabilities.
 *
 * @param clock for tests
 */
export function createRemoteScorer(model: CheckedRemoteModel, network: Network, clock: Clock = systemClock): Scorer {
  const pool = new EnginePool(model, network, clock);
  return {
    name: "remote",
    model: describeModel(model),
    capabilities: {
      scoreKind: "provider",
      defaultDurationSecs: 60,
      // The call itself warns about options that a dialect cannot express.
      options: new Set(["truncation", "truncationSide", "maxLength", "instruction"]),
    },
    score: (call) => new RemoteCall(call, pool, clock).run(),
    close: async () => pool.close(),
    stats: () => ({
      engines: pool.engines.length,
      ...Object.fromEntries(
        pool.engines.flatMap(({ label, breaker, outstanding, requests, failures, refusals, profile }, index) => [
          [`${index}.url`, label],
          [`${index}.dialect`, profile?.dialect.name ?? "unknown"],
          [`${index}.state`, breaker.state],
          [`${index}.outstanding`, outstanding],
          [`${index}.requests`, requests],
          [`${index}.failures`, failures],
          [`${index}.refusals`, refusals],
        ]),
      ),
    }),
  };
}
