/** `rerank` and its kin: a bounded cache of Rerankers, so that a call by configuration loads its model once. */
import { LRUCache } from "lru-cache";
import { parseConfig, type Settings, settingsKey } from "./config/config.ts";
import { RerankError } from "./errors.ts";
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

/**
 * @param createScorer chooses the source of scores; lazy, throws for what this platform does not have
 * @param warningsOf what whoever loads a model is to be told; @default nothing
 */
export function createRerankFunctions(
  createScorer: (settings: Settings) => Scorer,
  warningsOf: (model: ModelReference) => readonly RerankWarning[] = () => [],
): RerankFunctions {
  let cache = createCache(defaultCacheLimit);
  const open = (settings: Settings, defaults?: RankOptions): Reranker =>
    new Reranker(createScorer(settings), defaults, warningsOf(settings.model));

  const cached = (settings: Settings): Reranker => {
    const key = settingsKey(settings);
    const found = cache.get(key);
    if (found !== undefined) return found;
    const reranker = open(settings);
    cache.set(key, reranker);
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
      if (!Number.isInteger(limit) || limit < 1)
        throw new RerankError("invalid-input", `setRerankerCacheLimit: expected an integer ≥ 1, got ${limit}.`);
      const previous = cache;
      cache = createCache(limit);
      // Least recently used first, so that the most recent ones stay.
      for (const [key, reranker] of [...previous.entries()].reverse()) cache.set(key, reranker);
    },
    async evictReranker(config = {}) {
      const key = settingsKey(parseConfig(config).settings);
      const reranker = cache.get(key);
      if (reranker === undefined) return false;
      cache.delete(key);
      await reranker.close();
      return true;
    },
    async clearRerankers() {
      const rerankers = [...cache.values()];
      cache.clear();
      await Promise.all(rerankers.map((reranker) => reranker.close()));
    },
  };
}

function createCache(limit: number): LRUCache<string, Reranker> {
  return new LRUCache({ max: limit, dispose: (reranker) => void reranker.close() });
}
