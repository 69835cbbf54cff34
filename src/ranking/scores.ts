import { RerankError } from "../errors.ts";
import type { ScoreKind } from "../scorer.ts";

/**
 * The logistic function in float64, without overflow: exactly 0.5 at 0, 1 from about 37 up, above 0 down to about −745.
 *
 * It saturates, so order documents by their logits, not by this.
 */
export function sigmoid(logit: number): number {
  if (logit >= 0) return 1 / (1 + Math.exp(-logit));
  const power = Math.exp(logit);
  return power / (1 + power);
}

/** The final score of one raw score. */
export function scoreOf(raw: number, kind: ScoreKind): number {
  return kind === "logit" ? sigmoid(raw) : raw;
}

/**
 * Refuses a wrong number of scores, and scores that cannot be ordered: NaN and the infinities.
 *
 * @param excluded indices of documents that need no score
 * @throws RerankError `plugin` for provider scores and `inference` for local ones, naming the first document concerned
 */
export function checkScores(
  scores: ArrayLike<number>,
  documentCount: number,
  kind: ScoreKind,
  excluded: ReadonlySet<number> = new Set(),
): void {
  const code = kind === "provider" ? "plugin" : "inference";
  if (scores.length !== documentCount) {
    throw new RerankError(code, `ranking: got ${scores.length} scores for ${documentCount} documents. Return one score per document.`);
  }
  for (let index = 0; index < scores.length; index += 1) {
    const score = scores[index];
    if (!Number.isFinite(score) && !excluded.has(index)) {
      const advice =
        kind !== "provider"
          ? "The model file may be damaged or overflow on this text: check it with crossrank models verify, or leave the document out."
          : "Return one finite number per document.";
      throw new RerankError(code, `ranking: documents[${index}] was scored ${String(score)}. ${advice}`);
    }
  }
}
