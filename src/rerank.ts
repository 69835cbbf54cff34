/** `rerank` and its kin: a bounded cache of Rerankers, so that a call by configuration loads its model once. */
import { LRUCache } from "lru-cache";
import { modelKey, parseConfig, type Settings, settingsKey } from "./config/config.ts";
import { integer } from "./config/option.ts";
import { readBySchema } from "./config/read.ts";
import { Reranker } from "./reranker.ts";
import type { Scorer } from "./scorer.ts";
import type { ModelReference, RankOptions, RerankDocument, RerankedDocument, RerankerConfig, RerankWarning } from "./types.ts";

/** The functions that a composition root makes public. */
export interface RerankFunctions {
  /**
   * The documents, best first, by a model that is kept for the next call with the same settings.
   *
   * @param config {@link RerankerConfig}; @default the bundled preset `mini`
   * @throws RerankError as {@link Reranker.rank}
   */
  rerank<D extends RerankDocument>(query: string, documents: readonly D[], config?: RerankerConfig): Promise<RerankedDocument<D>[]>;
  /**
   * What `rerank` gives, with the calling thread waiting, a first download included.
   *
   * @throws RerankError as {@link Reranker.rankSync}
   */
  rerankSync<D extends RerankDocument>(query: string, documents: readonly D[], config?: RerankerConfig): RerankedDocument<D>[];
  /** A Reranker of the caller's own: lazy, not in the cache, to be closed by the caller. Call options in the configuration are its defaults. */
  createReranker(config?: RerankerConfig): Reranker;
  /** Downloads and loads a configuration's model, so that the first `rerank` does not. */
  warmUpReranker(config?: RerankerConfig): Promise<void>;
  /** The same for `rerankSync`. */
  warmUpRerankerSync(config?: RerankerConfig): void;
  /** How many models `rerank` keeps; ≥ 1. The least recently used are closed. @default 4 */
  setRerankerCacheLimit(limit: number): void;
  /** Closes a configuration's model; resolves when it is released. @returns whether it was loaded */
  evictReranker(config?: RerankerConfig): Promise<boolean>;
  /** Closes all models that `rerank` keeps. */
  clearRerankers(): Promise<void>;
}

const defaultCacheLimit = 4;
/** Rerankers of one model: they share its threads, and differ in its limit, its instruction, its head or its template. */
const maxRerankersPerModel = 16;

/**
 * @param createScorer chooses the source of scores; lazy, throws for what this platform does not have
 * @param modelWarningsOf what whoever loads a model is to be told; @default nothing
 */
export function createRerankFunctions(
  createScorer: (settings: Settings) => Scorer,
  modelWarningsOf: (model: ModelReference) => readonly RerankWarning[] = () => [],
): RerankFunctions {
  let cache = createCache(defaultCacheLimit);
  const open = (settings: Settings, defaults?: RankOptions): Reranker =>
    new Reranker(createScorer(settings), defaults, modelWarningsOf(settings.model));

  const cached = (settings: Settings): Reranker => {
    const model = modelKey(settings);
    const rerankers = cache.get(model) ?? createRerankers(maxRerankersPerModel);
    if (!cache.has(model)) cache.set(model, rerankers);
    const key = settingsKey(settings);
    const found = rerankers.get(key);
    if (found !== undefined) return found;
    const reranker = open(settings);
    rerankers.set(key, reranker);
    return reranker;
  };

  return {
    async rerank(query, documents, config = {}) {
      const { settings, options } = parseConfig(config);
      return (await cached(settings).doRank(query, documents, options)).results;
    },
    rerankSync(query, documents, config = {}) {
      const { settings, options } = parseConfig(config);
      return cached(settings).doRankSync(query, documents, options).results;
    },
    createReranker(config = {}) {
      const { settings, options } = parseConfig(config);
      return open(settings, options);
    },
    warmUpReranker: async (config = {}) => cached(parseConfig(config).settings).warmUp(),
    warmUpRerankerSync: (config = {}) => cached(parseConfig(config).settings).warmUpSync(),
    setRerankerCacheLimit(limit) {
      readBySchema(integer(1), limit, "setRerankerCacheLimit");
      const previous = cache;
      cache = createCache(limit);
      // Least recently used first, so that the most recent ones stay.
      for (const [key, rerankers] of [...previous.entries()].reverse()) cache.set(key, rerankers);
    },
    async evictReranker(config = {}) {
      const { settings } = parseConfig(config);
      const rerankers = cache.get(modelKey(settings));
      const key = settingsKey(settings);
      const reranker = rerankers?.get(key);
      if (reranker === undefined) return false;
      rerankers?.delete(key);
      if (rerankers?.size === 0) cache.delete(modelKey(settings));
      await reranker.close();
      return true;
    },
    async clearRerankers() {
      const rerankers = [...cache.values()].flatMap((ofModel) => [...ofModel.values()]);
      cache.clear();
      await Promise.all(rerankers.map((reranker) => reranker.close()));
    },
  };
}

/** Models, by what their sessions need. */
function createCache(limit: number): LRUCache<string, LRUCache<string, Reranker>> {
  return new LRUCache({ max: limit, dispose: (rerankers) => rerankers.clear() });
}

function createRerankers(limit: number): LRUCache<string, Reranker> {
  return new LRUCache({ max: limit, dispose: (reranker) => void reranker.close() });
}
