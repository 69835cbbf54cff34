import { orderByScore } from "../../ranking/order.ts";
import type { PairTokens, ScoreCall, ScoreResult, Scorer } from "../../scorer.ts";
import { type Composition, composeScorer, joinResults, settledValue, tiersOf } from "./combined-parts.ts";

/**
 * Scores all documents with the first model, and the best of them again with the second model. These come first: scores of two models are never
 * compared.
 *
 * @param keep how many documents the second model scores; ≥ 1
 */
export function createCascadeScorer(first: Scorer, second: Scorer, keep: number): Scorer {
  const composition: Composition = function* (call) {
    const count = call.texts.length;
    const [outcome] = yield { parts: [{ scorer: first, call }] };
    const all = settledValue(outcome!);
    const firstTiers = tiersOf(first, all, count);
    const failed = new Set((all.failures ?? []).flatMap(({ indices }) => indices));
    const best = orderByScore(all.scores, firstTiers.of)
      .filter((index) => !failed.has(index))
      .slice(0, keep);
    if (best.length === 0) return all;

    const [secondOutcome] = yield { parts: [{ scorer: second, call: callOf(call, best) }] };
    const again = spread(settledValue(secondOutcome!), best, count);
    const secondTiers = tiersOf(second, again, count);
    const kept = new Set(best);
    const scores = all.scores.map((score, index) => (kept.has(index) ? again.scores[index]! : score));
    const of = Uint8Array.from(firstTiers.of, (tier, index) =>
      kept.has(index) ? secondTiers.of[index]! : secondTiers.kinds.length + tier,
    );
    const failures = [...(all.failures ?? []), ...(again.failures ?? [])];
    return {
      ...joinResults([all, again]),
      scores,
      tiers: { of, kinds: [...secondTiers.kinds, ...firstTiers.kinds] },
      ...(failures.length === 0 ? {} : { failures }),
    };
  };
  return composeScorer({ name: "cascade", model: `cascade(${first.model}, ${second.model})`, parts: [first, second], composition });
}

/** The call for some of the documents. */
function callOf(call: ScoreCall, indices: readonly number[]): ScoreCall {
  const { documents } = call;
  return {
    ...call,
    texts: indices.map((index) => call.texts[index]!),
    ...(documents === undefined ? {} : { documents: indices.map((index) => documents[index]!) }),
  };
}

/** Puts an answer for some documents at their indices in the whole list. The other documents get the score NaN and 0 tokens. */
function spread(result: ScoreResult, indices: readonly number[], count: number): ScoreResult {
  const put = <T extends Float64Array | Uint32Array | Uint8Array>(whole: T, part: ArrayLike<number>): T => {
    for (const [row, index] of indices.entries()) whole[index] = part[row]!;
    return whole;
  };
  const { pairTokens, tiers, failures } = result;
  return {
    ...result,
    scores: put(new Float64Array(count).fill(Number.NaN), result.scores),
    ...(pairTokens === undefined ? {} : { pairTokens: spreadTokens(pairTokens) }),
    ...(tiers === undefined ? {} : { tiers: { ...tiers, of: put(new Uint8Array(count), tiers.of) } }),
    ...(failures === undefined
      ? {}
      : { failures: failures.map((failure) => ({ ...failure, indices: failure.indices.map((row) => indices[row]!) })) }),
    warnings: result.warnings.map((warning) => {
      if ("index" in warning) return { ...warning, index: indices[warning.index]! };
      return "indices" in warning ? { ...warning, indices: warning.indices.map((row) => indices[row]!) } : warning;
    }),
  };

  function spreadTokens({ read, full, lowerBounds }: PairTokens): PairTokens {
    return {
      read: put(new Uint32Array(count), read),
      ...(full === undefined ? {} : { full: put(new Uint32Array(count), full) }),
      ...(lowerBounds === undefined ? {} : { lowerBounds: put(new Uint8Array(count), lowerBounds) }),
    };
  }
}
