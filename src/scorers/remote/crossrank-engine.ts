/**
 * crossrank's own format. Only this format has logits (so that scores equal those of the library, to the last bit), the tokens of each pair, and
 * warnings.
 */

import { readReply } from "../../dialects/reply-checks.ts";
import type { JsonReply } from "../../http/request.ts";
import { scoresByIndex } from "../../ranking/scores-by-index.ts";
import type { PairTokens } from "../../scorer.ts";
import type { RerankWarning } from "../../types.ts";
import { isRecord } from "../../values.ts";
import { type PartRequest, type PartScores, wrongReplyAdvice } from "./part.ts";

type Fields = Readonly<Record<string, unknown>>;

/** JSON of a request. @see `src/server/schemas/native-schemas.ts` */
export function encodeNative({ query, texts, model, truncation, truncationSide, maxLength, instruction, batchSize }: PartRequest): unknown {
  return {
    query,
    documents: texts,
    config: {
      return: ["logit", "tokens", "model", "usage", "warnings"],
      batch_size: batchSize,
      ...(model === undefined ? {} : { model }),
      // Only what differs from the server's default: a model without a tokenizer would warn that it ignores the option.
      ...(truncation === "longest_first" ? {} : { truncation }),
      ...(truncationSide === "left" ? { truncation_side: truncationSide } : {}),
      ...(maxLength === undefined ? {} : { max_length: maxLength }),
      ...(instruction === undefined ? {} : { instruction }),
    },
  };
}

/** @throws RerankError `bad-response` */
export function decodeNative({ body }: JsonReply, { texts }: PartRequest): PartScores {
  const count = texts.length;
  const { results, model } = readReply(body, { dialect: "crossrank", list: "results", score: "score" });
  // readReply has checked that each has an index and a score.
  const raw = (body as { results: readonly Fields[] }).results;
  const { usage, warnings } = body as Fields;
  const logits = columnOf(raw, "logit");
  const scores = scoresByIndex(
    "crossrank",
    results.map(({ index, score }, position) => ({ index, score: logits?.[position] ?? score })),
    count,
    wrongReplyAdvice,
  );
  const heard = Array.isArray(warnings) ? warnings.filter(isRecord) : [];
  const counts = columnOf(raw, "tokens");
  const totalTokens = isRecord(usage) && Number.isFinite(usage.tokens) ? { totalTokens: usage.tokens as number } : {};
  return {
    scores,
    // A server's plugins and hosted models have no logits.
    scoreKind: logits === undefined ? "provider" : "logit",
    ...(counts === undefined ? totalTokens : { pairTokens: tokensOf(raw, counts, heard, count) }),
    ...(model === undefined ? {} : { model }),
    warnings: heard.flatMap(readWarning),
  };
}

/** One number of each result, in the body's order; undefined if a result lacks it. */
function columnOf(results: readonly Fields[], key: string): number[] | undefined {
  return results.every((result) => Number.isFinite(result[key])) ? results.map((result) => result[key] as number) : undefined;
}

function tokensOf(results: readonly Fields[], counts: readonly number[], warnings: readonly Fields[], count: number): PairTokens {
  const read = new Uint32Array(count);
  for (const [row, { index }] of results.entries()) read[index as number] = counts[row]!;
  const full = new Uint32Array(count);
  const lowerBounds = new Uint8Array(count);
  for (const { type, index, tokens: whole, is_lower_bound: isLowerBound } of warnings) {
    if (type !== "truncated" || !Number.isInteger(index) || !Number.isFinite(whole)) continue;
    full[index as number] = whole as number;
    lowerBounds[index as number] = isLowerBound === true ? 1 : 0;
  }
  return { read, full, lowerBounds };
}

/** Leaves out truncations, which `pairTokens` contains, and the warning that a model has no logits. */
function readWarning({ type, message, option }: Fields): RerankWarning[] {
  if (typeof message !== "string") return [];
  if (type === "fallback") return [{ type, message }];
  return type === "ignored-option" && typeof option === "string" && option !== "return" ? [{ type, message, option }] : [];
}
