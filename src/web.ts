/**
 * crossrank in browsers and on edge runtimes: plugins, functions and hosted models, with no native code and nothing of Node.
 *
 * It has the same exports as `index.ts`, and so the same declarations, `index.d.ts`, with their documentation.
 */
import type { Settings } from "./config/config.ts";
import { describeModel } from "./config/describe-model.ts";
import { RerankError } from "./errors.ts";
import { webNetwork } from "./http/network.ts";
import type * as Root from "./index.ts";
import { createRerankFunctions } from "./rerank.ts";
import type { Scorer } from "./scorer.ts";
import { BackendRegistry } from "./scorers/backend/backend-registry.ts";
import { createPluginScorer } from "./scorers/backend/backend-scorer.ts";
import { createExternalScorer } from "./scorers/backend/external-scorer.ts";
import { createCompositeScorer } from "./scorers/combine/compose.ts";
import { createNetworkScorer } from "./scorers/network-scorers.ts";

export { getPreset, listPresets } from "./catalogue/catalogue.ts";
export { RerankerConfig } from "./config/config.ts";
export { describeModel } from "./config/describe-model.ts";
export { RerankError } from "./errors.ts";
export { listProviders } from "./scorers/hosted/known-providers.ts";

const registry = /* @__PURE__ */ new BackendRegistry((url) => {
  throw new RerankError(
    "missing-dependency",
    `registerRerankerBackend: ${url} cannot run in a thread of its own on this platform. Import the module and register its export.`,
  );
});
const functions = /* @__PURE__ */ createRerankFunctions(createScorer);

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
      return createNetworkScorer(model, webNetwork);
    case "preset":
    case "custom":
      throw new RerankError(
        "missing-dependency",
        `${describeModel(model)}: this platform has no runtime for local models in this version. Run crossrank on Node, or register a backend.`,
      );
    default:
      return createCompositeScorer(model, (part) => createScorer({ model: part, ...settings }));
  }
}

// Each is a function of its own rather than a method of `functions`, so that bundlers can leave out what is not used.
/** {@link Root.rerank} for browsers and edge runtimes. */
export const rerank: typeof Root.rerank = (query, documents, config) => functions.rerank(query, documents, config);
/** {@link Root.rerankSync} for browsers and edge runtimes. */
export const rerankSync: typeof Root.rerankSync = (query, documents, config) => functions.rerankSync(query, documents, config);
/** {@link Root.createReranker} for browsers and edge runtimes. */
export const createReranker: typeof Root.createReranker = (config) => functions.createReranker(config);
/** {@link Root.warmUpReranker} for browsers and edge runtimes. */
export const warmUpReranker: typeof Root.warmUpReranker = (config) => functions.warmUpReranker(config);
/** {@link Root.warmUpRerankerSync} for browsers and edge runtimes. */
export const warmUpRerankerSync: typeof Root.warmUpRerankerSync = (config) => functions.warmUpRerankerSync(config);
/** {@link Root.setRerankerCacheLimit} for browsers and edge runtimes. */
export const setRerankerCacheLimit: typeof Root.setRerankerCacheLimit = (limit) => functions.setRerankerCacheLimit(limit);
/** {@link Root.evictReranker} for browsers and edge runtimes. */
export const evictReranker: typeof Root.evictReranker = (config) => functions.evictReranker(config);
/** {@link Root.clearRerankers} for browsers and edge runtimes. */
export const clearRerankers: typeof Root.clearRerankers = () => functions.clearRerankers();
/** {@link Root.registerRerankerBackend} for browsers and edge runtimes. */
export const registerRerankerBackend: typeof Root.registerRerankerBackend = (backend, options) => registry.register(backend, options);
/** {@link Root.unregisterRerankerBackend} for browsers and edge runtimes. */
export const unregisterRerankerBackend: typeof Root.unregisterRerankerBackend = (name) => registry.unregister(name);
/** {@link Root.clearRerankerBackends} for browsers and edge runtimes. */
export const clearRerankerBackends: typeof Root.clearRerankerBackends = () => registry.clear();
/** {@link Root.listRerankerBackends} for browsers and edge runtimes. */
export const listRerankerBackends: typeof Root.listRerankerBackends = () => registry.list();
