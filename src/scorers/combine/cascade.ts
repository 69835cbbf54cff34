import { orderByScore } from "../../ranking/order.ts";
import type { ScoreCall, ScoreResult, Scorer } from "../../scorer.ts";
import { type Composition, composeScorer, gather, settledValue, tiersOf } from "./combined-parts.ts";

/**
 * Scores all documents with one model, and the best of them again with another one, which come first: scores of two models are never
 * compared.
 *
 * @param keep how many go on to the second model; ≥ 1
 */
export function createCascadeScorer(first: Scorer, second: Scorer, keep: number): Scorer {
  const composition: Composition = function* (call) {
    const count = call.texts.length;
    const [outcome] = yield { parts: [{ scorer: first, call }] };
    const all = settledValue(outcome!);
    const firstTiers = tiersOf(first, all, count);
    const failed = new Set((all.failures ?? []).flatMap(({ places }) => places));
    const best = orderByScore(all.scores, firstTiers.of)
      .filter((place) => !failed.has(place))
      .slice(0, keep);
    if (best.length === 0) return all;

    const [secondOutcome] = yield { parts: [{ scorer: second, call: callOf(call, best) }] };
    const again = spread(settledValue(secondOutcome!), best, count);
    const secondTiers = tiersOf(second, again, count);
    const kept = new Set(best);
    const scores = all.scores.map((score, place) => (kept.has(place) ? again.scores[place]! : score));
    const of = firstTiers.of.map((tier, place) => (kept.has(place) ? secondTiers.of[place]! : secondTiers.kinds.length + tier));
    const failures = [...(all.failures ?? []), ...(again.failures ?? [])];
    return {
      ...gather([all, again]),
      scores,
      ...passagesOf(all, again),
      tiers: { of, kinds: [...secondTiers.kinds, ...firstTiers.kinds] },
      ...(failures.length === 0 ? {} : { failures }),
    };
  };
  return composeScorer({ name: "cascade", model: `cascade(${first.model}, ${second.model})`, parts: [first, second], composition });
}

/** The passages by the model that scored a document last. */
function passagesOf({ passages: first }: ScoreResult, { passages: second }: ScoreResult): Pick<ScoreResult, "passages"> {
  if (second === undefined) return {};
  return { passages: second.map((passages, place) => (passages.length > 0 ? passages : (first?.[place] ?? []))) };
}

/** The call for some of the documents. */
function callOf(call: ScoreCall, places: readonly number[]): ScoreCall {
  const { documents, contexts } = call;
  return {
    ...call,
    texts: places.map((place) => call.texts[place]!),
    ...(documents === undefined ? {} : { documents: places.map((place) => documents[place]!) }),
    ...(contexts === undefined ? {} : { contexts: places.map((place) => contexts[place]!) }),
  };
}

/** An answer for some documents in the places of the whole list; elsewhere scores are NaN and counts 0. */
function spread(result: ScoreResult, places: readonly number[], count: number): ScoreResult {
  const put = <T extends Float64Array | Uint32Array | Uint8Array>(whole: T, part: T): T => {
    for (const [row, place] of places.entries()) whole[place] = part[row]!;
    return whole;
  };
  const { tokens, fullTokens, lowerBounds, tiers, failures, passages } = result;
  return {
    ...result,
    scores: put(new Float64Array(count).fill(Number.NaN), result.scores),
    ...(tokens === undefined ? {} : { tokens: put(new Uint32Array(count), tokens) }),
    ...(fullTokens === undefined ? {} : { fullTokens: put(new Uint32Array(count), fullTokens) }),
    ...(lowerBounds === undefined ? {} : { lowerBounds: put(new Uint8Array(count), lowerBounds) }),
    ...(passages === undefined
      ? {}
      : { passages: Array.from({ length: count }, (_, place) => passages[places.indexOf(place)] ?? []) }),
    ...(tiers === undefined ? {} : { tiers: { ...tiers, of: put(new Uint8Array(count), tiers.of) } }),
    ...(failures === undefined
      ? {}
      : { failures: failures.map((failure) => ({ ...failure, places: failure.places.map((row) => places[row]!) })) }),
    warnings: result.warnings.map((warning) => {
      if ("index" in warning) return { ...warning, index: places[warning.index]! };
      return "indices" in warning ? { ...warning, indices: warning.indices.map((row) => places[row]!) } : warning;
    }),
  };
}
