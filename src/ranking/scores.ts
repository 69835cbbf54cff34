import { messageOf, RerankError } from "../errors.ts";
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
 * @param source what gave the scores, for messages
 * @throws RerankError `plugin` for provider scores and `inference` for local ones, naming the first document concerned
 */
export function checkScores(
  scores: ArrayLike<unknown>,
  documentCount: number,
  kind: ScoreKind,
  excluded: ReadonlySet<number> = new Set(),
  source = "ranking",
): void {
  const code = kind === "provider" ? "plugin" : "inference";
  if (scores.length !== documentCount) throw wrongCount(code, source, scores.length, documentCount);
  for (let index = 0; index < scores.length; index += 1) {
    const score = scores[index];
    if (!Number.isFinite(score) && !excluded.has(index)) {
      const advice =
        kind !== "provider"
          ? "The model file may be damaged or overflow on this text: check it with crossrank models verify, or leave the document out."
          : "Return one finite number per document.";
      const shown = typeof score === "object" && score !== null ? "an object" : String(score);
      throw new RerankError(code, `${source}: documents[${index}] was scored ${shown}. ${advice}`);
    }
  }
}

/**
 * Checks and copies the scores that a user's own code returned. The code may keep and change its list, and the list may be any object, even a Proxy.
 *
 * @param source what returned them, for messages
 * @param value an array, Float32Array or Float64Array of finite numbers, also of another realm
 * @returns shape [count]
 * @throws RerankError `plugin` for any other value, a wrong length, or a list that cannot be read
 */
export function returnedScores(source: string, value: unknown, count: number): Float64Array {
  const problem = (what: string, cause?: unknown): RerankError => new RerankError("plugin", `${source}: ${what}.`, { cause });
  let list: unknown[];
  try {
    if (!isNumberList(value)) throw problem(`it returned ${value === null ? "null" : typeof value}, not a list of numbers`);
    const { length } = value;
    if (length !== count) throw wrongCount("plugin", source, length, count);
    list = Array.from({ length }, (_, index) => value[index]);
  } catch (error) {
    throw RerankError.is(error) ? error : problem(`reading its scores failed: ${messageOf(error)}`, error);
  }
  checkScores(list, count, "provider", undefined, source);
  return Float64Array.from(list as number[]);
}

function wrongCount(code: "plugin" | "inference", source: string, scoreCount: unknown, documentCount: number): RerankError {
  return new RerankError(
    code,
    `${source}: got ${String(scoreCount)} scores for ${documentCount} documents. Return one score per document.`,
  );
}

function isNumberList(value: unknown): value is ArrayLike<unknown> {
  // By tag, not instanceof: test runners and sandboxes have their own classes.
  return Array.isArray(value) || /^\[object Float(32|64)Array\]$/.test(Object.prototype.toString.call(value));
}
