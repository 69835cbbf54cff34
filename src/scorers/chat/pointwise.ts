/** Scores documents one at a time, by the odds of "yes". */
import { mapConcurrently } from "../../concurrency.ts";
import { RerankError } from "../../errors.ts";
import { type DistinctTexts, distinctTexts } from "../../ranking/distinct-texts.ts";
import type { ScoreCall, ScoreFailure, ScoreResult } from "../../scorer.ts";
import type { RerankWarning, TokenPrice } from "../../types.ts";
import type { ChatEndpoint } from "./endpoint.ts";
import { type Judgment, judge } from "./judgment.ts";
import { pointwisePrompt } from "./prompts.ts";
import { Spending } from "./spending.ts";

/** The outcome for one text. */
type Outcome = { judgment: Judgment; readTokens: number | undefined } | { error: RerankError };

/** Maximum requests at once. */
const maxRequests = 8;
// One word. Some models write a line end or an asterisk before it, and some an end of turn after it.
const maxTokens = 8;

/**
 * A probability for each document: P(yes) / (P(yes) + P(no)), or 1 and 0 by the word if the endpoint reports no probabilities.
 *
 * Asks about equal texts once. Before the endpoint's first answer, one request runs alone: then a wrong key or a refused parameter fails one
 * request, not eight.
 *
 * @throws RerankError of the first document that fails; with `onError: "partial"`, only if the failure concerns all documents, or all fail
 */
export async function scorePointwise(endpoint: ChatEndpoint, call: ScoreCall, price: TokenPrice | undefined): Promise<ScoreResult> {
  const spending = new Spending(price);
  const distinct = distinctTexts(call.texts);
  const ask = async (text: string, index: number, signal: AbortSignal): Promise<Outcome> => {
    try {
      const messages = pointwisePrompt(call, text);
      const reply = await endpoint.ask({ messages, maxTokens, logprobs: true, signal, deadlineMs: call.deadlineMs, spending });
      const judgment = judge(reply);
      if (judgment === undefined) throw neither(endpoint, reply.text);
      return { judgment, readTokens: reply.readTokens };
    } catch (error) {
      if (signal.aborted || !RerankError.is(error)) throw error;
      const known = concernsDocument(error) ? named(error, distinct.indices[index]![0]!) : error;
      if (call.onError !== "partial" || concernsAll(error)) throw known;
      return { error: known };
    }
  };
  const options = { limit: maxRequests, firstAlone: !endpoint.hasAnswered, signal: call.signal };
  const outcomes = await mapConcurrently(distinct.texts, options, ask);
  const [first] = outcomes;
  if (first !== undefined && "error" in first && outcomes.every((outcome) => "error" in outcome)) throw first.error;
  return resultOf(endpoint, distinct, outcomes, spending);
}

function resultOf(endpoint: ChatEndpoint, { of, indices }: DistinctTexts, outcomes: readonly Outcome[], spending: Spending): ScoreResult {
  const tokens = tokensOf(of, indices, outcomes);
  const failures = failuresOf(indices, outcomes);
  return {
    scores: Float64Array.from(of, (index) => {
      const outcome = outcomes[index]!;
      return "error" in outcome ? Number.NaN : outcome.judgment.score;
    }),
    ...(tokens === undefined ? {} : { pairTokens: { read: tokens } }),
    ...(failures.length === 0 ? {} : { failures }),
    warnings: wordWarnings(endpoint, outcomes),
    usage: spending.usage(),
  };
}

/** At the first index of each text, because equal texts were read once; undefined if the endpoint does not report them. */
function tokensOf(of: DistinctTexts["of"], indices: DistinctTexts["indices"], outcomes: readonly Outcome[]): Uint32Array | undefined {
  if (outcomes.some((outcome) => !("error" in outcome) && outcome.readTokens === undefined)) return undefined;
  return Uint32Array.from(of, (text, index) => {
    const outcome = outcomes[text]!;
    return "error" in outcome || indices[text]![0] !== index ? 0 : outcome.readTokens!;
  });
}

/** One failure for each message. */
function failuresOf(indices: DistinctTexts["indices"], outcomes: readonly Outcome[]): ScoreFailure[] {
  const byMessage = new Map<string, number[]>();
  outcomes.forEach((outcome, text) => {
    if (!("error" in outcome)) return;
    const { message } = outcome.error;
    byMessage.set(message, [...(byMessage.get(message) ?? []), ...indices[text]!]);
  });
  return Array.from(byMessage, ([message, failed]) => ({ indices: failed, message }));
}

function wordWarnings({ where }: ChatEndpoint, outcomes: readonly Outcome[]): RerankWarning[] {
  const judged = outcomes.flatMap((outcome) => ("error" in outcome ? [] : [outcome.judgment]));
  const byWord = judged.filter(({ by }) => by === "word").length;
  if (byWord === 0) return [];
  const how = `${byWord} of ${judged.length} different documents were scored by the word, 1 for yes and 0 for no`;
  return [{ type: "fallback", message: `${where}: the endpoint tells no probabilities of tokens, so ${how}` }];
}

function neither(endpoint: ChatEndpoint, text: string): RerankError {
  const what = `the answer is neither yes nor no: ${endpoint.quote(text)}`;
  return new RerankError("bad-response", `${endpoint.where}: ${what}. Use a model that follows instructions, or method "listwise".`);
}

/** Whether this document may have caused the error. 403 is OpenRouter's status for a text that moderation stops. @see https://openrouter.ai/docs/errors */
function concernsDocument({ code, status }: RerankError): boolean {
  return code === "bad-response" || (code === "hosted" && status !== undefined && [400, 403, 413, 422].includes(status));
}

/** Whether every document would fail in the same way: the key, the account, the model's name or the address is wrong. */
function concernsAll({ code, status, isRetryable }: RerankError): boolean {
  if (code !== "hosted") return code !== "bad-response" && code !== "timeout";
  return status === undefined ? !isRetryable : [401, 402, 404, 405].includes(status);
}

function named({ code, message, status, isRetryable, cause }: RerankError, index: number): RerankError {
  const options = { isRetryable, ...(status === undefined ? {} : { status }), ...(cause === undefined ? {} : { cause }) };
  return new RerankError(code, `documents[${index}]: ${message}`, options);
}
