/** Orders documents by windows that slide from the end of the list to its front. */
import { RerankError } from "../../errors.ts";
import { distinctTexts } from "../../ranking/distinct-texts.ts";
import type { ScoreCall, ScoreResult } from "../../scorer.ts";
import type { RerankWarning, TokenPrice } from "../../types.ts";
import type { ChatEndpoint } from "./endpoint.ts";
import { isWhole, type Permutation, readPermutation } from "./permutation.ts";
import { listwisePrompt } from "./prompts.ts";
import { Spending } from "./spending.ts";

/** Size and step of the windows. */
export interface WindowOptions {
  /** Documents of one window, ≥ 2. */
  size: number;
  /** Documents by which the window moves, ≥ 1 and below `size`. */
  step: number;
}

/**
 * Start indices of the windows, in the order of the requests: the last documents first, 0 at the end.
 *
 * Each window except the last starts `step` before the previous one. For `count` > `size` documents, there are ⌈(count − size) / step⌉ + 1. The
 * best `size − step` documents of a window are in the next one, too, so that they can reach the front from anywhere.
 *
 * @see https://arxiv.org/abs/2304.09542 (RankGPT) for windows of 20 and steps of 10. Its `rank_gpt.py` (sunnweiwei/RankGPT at 2a862ed)
 *   leaves out documents at the front if the steps do not reach it exactly; here, one more full window begins at the front
 */
export function windowStarts(count: number, { size, step }: WindowOptions): number[] {
  const starts = [Math.max(0, count - size)];
  while (starts.at(-1)! > 0) starts.push(Math.max(0, starts.at(-1)! - step));
  return starts;
}

/**
 * Scores that express only the rank: (n − rank) / n for n distinct texts, from 1 for the best down to 1 / n.
 *
 * The input order is the initial order, such as that of a search engine. Asks about equal texts once, and sends nothing if there is only one
 * text. Each window depends on the one before, so the requests run one after another, and one failure fails the call.
 *
 * @throws RerankError as {@link ChatEndpoint.ask}; `bad-response` if no answer names a passage
 */
export async function scoreListwise(
  endpoint: ChatEndpoint,
  call: ScoreCall,
  windows: WindowOptions,
  price: TokenPrice | undefined,
): Promise<ScoreResult> {
  const spending = new Spending(price);
  const { texts, of, indices } = distinctTexts(call.texts);
  const order = texts.map((_, index) => index);
  const answers: WindowAnswer[] = [];
  // One text needs no request.
  for (const start of texts.length < 2 ? [] : windowStarts(texts.length, windows)) {
    const window = order.slice(start, start + windows.size);
    const answer = await askWindow(endpoint, call, window, texts, spending);
    order.splice(start, window.length, ...answer.permutation.order.map((row) => window[row]!));
    answers.push(answer);
  }
  if (answers.length > 0 && answers.every(({ permutation }) => permutation.named === 0)) throw noOrder(endpoint, answers[0]!);
  const scores = new Float64Array(texts.length);
  order.forEach((index, rank) => {
    scores[index] = (texts.length - rank) / texts.length;
  });
  const tokens = sharedTokens(
    of.length,
    answers,
    indices.map(([first]) => first!),
  );
  return {
    scores: Float64Array.from(of, (index) => scores[index]!),
    ...(tokens === undefined ? {} : { pairTokens: { read: tokens } }),
    warnings: repairWarnings(endpoint, answers),
    usage: spending.usage(),
  };
}

/** The answer for one window. */
interface WindowAnswer {
  /** Indices of its texts. */
  window: readonly number[];
  permutation: Permutation;
  text: string;
  readTokens: number | undefined;
}

async function askWindow(
  endpoint: ChatEndpoint,
  call: ScoreCall,
  window: readonly number[],
  texts: readonly string[],
  spending: Spending,
): Promise<WindowAnswer> {
  const passages = window.map((index) => texts[index]!);
  const reply = await endpoint.ask({
    messages: listwisePrompt(call, passages),
    // Each token has at least one character, and "[100] > " has eight.
    maxTokens: 16 + 8 * window.length,
    logprobs: false,
    signal: call.signal,
    deadlineMs: call.deadlineMs,
    spending,
  });
  return { window, permutation: readPermutation(reply.text, window.length), text: reply.text, readTokens: reply.readTokens };
}

/**
 * Divides the tokens of each window equally among its documents, so that the sum stays right.
 *
 * @param firstIndices index of each text in the call
 * @returns undefined if the endpoint does not report them
 */
function sharedTokens(count: number, answers: readonly WindowAnswer[], firstIndices: readonly number[]): Uint32Array | undefined {
  const tokens = new Uint32Array(count);
  for (const { window, readTokens } of answers) {
    if (readTokens === undefined) return undefined;
    window.forEach((index, row) => {
      tokens[firstIndices[index]!]! += Math.floor((readTokens + row) / window.length);
    });
  }
  return tokens;
}

function repairWarnings({ where }: ChatEndpoint, answers: readonly WindowAnswer[]): RerankWarning[] {
  const repaired = answers.map(({ permutation }) => permutation).filter((permutation) => !isWhole(permutation));
  if (repaired.length === 0) return [];
  const missing = repaired.reduce((sum, { order, named }) => sum + order.length - named, 0);
  const dropped = repaired.reduce((sum, permutation) => sum + permutation.dropped, 0);
  const what = `${repaired.length} of ${answers.length} answers were no whole order`;
  const how = `${missing} documents that they left out follow in their present order, ${dropped} repeated or unknown numbers were dropped`;
  return [{ type: "fallback", message: `${where}: ${what}: ${how}` }];
}

function noOrder(endpoint: ChatEndpoint, { text }: WindowAnswer): RerankError {
  const what = `no answer names a passage: ${endpoint.quote(text)}`;
  return new RerankError("bad-response", `${endpoint.where}: ${what}. Use a model that follows instructions, or method "pointwise".`);
}
