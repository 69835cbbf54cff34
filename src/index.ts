/** crossrank on Node: rerank documents by how well they answer a query. */

import type { RerankerConfig, Settings } from "./config/config.ts";
import { nodeNetwork } from "./http/network.node.ts";
import { createRerankFunctions } from "./rerank.ts";
import type { Reranker } from "./reranker.ts";
import type { Scorer } from "./scorer.ts";
import { BackendRegistry, type RegisterOptions } from "./scorers/backend/backend-registry.ts";
import { createPluginScorer } from "./scorers/backend/backend-scorer.ts";
import { createExternalScorer } from "./scorers/backend/external-scorer.ts";
import { openModule } from "./scorers/backend/module.node.ts";
import { createCompositeScorer } from "./scorers/combine/compose.ts";
import { createOnnxScorer } from "./scorers/local/local-scorer.node.ts";
import { createNetworkScorer } from "./scorers/network-scorers.ts";
import { withSync } from "./threads/sync-scorer.node.ts";
import type { BackendInfo, RerankDocument, RerankedDocument, RerankerBackend } from "./types.ts";

export { getPreset, listPresets } from "./catalogue/bundled.node.ts";
export { RerankerConfig } from "./config/config.ts";
export { describeModel } from "./config/describe-model.ts";
export { RerankError, type RerankErrorCode } from "./errors.ts";
export type { Reranker, RerankerStats } from "./reranker.ts";
export type { RegisterOptions } from "./scorers/backend/backend-registry.ts";
export { listProviders, type ProviderInfo } from "./scorers/hosted/known-providers.ts";
export type {
  Acceleration,
  AiSdkRerankingModel,
  BackendContext,
  BackendInfo,
  BackendScores,
  CascadeModel,
  ChatModel,
  CustomModel,
  FallbackModel,
  FieldModel,
  FieldName,
  FuseModel,
  HeadConfig,
  HostedModel,
  LlmConfig,
  LlmModel,
  ModelInput,
  ModelName,
  ModelReference,
  NoneModel,
  PluginModel,
  Preset,
  PresetFile,
  PresetModel,
  PresetName,
  PromptTemplate,
  Provider,
  QualityFigure,
  RankOptions,
  RemoteModel,
  RerankDocument,
  RerankedDocument,
  RerankerBackend,
  RerankerModelType,
  RerankerSettings,
  RerankFunction,
  RerankResult,
  RerankTimings,
  RerankUsage,
  RerankWarning,
  ResultField,
  Truncation,
  TruncationSide,
} from "./types.ts";

const registry = /* @__PURE__ */ new BackendRegistry(openModule);
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
      return withSync(createNetworkScorer(model, nodeNetwork), model);
    case "preset":
    case "custom":
      return createOnnxScorer({ model, ...settings });
    default:
      return createCompositeScorer(model, (part) => createScorer({ model: part, ...settings }));
  }
}

/**
 * Sorts documents by how well they answer a query, the best first.
 *
 * Equal scores keep input order. `topK` and `threshold` apply after all documents are scored. For no documents, the result is empty and no
 * model is loaded. The model stays loaded for later calls with the same settings.
 *
 * @param documents strings, or objects whose text is found by `fields`, by `text`, or under a usual key such as `text` or `content`
 * @param config the model and the options of this call; @default the bundled preset `mini`
 * @returns for each document its index in `documents`, its score, and the document itself
 * @throws RerankError `invalid-input` for a blank query, a document without text or a wrong option; `aborted` or `timeout` between two
 *   passes; other codes if the model cannot be loaded or fails to score
 * @example
 * const results = await rerank("How to train a dog", [
 *   "Cats are independent animals that prefer to play alone.",
 *   "To train a dog, reward it each time it sits.",
 * ]);
 * console.log(results[0].document); // To train a dog, reward it each time it sits.
 * @example
 * const articles = [{ title: "Cats", id: 7 }, { title: "Dog training", id: 8 }];
 * const [best] = await rerank("How to train a dog", articles, { fields: ["title"], topK: 1 });
 * console.log(best.index, best.document.id); // 1 8
 */
export function rerank<D extends RerankDocument>(
  query: string,
  documents: readonly D[],
  config?: RerankerConfig<NoInfer<D>>,
): Promise<RerankedDocument<D>[]> {
  return functions.rerank(query, documents, config);
}

/**
 * {@link rerank}, but synchronous: it blocks the calling thread, also during a first download.
 *
 * @throws RerankError as {@link rerank}; `sync-unsupported` for a backend or a function that answers with a promise
 * @example
 * const [best] = rerankSync("How to train a dog", ["Cats sleep a lot.", "Reward a dog when it sits."], { topK: 1 });
 * console.log(best.index); // 1
 */
