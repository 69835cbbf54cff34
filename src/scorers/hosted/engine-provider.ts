import { type Engine, limitsInInformation } from "../../dialects/engine.ts";
import type { Provider } from "./provider.ts";

/** Converts a self-hosted engine to a provider without a host of its own. */
export function providerOf(engine: Engine): Provider {
  const { codec, prefixes, keyVariables, baseUrlVariables = [], limits = {}, informationPath, refusesLongPairs, answersLogits } = engine;
  return {
    prefixes,
    codec,
    path: "rerank",
    keyVariables,
    baseUrlVariables,
    limits: () => limits,
    ...(informationPath === "/info" ? { reportedLimits: { path: "info", read: limitsInInformation } } : {}),
    ...(refusesLongPairs === true ? { longPairs: () => "refused" as const } : {}),
    ...(answersLogits === undefined ? {} : { answersLogits: (model) => answersLogits(model) }),
  };
}
