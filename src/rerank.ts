/** `rerank` and related functions. A bounded cache of Rerankers makes calls with the same configuration load the model once. */
import { LRUCache } from "lru-cache";
import { modelKey, parseConfig, type RerankerConfig, type Settings, settingsKey } from "./config/config.ts";
import { integer } from "./config/option.ts";
import { readBySchema } from "./config/read.ts";
import { Reranker } from "./reranker.ts";
import type { Scorer } from "./scorer.ts";
import type { CheckedRankOptions, RerankDocument, RerankedDocument } from "./types.ts";

/** What the public functions of an entry point do; their documentation is in `index.ts`. */
export interface RerankFunctions {
  rerank<D extends RerankDocument>(query: string, documents: readonly D[], config?: RerankerConfig): Promise<RerankedDocument<D>[]>;
  rerankSync<D extends RerankDocument>(query: string, documents: readonly D[], config?: RerankerConfig): RerankedDocument<D>[];
  createReranker(config?: RerankerConfig): Reranker;
  warmUpReranker(config?: RerankerConfig): Promise<void>;
  warmUpRerankerSync(config?: RerankerConfig): void;
  setRerankerCacheLimit(limit: number): void;
  evictReranker(config?: RerankerConfig): Promise<boolean>;
  clearRerankers(): Promise<void>;
}

const defaultCacheLimit = 4;
/** Maximum Rerankers of one model. They share its threads, and differ in limit, instruction, head or template. */
const maxRerankersPerModel = 16;

/** @param createScorer creates the scorer for some settings, without loading it; throws if this platform does not support it */
export function createRerankFunctions(createScorer: (settings: Settings) => Scorer): RerankFunctions {
  let cache = createCache(defaultCacheLimit);
  const open = (settings: Settings, defaults?: CheckedRankOptions): Reranker => new Reranker(createScorer(settings), defaults);

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

/** Caches the Rerankers of each model. The key is that of `modelKey`. */
function createCache(limit: number): LRUCache<string, LRUCache<string, Reranker>> {
  return new LRUCache({ max: limit, dispose: (rerankers) => rerankers.clear() });
}

function createRerankers(limit: number): LRUCache<string, Reranker> {
  return new LRUCache({ max: limit, dispose: (reranker) => void reranker.close() });
}
