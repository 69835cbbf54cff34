import { RerankError } from "../../errors.ts";
import { scoreOf } from "../../ranking/scores.ts";
import type { ScoreFailure, ScoreKind, ScoreResult } from "../../scorer.ts";
import type { RerankUsage, RerankWarning } from "../../types.ts";
import type { Engine } from "./engine.ts";
import type { PartScores } from "./part.ts";
import type { Span } from "./spans.ts";

interface Gathered extends Span {
  engine: Engine;
  part: PartScores;
}

/** Joins the scored parts of a call. */
export class PartCollector {
  readonly #count: number;
  readonly #parts: Gathered[] = [];
  readonly #failures: ScoreFailure[] = [];
  #requests = 0;
  #firstFailure: RerankError | undefined;

  /** @param count documents of the call */
  constructor(count: number) {
    this.#count = count;
  }

  /** Engines that have answered. */
  get engines(): Set<Engine> {
    return new Set(this.#parts.map(({ engine }) => engine));
  }

  /** Adds answered requests, also those that were answered with a failure. */
  addRequests(count: number): void {
    this.#requests += count;
  }

  /** @throws RerankError `invalid-input` if the engine serves another model than an engine that answered before */
  add(span: Span, engine: Engine, part: PartScores): void {
    const dialect = dialectOf(engine);
    const other = this.#parts.find((earlier) => dialectOf(earlier.engine) === dialect && earlier.part.model !== part.model);
    // Only these two report the model with its revision. Others report a name that the operator chose.
    if (other !== undefined && (dialect === "crossrank" || dialect === "tei")) {
      const both = `${other.engine.label} ${String(other.part.model)}, ${engine.label} ${String(part.model)}`;
      throw new RerankError(
        "invalid-input",
        `model.urls: the engines serve different models, whose scores cannot be compared: ${both}. List engines of one model.`,
      );
    }
    this.#parts.push({ ...span, engine, part });
  }

  /** Records a part that no engine scored. */
  fail({ start, count }: Span, error: RerankError): void {
    this.#firstFailure ??= error;
    this.#failures.push({ indices: Array.from({ length: count }, (_, offset) => start + offset), message: error.message });
  }

  /**
   * The result of the call.
   *
   * @param warnings of the pool; they come before those of the engines
   * @throws the first failure if every part failed
   */
  finish(warnings: readonly RerankWarning[]): ScoreResult {
    if (this.#parts.length === 0 && this.#firstFailure !== undefined) throw this.#firstFailure;
    const { scores, scoreKind } = this.#scores();
    const models = new Set(this.#parts.map(({ part }) => part.model));
    const [model] = models;
    return {
      scores,
      scoreKind,
      ...(models.size === 1 && model !== undefined ? { model } : {}),
      ...this.#tokens(),
      usage: this.#usage(),
      warnings: [...warnings, ...this.#warnings()],
      ...(this.#failures.length === 0 ? {} : { failures: this.#failures.sort((left, right) => left.indices[0]! - right.indices[0]!) }),
    };
  }

  /** Logits if all parts have them; otherwise logits become probabilities, like the scores of the other parts. */
  #scores(): { scores: Float64Array; scoreKind: ScoreKind } {
    const scores = new Float64Array(this.#count).fill(Number.NaN);
    const scoreKind = this.#parts.every(({ part }) => part.scoreKind === "logit") ? "logit" : "provider";
    for (const { start, part } of this.#parts) {
      scores.set(scoreKind === "logit" ? part.scores : part.scores.map((score) => scoreOf(score, part.scoreKind)), start);
    }
    return { scores, scoreKind };
  }

  /** Token counts of each pair, if all engines report them. */
  #tokens(): Pick<ScoreResult, "pairTokens"> {
    if (!this.#parts.every(({ part }) => part.pairTokens !== undefined)) return {};
    const read = new Uint32Array(this.#count);
    const full = new Uint32Array(this.#count);
    const lowerBounds = new Uint8Array(this.#count);
    for (const { start, part } of this.#parts) {
      read.set(part.pairTokens!.read, start);
      if (part.pairTokens!.full !== undefined) full.set(part.pairTokens!.full, start);
      if (part.pairTokens!.lowerBounds !== undefined) lowerBounds.set(part.pairTokens!.lowerBounds, start);
    }
    return { pairTokens: { read, full, lowerBounds } };
  }

  #usage(): NonNullable<ScoreResult["usage"]> {
    const usage: Partial<RerankUsage> = { requests: this.#requests };
    const billedUnits = sumOf(this.#parts.map(({ part }) => part.billedUnits));
    if (billedUnits !== undefined) usage.billedUnits = billedUnits;
    const byDocument = this.#parts.every(({ part }) => part.pairTokens !== undefined);
    const tokens = sumOf(this.#parts.map(({ part }) => part.totalTokens ?? part.pairTokens?.read.reduce((sum, count) => sum + count, 0)));
    if (tokens !== undefined && !byDocument) usage.tokens = tokens;
    return usage;
  }

  /** Warnings of the engines, each once. */
  #warnings(): RerankWarning[] {
    const all = this.#parts.flatMap(({ part }) => part.warnings ?? []);
    return all.filter(({ message }, index) => all.findIndex((other) => other.message === message) === index);
  }
}

function dialectOf(engine: Engine): string | undefined {
  return engine.profile?.dialect.name;
}

/** The sum; undefined unless all counts are known, because a partial sum would look like the whole. */
function sumOf(counts: readonly (number | undefined)[]): number | undefined {
  return counts.every((count) => count !== undefined) ? counts.reduce((sum, count) => sum + count, 0) : undefined;
}
