/**
 * Engines of one's own behind one call: several copies of one model, on several machines, with health, retries and least-loaded choice.
 *
 * A call is cut into parts; each goes to the engine with the least to do, and to another one where that fails.
 */
import { describeModel } from "../../config/describe-model.ts";
import type { Network } from "../../http/request.ts";
import { type Clock, systemClock } from "../../http/retry.ts";
import type { Scorer } from "../../scorer.ts";
import type { CheckedRemoteModel } from "../../types.ts";
import { EnginePool } from "./engine-pool.ts";
import { RemoteCall } from "./remote-call.ts";

/**
 * A pool of engines. They are asked what they are by the first call.
 *
 * Scores of dialects with probabilities are what the engines say. crossrank gives logits, and so does llama.cpp; they are told to be such, so
 * that the library makes of them what it makes of its own. Where engines of both kinds answer one call, logits become probabilities.
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
      // What an engine's dialect cannot say is warned of by the call itself.
      options: new Set(["truncation", "truncationSide", "maxLength", "instruction"]),
    },
    score: (call) => new RemoteCall(call, pool, clock).run(),
    close: async () => pool.close(),
    stats: () => ({
      engines: pool.engines.length,
      ...Object.fromEntries(
        pool.engines.flatMap(({ label, breaker, outstanding, requests, failures, refusals, profile }, place) => [
          [`${place}.url`, label],
          [`${place}.dialect`, profile?.dialect.name ?? "unknown"],
          [`${place}.state`, breaker.state],
          [`${place}.outstanding`, outstanding],
          [`${place}.requests`, requests],
          [`${place}.failures`, failures],
          [`${place}.refusals`, refusals],
        ]),
      ),
    }),
  };
}