export function rerankSync<D extends RerankDocument>(
  query: string,
  documents: readonly D[],
  config?: RerankerConfig<NoInfer<D>>,
): RerankedDocument<D>[] {
  return functions.rerankSync(query, documents, config);
}

/**
 * Creates a Reranker of your own: it keeps its model until you close it, and its results carry usage, timings and warnings.
 *
 * It loads the model with its first call. Options of a call in `config` are the defaults of its calls.
 *
 * @throws RerankError `invalid-input` for a wrong configuration
 * @example
 * const reranker = createReranker({ model: "mini", topK: 1 });
 * const { results, usage } = await reranker.rank("How to train a dog", ["Cats sleep a lot.", "Reward a dog when it sits."]);
 * console.log(results[0].index, usage.documents); // 1 2
 * await reranker.close();
 */
export function createReranker(config?: RerankerConfig): Reranker {
  return functions.createReranker(config);
}

/**
 * Downloads and loads a model, so that the first {@link rerank} with this configuration is fast.
 *
 * @throws RerankError `download`, `unknown-model` and other codes if the model cannot be loaded
 * @example
 * await warmUpReranker({ model: "mini" });
 */
export function warmUpReranker(config?: RerankerConfig): Promise<void> {
  return functions.warmUpReranker(config);
}

/**
 * {@link warmUpReranker} for {@link rerankSync}: it blocks the calling thread.
 *
 * @throws RerankError as {@link warmUpReranker}
 * @example
 * warmUpRerankerSync({ model: "mini" });
 */
export function warmUpRerankerSync(config?: RerankerConfig): void {
  functions.warmUpRerankerSync(config);
}

/**
 * Sets how many models {@link rerank} keeps loaded. Beyond that, it closes the least recently used ones.
 *
 * @param limit ≥ 1; 4 until you set it
 * @throws RerankError `invalid-input` for another number
 * @example
 * setRerankerCacheLimit(2);
 */
export function setRerankerCacheLimit(limit: number): void {
  functions.setRerankerCacheLimit(limit);
}

/**
 * Closes the model that {@link rerank} keeps for a configuration.
 *
 * @returns whether there was one; the promise resolves when its running calls have ended and its memory is free
 * @example
 * await rerank("query", ["document"], { model: "mini" });
 * console.log(await evictReranker({ model: "mini" })); // true
 */
export function evictReranker(config?: RerankerConfig): Promise<boolean> {
  return functions.evictReranker(config);
}

/**
 * Closes all models that {@link rerank} keeps. Running calls end first.
 *
 * @example
 * await clearRerankers();
 */
export function clearRerankers(): Promise<void> {
  return functions.clearRerankers();
}

/**
 * Registers a backend, a source of scores of your own, under its name. Configurations use it as `"plugin:name"`.
 *
 * @param backend an object, or the file URL of a module that exports one: it runs in a thread, and so works for {@link rerankSync} too
 * @throws RerankError `invalid-input` for a value that is no backend, or a name that is taken; `plugin` for a module that cannot be
 *   loaded; `timeout` for one that is not loaded in time
 * @example
 * registerRerankerBackend({ name: "longest", rerank: (query, documents) => documents.map((text) => text.length) });
 * const [best] = await rerank("q", ["a", "ccc", "bb"], { model: "plugin:longest" });
 * console.log(best.document, best.score); // ccc 3
 */
export function registerRerankerBackend(backend: RerankerBackend | URL, options?: RegisterOptions): void {
  registry.register(backend, options);
}

/**
 * Removes a backend, and shuts it down when its running calls have ended.
 *
 * @throws RerankError `unknown-model` if there is none of that name; `plugin` if its shutdown fails
 * @example
 * registerRerankerBackend({ name: "shortest", rerank: (query, documents) => documents.map((text) => -text.length) });
 * await unregisterRerankerBackend("shortest");
 */
export function unregisterRerankerBackend(name: string): Promise<void> {
  return registry.unregister(name);
}

/**
 * Removes all backends, and shuts them down.
 *
 * @throws RerankError `plugin` of the first whose shutdown fails; the others are shut down all the same
 * @example
 * await clearRerankerBackends();
 */
export function clearRerankerBackends(): Promise<void> {
  return registry.clear();
}

/**
 * Lists the registered backends, in the order in which they were registered.
 *
 * @example
 * registerRerankerBackend({ name: "constant", version: "1.0", rerank: (query, documents) => documents.map(() => 0) }, { replace: true });
 * console.log(listRerankerBackends().at(-1)?.version); // 1.0
 */
export function listRerankerBackends(): BackendInfo[] {
  return registry.list();
}
