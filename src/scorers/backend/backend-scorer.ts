import { raceAbort } from "../../abort.ts";
import { returnedScores } from "../../ranking/scores.ts";
import type { ScoreCall, ScoreResult, Scorer } from "../../scorer.ts";
import type { BackendRegistry } from "./backend-registry.ts";

/**
 * Adapts a registered backend to the scorer contract. It looks the backend up at each call, so that a replacement is used at once.
 */
export function createPluginScorer(registry: BackendRegistry, name: string): Scorer {
  const scoresOf = (scores: unknown, count: number): Float64Array => returnedScores(`backend "${name}"`, scores, count);
  return {
    name: "plugin",
    get model() {
      return registry.identity(name);
    },
    capabilities: { scoreKind: "provider", defaultDurationSecs: 60, options: new Set<never>() },
    async score({ query, texts, signal = new AbortController().signal }: ScoreCall): Promise<ScoreResult> {
      const backend = registry.get(name);
      await raceAbort(backend.initialize(), signal);
      const scores = await backend.rerank(query, ownCopy(texts), signal);
      return { scores: scoresOf(scores, texts.length), warnings: [] };
    },
    scoreSync({ query, texts, deadlineMs = Infinity, signal }: ScoreCall): ScoreResult {
      signal?.throwIfAborted();
      const backend = registry.get(name);
      backend.initializeSync();
      const scores = backend.rerankSync(query, ownCopy(texts), deadlineMs);
      return { scores: scoresOf(scores, texts.length), warnings: [] };
    },
    warmUp: async () => registry.get(name).initialize(),
    warmUpSync: () => registry.get(name).initializeSync(),
  };
}

/** A frozen copy: other models of the call read the same texts. A backend that tries to change its list gets an error. */
function ownCopy(texts: readonly string[]): readonly string[] {
  return Object.freeze([...texts]);
}
