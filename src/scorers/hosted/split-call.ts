/** Splits what a provider does not take at once, asks for the parts side by side, and puts the answers together. */
import { mapConcurrently } from "../../concurrency.ts";
import { messageOf } from "../../errors.ts";
import type { ScoreCall, ScoreFailure, ScoreResult } from "../../scorer.ts";
import type { RerankUsage } from "../../types.ts";
import type { Limits } from "./provider.ts";

/** Documents of one request. */
export interface Part {
  /** Place of the first one in the call. */
  start: number;
  texts: readonly string[];
}

/** The answer to one part. */
export interface PartScores {
  /** One for each text of the part, in its order. */
  scores: ArrayLike<number>;
  usage: PartUsage;
}

/** What was used, as far as the provider tells. */
export type PartUsage = Partial<Pick<RerankUsage, "tokens" | "requests" | "billedUnits">>;

/** Asks for the scores of one part. */
export type AskPart = (part: Part, signal: AbortSignal | undefined) => Promise<PartScores>;

/** Maximum requests at once. More would meet the rate limits of providers. */
const maxRequests = 4;

/** Parts as large as the limits allow, in order; a text that is too large by itself has a part of its own. */
export function splitTexts(query: string, texts: readonly string[], limits: Limits): Part[] {
  const { maxDocuments = Infinity, maxBytes = Infinity, countsQueryEachTime = false } = limits;
  if (texts.length <= maxDocuments && maxBytes === Infinity) return [{ start: 0, texts }];
  const querySize = utf8Length(query);
  const parts: Part[] = [];
  let start = 0;
  let size = querySize;
  for (const [place, text] of texts.entries()) {
    const added = utf8Length(text) + (countsQueryEachTime ? querySize : 0);
    if (place > start && (place - start >= maxDocuments || size + added > maxBytes)) {
      parts.push({ start, texts: texts.slice(start, place) });
      start = place;
      size = querySize;
    }
    size += added;
  }
  parts.push({ start, texts: texts.slice(start) });
  return parts;
}

/**
 * Asks for all parts, at most four at once, and gives their scores in input order.
 *
 * A reranker scores each pair by itself, so the scores of parts are comparable, and one order over all of them is right.
 *
 * @throws the first failure, after which the other parts are aborted; with `onError: "partial"` only when all parts failed.
 *   The signal's reason when it fires
 */
export async function scoreParts(parts: readonly Part[], call: ScoreCall, ask: AskPart): Promise<ScoreResult> {
  const { onError = "fail", signal } = call;
  // The usual case needs nothing of what follows; an AbortController alone takes 20 µs on Node 20.
  if (parts.length === 1) return merge(parts, [{ status: "fulfilled", value: await ask(parts[0]!, signal) }], call.texts.length);
  const outcomes = await mapConcurrently(parts, { limit: maxRequests, signal }, async (part, _, partSignal) => {
    try {
      return { status: "fulfilled", value: await ask(part, partSignal) } as const;
    } catch (reason) {
      if (onError === "fail" || signal?.aborted) throw reason;
      return { status: "rejected", reason } as const;
    }
  });
  return merge(parts, outcomes, call.texts.length);
}

function merge(parts: readonly Part[], outcomes: readonly PromiseSettledResult<PartScores>[], count: number): ScoreResult {
  const scores = new Float64Array(count).fill(Number.NaN);
  const failures: ScoreFailure[] = [];
  let usage: PartUsage = {};
  for (const [place, outcome] of outcomes.entries()) {
    const { start, texts } = parts[place]!;
    if (outcome.status === "fulfilled") {
      scores.set(outcome.value.scores, start);
      usage = add(usage, outcome.value.usage);
    } else {
      failures.push({ indices: texts.map((_, offset) => start + offset), message: messageOf(outcome.reason) });
    }
  }
  if (failures.length === parts.length) throw (outcomes[0] as PromiseRejectedResult).reason;
  return { scores, warnings: [], usage, ...(failures.length === 0 ? {} : { failures }) };
}

/** Sums of what either tells; what neither tells stays unknown. */
export function add(left: PartUsage, right: PartUsage): PartUsage {
  const sum: PartUsage = { ...left };
  for (const name of ["tokens", "requests", "billedUnits"] as const) {
    const value = right[name];
    if (value !== undefined) sum[name] = (sum[name] ?? 0) + value;
  }
  return sum;
}

/** Bytes of a well-formed text in UTF-8, without writing them. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let place = 0; place < text.length; place += 1) {
    const unit = text.charCodeAt(place);
    if (unit < 0x80) continue;
    // A surrogate is half of a character of four bytes.
    length += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return length;
}
