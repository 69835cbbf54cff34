import { raceAbort } from "../../abort.ts";
import { RerankError } from "../../errors.ts";
import type { ScoreCall, ScoreResult, Scorer } from "../../scorer.ts";
import type { BackendRegistry } from "./registry.ts";

/**
 * Adapts a registered backend to the scorer contract. The backend is looked up at each call, so that one that was
 * replaced is used at once.
 */
export function createPluginScorer(registry: BackendRegistry, name: string): Scorer {
  return {
    name: "plugin",
    get model() {
      return registry.identity(name);
    },
    capabilities: { scoreKind: "provider", sync: true, defaultDurationSecs: 60, options: new Set<never>() },
    async score({ query, texts, signal = new AbortController().signal }: ScoreCall): Promise<ScoreResult> {
      const backend = registry.get(name);
      await raceAbort(backend.initialise(), signal);
      const scores = await backend.rerank(query, texts, signal);
      return { scores: checkScores(name, scores, texts.length), warnings: [] };
    },
    scoreSync({ query, texts, deadlineMs = Infinity, signal }: ScoreCall): ScoreResult {
      signal?.throwIfAborted();
      const backend = registry.get(name);
      backend.initialiseSync();
      const scores = backend.rerankSync(query, texts, deadlineMs);
      return { scores: checkScores(name, scores, texts.length), warnings: [] };
    },
    warmUp: async () => registry.get(name).initialise(),
    warmUpSync: () => registry.get(name).initialiseSync(),
  };
}

/** One finite number per document, else `plugin`. */
function checkScores(name: string, scores: unknown, count: number): Float64Array {
  const isList = Array.isArray(scores) || scores instanceof Float32Array || scores instanceof Float64Array;
  if (!isList) throw new RerankError("plugin", `backend "${name}": rerank returned ${typeof scores}, not a list of numbers.`);
  if (scores.length !== count) {
    throw new RerankError(
      "plugin",
      `backend "${name}": rerank returned ${scores.length} scores for ${count} documents. It must return one per document, in input order.`,
    );
  }
  const wrong = scores.findIndex((score: unknown) => typeof score !== "number" || !Number.isFinite(score));
  if (wrong >= 0) {
    throw new RerankError(
      "plugin",
      `backend "${name}": the score of documents[${wrong}] is ${String(scores[wrong])}, not a finite number.`,
    );
  }
  return Float64Array.from(scores as ArrayLike<number>);
}
