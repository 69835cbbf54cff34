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

/** Puts the parts of a call together again. */
export class Gathering {
  readonly #count: number;
  readonly #parts: Gathered[] = [];
  readonly #failures: ScoreFailure[] = [];
  #requests = 0;
  #firstFailure: RerankError | undefined;

  /** @param count documents of the call */
  constructor(count: number) {
    this.#count = count;
  }

  /** Who has answered. */
  get engines(): Set<Engine> {
    return new Set(this.#parts.map(({ engine }) => engine));
  }

  /** Requests that were answered, whatever with. */
  addRequests(count: number): void {
    this.#requests += count;
  }

  /** @throws RerankError `invalid-input` where the engine serves another model than one that has answered before */
  add(span: Span, engine: Engine, part: PartScores): void {
    const dialect = dialectOf(engine);
    const other = this.#parts.find((earlier) => dialectOf(earlier.engine) === dialect && earlier.part.model !== part.model);
    // Only these two tell a model with its revision; elsewhere it is whatever name an operator gave it.
    if (other !== undefined && (dialect === "crossrank" || dialect === "tei")) {
      const both = `${other.engine.label} ${String(other.part.model)}, ${engine.label} ${String(part.model)}`;
      throw new RerankError(
        "invalid-input",
        `model.urls: the engines serve different models, whose scores cannot be compared: ${both}. List engines of one model.`,
      );
    }
    this.#parts.push({ ...span, engine, part });
  }

  /** A part that nobody scored. */
  fail({ start, count }: Span, error: RerankError): void {
    this.#firstFailure ??= error;
    this.#failures.push({ indices: Array.from({ length: count }, (_, offset) => start + offset), message: error.message });
  }

  /**
   * The whole answer.
   *
   * @param warnings of the pool, to stand before those of the engines
   * @throws the first failure where there is nothing but failures
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

  /** Logits as they are where all are; else they become probabilities like the others. */
  #scores(): { scores: Float64Array; scoreKind: ScoreKind } {
    const scores = new Float64Array(this.#count).fill(Number.NaN);
    const scoreKind = this.#parts.every(({ part }) => part.scoreKind === "logit") ? "logit" : "provider";
    for (const { start, part } of this.#parts) {
      scores.set(scoreKind === "logit" ? part.scores : part.scores.map((score) => scoreOf(score, part.scoreKind)), start);
    }
    return { scores, scoreKind };
  }

  /** Tokens by document, where all engines tell them. */
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

  /** Those of the engines, each once. */
  #warnings(): RerankWarning[] {
    const all = this.#parts.flatMap(({ part }) => part.warnings ?? []);
    return all.filter(({ message }, place) => all.findIndex((other) => other.message === message) === place);
  }
}

function dialectOf(engine: Engine): string | undefined {
  return engine.profile?.dialect.name;
}

/** Undefined unless all are known: the sum of a part would pass for the whole. */
function sumOf(counts: readonly (number | undefined)[]): number | undefined {
  return counts.every((count) => count !== undefined) ? counts.reduce((sum, count) => sum + count, 0) : undefined;
}
