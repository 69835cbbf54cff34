import { raceAbort } from "../../abort.ts";
import { readForeign } from "../../config/read.ts";
import { messageOf, RerankError } from "../../errors.ts";
import { returnedScores } from "../../ranking/scores.ts";
import { scoresByIndex } from "../../ranking/scores-by-index.ts";
import type { ScoreCall, ScoreResult, Scorer } from "../../scorer.ts";
import type { AiSdkRerankingModel, ExternalModel, RerankFunction } from "../../types.ts";

/**
 * A scorer that calls the caller's own function, or a reranking model of Vercel's AI SDK. It does not change their scores.
 *
 * A function that does not return a promise also works with `rerankSync`.
 */
export function createExternalScorer(source: ExternalModel["source"]): Scorer {
  return readForeign("config.model", () => (typeof source === "function" ? functionScorer(source) : aiSdkScorer(source)));
}

function functionScorer(source: RerankFunction): Scorer {
  const model = source.name === "" ? "function" : `function ${source.name}`;
  const ask = ({ query, texts }: ScoreCall, signal: AbortSignal): ReturnType<RerankFunction> =>
    // Other models of the call read the same texts.
    source(query, Object.freeze([...texts]), { signal });
  return {
    name: "function",
    model,
    capabilities: { scoreKind: "provider", defaultDurationSecs: 60, options: new Set<never>() },
    async score(call) {
      const signal = call.signal ?? new AbortController().signal;
      const answer = Promise.resolve()
        .then(() => ask(call, signal))
        .catch((error: unknown) => {
          throw signal.aborted ? signal.reason : failed(model, error);
        });
      return { scores: returnedScores(model, await raceAbort(answer, signal), call.texts.length), warnings: [] };
    },
    scoreSync(call): ScoreResult {
      call.signal?.throwIfAborted();
      try {
        const scores = ask(call, call.signal ?? new AbortController().signal);
        if (!isPromise(scores)) return { scores: returnedScores(model, scores, call.texts.length), warnings: [] };
        Promise.resolve(scores).catch(() => undefined); // nobody waits for it
      } catch (error) {
        throw failed(model, error);
      }
      throw new RerankError("sync-unsupported", `${model}: it returns a promise. Use rerank instead of rerankSync, or return the scores.`);
    },
  };
}

function aiSdkScorer(source: AiSdkRerankingModel): Scorer {
  const model = `${source.provider}/${source.modelId}`;
  return {
    name: "ai-sdk",
    model,
    capabilities: { scoreKind: "provider", defaultDurationSecs: 60, options: new Set<never>() },
    async score({ query, texts, signal = new AbortController().signal }) {
      // A method call on the model itself: some are proxies or use `this`.
      const answer = Promise.resolve()
        .then(() => source.doRerank({ documents: { type: "text", values: [...texts] }, query, topN: texts.length, abortSignal: signal }))
        .catch((error: unknown) => {
          throw signal.aborted ? signal.reason : hosted(model, error);
        });
      const answered = await raceAbort(answer, signal);
      try {
        return { scores: scoresOf(model, answered.ranking, texts.length), warnings: [] };
      } catch (error) {
        throw RerankError.from(error, "bad-response", `${model}: reading its ranking failed`);
      }
    },
  };
}

/** A ranking of all documents as scores in input order. */
function scoresOf(model: string, ranking: unknown, count: number): Float64Array {
  const advice = "A ranking has each document once, with a finite score.";
  const wrong = (what: string): RerankError => new RerankError("bad-response", `${model}: ${what}. ${advice}`);
  if (!Array.isArray(ranking)) throw wrong(`its ranking is no list`);
  const results = (ranking as Partial<{ index: unknown; relevanceScore: unknown }>[]).map((entry) => {
    const { index, relevanceScore } = entry ?? {};
    if (!Number.isInteger(index) || (index as number) < 0) throw wrong(`index ${String(index)} of ${count} documents`);
    if (!Number.isFinite(relevanceScore)) throw wrong(`the score of documents[${String(index)}] is ${String(relevanceScore)}`);
    return { index: index as number, score: relevanceScore as number };
  });
  return scoresByIndex(model, results, count, advice);
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function failed(model: string, error: unknown): RerankError {
  return RerankError.is(error)
    ? error
    : new RerankError("plugin", `${model}: it failed: ${messageOf(error)}. Mend the function.`, { cause: error });
}

/** @see https://github.com/vercel/ai `packages/provider/src/errors/api-call-error.ts`: statusCode and isRetryable */
function hosted(model: string, error: unknown): RerankError {
  const { statusCode, isRetryable } = statusOf(error);
  return new RerankError(
    "hosted",
    `${model}: the provider failed: ${messageOf(error).slice(0, 1000)}. Check the key and the model's name.`,
    {
      cause: error,
      isRetryable: isRetryable === true,
      ...(typeof statusCode === "number" ? { status: statusCode } : {}),
    },
  );
}

function statusOf(error: unknown): { statusCode?: unknown; isRetryable?: unknown } {
  try {
    const { statusCode, isRetryable } = (error ?? {}) as { statusCode?: unknown; isRetryable?: unknown };
    return { statusCode, isRetryable };
  } catch {
    return {}; // a Proxy that refuses to be looked at
  }
}
