/** Reads the order in a listwise model's answer. */

/** An order of passages, and how much of the answer was repaired. */
export interface Permutation {
  /** Every index from 0 to `count` − 1 once, the most relevant first. */
  order: number[];
  /** How many passages the answer names. The others follow in their present order. */
  named: number;
  /** How many numbers were dropped: repeated ones, and those of no passage. */
  dropped: number;
}

/**
 * Reads `[2] > [1] > [3]`, and other answers that models write instead.
 *
 * Numbers in brackets count; if there are none, all numbers count. Digits of other scripts and in circles are read, too. Repeated numbers and
 * those of no passage are dropped. Passages that the answer does not name follow in their present order. So every passage has exactly one rank.
 *
 * @see `receive_permutation` in `rank_gpt.py` of https://github.com/sunnweiwei/RankGPT at 2a862ed; `response_utils.py` of
 *   https://github.com/castorini/rank_llm at 9bbba37 for other digits
 */
export function readPermutation(answer: string, count: number): Permutation {
  const order = new Set<number>();
  const numbers = numbersIn(answer.normalize("NFKC"));
  for (const number of numbers) {
    if (number >= 1 && number <= count) order.add(number - 1);
  }
  const named = order.size;
  for (let index = 0; index < count; index += 1) order.add(index);
  return { order: [...order], named, dropped: numbers.length - named };
}

/** Whether the answer was a complete order of all passages, without repairs. */
export function isWhole({ order, named, dropped }: Permutation): boolean {
  return named === order.length && dropped === 0;
}

function numbersIn(answer: string): number[] {
  const bracketed = [...answer.matchAll(/\[\s*(\d{1,9})\s*\]/g)];
  const found = bracketed.length > 0 ? bracketed : [...answer.matchAll(/(\d+)/g)];
  return found.map(([, digits]) => Number(digits));
}
