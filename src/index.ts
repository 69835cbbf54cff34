/** crossrank on Node: rerank documents by how well they answer a query. */

import type { Settings } from "./config/config.ts";
import { nodeNetwork } from "./http/network.node.ts";
import { createRerankFunctions, type RerankFunctions } from "./rerank.ts";
import type { Scorer } from "./scorer.ts";
import { BackendRegistry } from "./scorers/backend/backend-registry.ts";
import { createPluginScorer } from "./scorers/backend/backend-scorer.ts";
import { createExternalScorer } from "./scorers/backend/external-scorer.ts";
import { openModule } from "./scorers/backend/module.node.ts";
import { createCompositeScorer } from "./scorers/combine/compose.ts";
import { createOnnxScorer } from "./scorers/local/local-scorer.node.ts";
import { createNetworkScorer } from "./scorers/network-scorers.ts";
import { withSync } from "./threads/sync-scorer.node.ts";

export { getPreset, listPresets } from "./catalogue/bundled.node.ts";
export { RerankerConfig } from "./config/config.ts";
export { describeModel } from "./config/describe-model.ts";
export { RerankError, type RerankErrorCode } from "./errors.ts";
export type { Reranker, RerankerStats } from "./reranker.ts";
export type { RegisterOptions } from "./scorers/backend/backend-registry.ts";
export { listProviders, type ProviderInfo } from "./scorers/hosted/known-providers.ts";
export type * from "./types.ts";

const registry = new BackendRegistry(openModule);
const functions = createRerankFunctions(createScorer);

function createScorer({ model, ...settings }: Settings): Scorer {
  switch (model.type) {
    case "plugin":
      return createPluginScorer(registry, model.name);
    case "external":
      return createExternalScorer(model.source);
    case "hosted":
    case "llm":
    case "chat":
    case "remote":
      return withSync(createNetworkScorer(model, nodeNetwork), model);
    case "preset":
    case "custom":
      return createOnnxScorer({ model, ...settings });
    default:
      return createCompositeScorer(model, (part) => createScorer({ model: part, ...settings }));
  }
}

/** {@inheritDoc RerankFunctions.rerank} */
export const rerank: RerankFunctions["rerank"] = functions.rerank;
/** {@inheritDoc RerankFunctions.rerankSync} */
export const rerankSync: RerankFunctions["rerankSync"] = functions.rerankSync;
/** {@inheritDoc RerankFunctions.createReranker} */
export const createReranker: RerankFunctions["createReranker"] = functions.createReranker;
/** {@inheritDoc RerankFunctions.warmUpReranker} */
export const warmUpReranker: RerankFunctions["warmUpReranker"] = functions.warmUpReranker;
/** {@inheritDoc RerankFunctions.warmUpRerankerSync} */
export const warmUpRerankerSync: RerankFunctions["warmUpRerankerSync"] = functions.warmUpRerankerSync;
/** {@inheritDoc RerankFunctions.setRerankerCacheLimit} */
export const setRerankerCacheLimit: RerankFunctions["setRerankerCacheLimit"] = functions.setRerankerCacheLimit;
/** {@inheritDoc RerankFunctions.evictReranker} */
export const evictReranker: RerankFunctions["evictReranker"] = functions.evictReranker;
/** {@inheritDoc RerankFunctions.clearRerankers} */
export const clearRerankers: RerankFunctions["clearRerankers"] = functions.clearRerankers;

/** {@inheritDoc BackendRegistry.register} */
export const registerRerankerBackend: BackendRegistry["register"] = registry.register.bind(registry);
/** {@inheritDoc BackendRegistry.unregister} */
export const unregisterRerankerBackend: BackendRegistry["unregister"] = registry.unregister.bind(registry);
/** {@inheritDoc BackendRegistry.clear} */
export const clearRerankerBackends: BackendRegistry["clear"] = registry.clear.bind(registry);
/** {@inheritDoc BackendRegistry.list} */
export const listRerankerBackends: BackendRegistry["list"] = registry.list.bind(registry);
