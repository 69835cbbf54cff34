/** Does not send blank texts: many providers refuse the whole request because of one, and do not name it. */
import type { ScoreCall, ScoreResult } from "../../scorer.ts";
import type { RerankWarning } from "../../types.ts";

/**
 * Scores the texts that are not blank. The blank ones come last, with a warning.
 *
 * A blank text gets the lowest score of the call, but at most 0, in a group after all others: if scores are logits, 0 can be a high one.
 *
 * @param score scores the other texts; not called if there are none
 * @throws whatever `score` throws
 */
export async function scoreWithoutBlanks(call: ScoreCall, score: (call: ScoreCall) => Promise<ScoreResult>): Promise<ScoreResult> {
  const { texts, documents } = call;
  const indices = [...texts.keys()].filter((index) => texts[index]!.trim() !== "");
  if (indices.length === texts.length) return score(call);
  const others: ScoreCall = {
    ...call,
    texts: indices.map((index) => texts[index]!),
    ...(documents === undefined ? {} : { documents: indices.map((index) => documents[index]!) }),
  };
  const scored: ScoreResult = indices.length === 0 ? { scores: new Float64Array(0), warnings: [] } : await score(others);
  const kind = scored.scoreKind ?? "provider";
  const lowest = scored.scores.reduce((minimum, value) => (value < minimum ? value : minimum), 0);
  const scores = new Float64Array(texts.length).fill(lowest);
  const of = new Uint8Array(texts.length).fill(1);
  for (const [row, index] of indices.entries()) {
    scores[index] = scored.scores[row]!;
    of[index] = 0;
  }
  const failures = scored.failures?.map((failure) => ({ ...failure, indices: failure.indices.map((row) => indices[row]!) }));
  return {
    ...scored,
    scores,
    tiers: { of, kinds: [kind, kind] },
    ...(failures === undefined ? {} : { failures }),
    warnings: [...scored.warnings, warningOf([...texts.keys()].filter((index) => of[index] === 1))],
  };
}

/** The message names no indices: a cascade could not correct them. */
function warningOf(indices: readonly number[]): RerankWarning {
  const what =
    indices.length === 1 ? "1 blank document was not sent, and comes" : `${indices.length} blank documents were not sent, and come`;
  return { type: "blank", indices, message: `${what} last` };
}
