/** Splits calls that are too large for one request, scores the parts concurrently, and joins the answers. */
import { mapConcurrently } from "../../concurrency.ts";
import { messageOf } from "../../errors.ts";
import { envelopeBytes, jsonLength, utf8Length } from "../../http/body-size.ts";
import type { ScoreCall, ScoreFailure, ScoreResult } from "../../scorer.ts";
import type { RerankUsage } from "../../types.ts";
import type { Limits } from "./provider.ts";

/** Documents of one request. */
export interface Part {
  /** Index of the first document in the call. */
  start: number;
  texts: readonly string[];
}

/** The answer to one part. */
export interface PartScores {
  /** One for each text of the part, in its order. */
  scores: ArrayLike<number>;
  usage: PartUsage;
}

/** What the requests used, as far as the provider reports it. */
export type PartUsage = Partial<Pick<RerankUsage, "tokens" | "requests" | "billedUnits">>;

/** Asks for the scores of one part. */
export type AskPart = (part: Part, signal: AbortSignal | undefined) => Promise<PartScores>;

/** Maximum requests at once. More would meet the rate limits of providers. */
const maxRequests = 4;

/** Parts as large as the limits allow, in order. A text that is too large by itself gets a part of its own. */
export function splitTexts(query: string, texts: readonly string[], limits: Limits): Part[] {
  const { maxDocuments = Infinity, countsQueryEachTime = false } = limits;
  const { maxBytes, sizeOf, ownSize } = measureOf(limits);
  if (texts.length <= maxDocuments && maxBytes === Infinity) return [{ start: 0, texts }];
  const querySize = sizeOf(query);
  const parts: Part[] = [];
  let start = 0;
  let size = ownSize + querySize;
  for (const [index, text] of texts.entries()) {
    const added = sizeOf(text) + (countsQueryEachTime ? querySize : 0);
    if (index > start && (index - start >= maxDocuments || size + added > maxBytes)) {
      parts.push({ start, texts: texts.slice(start, index) });
      start = index;
      size = ownSize + querySize;
    }
    size += added;
  }
  parts.push({ start, texts: texts.slice(start) });
  return parts;
}

/** What counts as the size of a text: its bytes in a body, or in UTF-8; and what a request has beside its texts. */
function measureOf({ maxBytes = Infinity, maxBodyBytes }: Limits): { maxBytes: number; sizeOf: (text: string) => number; ownSize: number } {
  if (maxBodyBytes === undefined) return { maxBytes, sizeOf: utf8Length, ownSize: 0 };
  return { maxBytes: maxBodyBytes, sizeOf: jsonLength, ownSize: envelopeBytes };
}

/**
 * Scores all parts, at most four at once, and returns their scores in input order.
 *
 * A reranker scores each pair by itself, so the scores of parts are comparable, and one order over all of them is right.
 *
 * @throws the first failure, after aborting the other parts; with `onError: "partial"`, only if all parts failed. The signal's reason if it is aborted
 */
export async function scoreParts(parts: readonly Part[], call: ScoreCall, ask: AskPart): Promise<ScoreResult> {
  const { onError = "fail", signal } = call;
  // The usual case needs no concurrency; an AbortController alone takes 20 µs on Node 20.
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
  for (const [part, outcome] of outcomes.entries()) {
    const { start, texts } = parts[part]!;
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

/** The sum of two usages. A count that both lack stays absent. */
export function add(left: PartUsage, right: PartUsage): PartUsage {
  const sum: PartUsage = { ...left };
  for (const name of ["tokens", "requests", "billedUnits"] as const) {
    const value = right[name];
    if (value !== undefined) sum[name] = (sum[name] ?? 0) + value;
  }
  return sum;
}
