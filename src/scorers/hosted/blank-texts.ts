/** Blank texts are not sent: many a provider refuses the whole request for one, without naming it. */
import type { ScoreCall, ScoreResult } from "../../scorer.ts";
import type { RerankWarning } from "../../types.ts";

/**
 * Scores the texts that say something; the blank ones come last, with a warning.
 *
 * A blank text gets the lowest score of the call, but at most 0, in a group that comes after all others: where scores are logits, 0 may
 * be a high one.
 *
 * @param score is called with the others; not at all where there are none
 * @throws whatever `score` throws
 */
export async function scoreWithoutBlanks(call: ScoreCall, score: (call: ScoreCall) => Promise<ScoreResult>): Promise<ScoreResult> {
  const { texts, documents } = call;
  const places = [...texts.keys()].filter((place) => texts[place]!.trim() !== "");
  if (places.length === texts.length) return score(call);
  const others: ScoreCall = {
    ...call,
    texts: places.map((place) => texts[place]!),
    ...(documents === undefined ? {} : { documents: places.map((place) => documents[place]!) }),
  };
  const scored: ScoreResult = places.length === 0 ? { scores: new Float64Array(0), warnings: [] } : await score(others);
  const lowest = scored.scores.reduce((least, value) => (value < least ? value : least), 0);
  const scores = new Float64Array(texts.length).fill(lowest);
  const of = new Uint8Array(texts.length).fill(1);
  for (const [row, place] of places.entries()) {
    scores[place] = scored.scores[row]!;
    of[place] = 0;
  }
  const failures = scored.failures?.map((failure) => ({ ...failure, places: failure.places.map((row) => places[row]!) }));
  return {
    ...scored,
    scores,
    tiers: { of, kinds: ["provider", "provider"] },
    ...(failures === undefined ? {} : { failures }),
    warnings: [...scored.warnings, warningOf([...texts.keys()].filter((place) => of[place] === 1))],
  };
}

/** Without places in its message, which a composition could not correct. */
function warningOf(indices: readonly number[]): RerankWarning {
  const what =
    indices.length === 1 ? "1 blank document was not sent, and comes" : `${indices.length} blank documents were not sent, and come`;
  return { type: "blank", indices, message: `${what} last` };
}
