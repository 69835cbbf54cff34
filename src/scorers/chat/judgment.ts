/** Turns a chat model's yes or no, and its odds, into a probability of relevance. */
import type { Completion, TokenChance } from "./completion.ts";

/** The score of an answer to the yes-or-no question. */
export interface Judgment {
  /** In [0, 1]. */
  score: number;
  /** `odds`: from the probabilities of both words. `word`: from the written word, 1 or 0. */
  by: "odds" | "word";
}

/**
 * The judgment in an answer: from the odds if the endpoint reports them, otherwise from the word.
 *
 * @returns undefined if the model says neither yes nor no
 */
export function judge(completion: Completion): Judgment | undefined {
  const odds = oddsOf(completion);
  if (odds !== undefined) return { score: odds, by: "odds" };
  const word = /^[^\p{L}\p{N}]*(yes|no)(?![\p{L}\p{N}])/iu.exec(completion.text)?.[1];
  return word === undefined ? undefined : { score: word.toLowerCase() === "yes" ? 1 : 0, by: "word" };
}

/**
 * P(yes) / (P(yes) + P(no)) at the first token that has a letter or a digit.
 *
 * Sums all spellings of a word among the most likely tokens ("Yes", " yes", "▁YES"). A word that is not among them is less likely than the
 * least likely of them, and less likely than what they leave of 1: it gets the smaller of these two bounds. So two very sure answers still get
 * different scores, and no word gets more than its maximum.
 *
 * @see https://huggingface.co/Qwen/Qwen3-Reranker-0.6B for the quotient; there, a missing word gets a fixed logarithm, −10, which
 *   may be more than that of the least likely token
 */
function oddsOf({ tokens = [] }: Completion): number | undefined {
  const first = tokens.find(({ token }) => /[\p{L}\p{N}]/u.test(wordOf(token)));
  if (first === undefined) return undefined;
  const chances = first.alternatives.some(({ token }) => token === first.token) ? first.alternatives : [...first.alternatives, first];
  const reported = chances.filter(({ logprob }) => logprob > minReported);
  const yes = probabilityOf("yes", reported);
  const no = probabilityOf("no", reported);
  if (yes === 0 && no === 0) return undefined;
  const bound = boundOfMissing(reported);
  const [ofYes, ofNo] = [yes || bound, no || bound];
  return ofYes / (ofYes + ofNo);
}

// OpenAI and vLLM write this for a token without a reported probability.
// https://github.com/openai/openai-python src/openai/types/chat/chat_completion_token_logprob.py
const minReported = -9999;

// The rest of a sum of twenty probabilities, from rounded float32 logarithms, is not more exact than this.
const sumPrecision = 1e-6;

function boundOfMissing(reported: readonly TokenChance[]): number {
  const probabilities = reported.map(({ logprob }) => Math.exp(logprob));
  const left = 1 - probabilities.reduce((sum, probability) => sum + probability, 0);
  return Math.min(...probabilities, Math.max(left, sumPrecision));
}

function probabilityOf(word: "yes" | "no", chances: readonly TokenChance[]): number {
  return chances.reduce((sum, { token, logprob }) => sum + (wordOf(token) === word ? Math.exp(logprob) : 0), 0);
}

/** A token in lower case, without blanks and punctuation, and without the signs for a blank and a line end of some vocabularies. */
function wordOf(token: string): string {
  return token.replace(/[ĠĊ▁]|[^\p{L}\p{N}]/gu, "").toLowerCase();
}
