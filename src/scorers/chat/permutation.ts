/** An answer of a listwise model, as an order. */

/** An order of some passages, and what had to be done to get it. */
export interface Permutation {
  /** Every place from 0 to `count` − 1 once, the most relevant first. */
  order: number[];
  /** Places that the answer names; the others follow in their present order. */
  named: number;
  /** Numbers that were dropped: named before, or of no passage. */
  dropped: number;
}

/**
 * Reads `[2] > [1] > [3]`, and whatever else a model may write instead.
 *
 * Numbers in brackets count; where there are none, all numbers do. Digits of other scripts and in circles are understood. Numbers
 * that were named before and those of no passage are dropped, and passages that are not named follow in their present order: so
 * every passage has one place, whatever the answer is.
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
  for (let place = 0; place < count; place += 1) order.add(place);
  return { order: [...order], named, dropped: numbers.length - named };
}

/** Whether the answer was an order of all passages as it stood. */
export function isWhole({ order, named, dropped }: Permutation): boolean {
  return named === order.length && dropped === 0;
}

function numbersIn(answer: string): number[] {
  const bracketed = [...answer.matchAll(/\[\s*(\d{1,9})\s*\]/g)];
  const found = bracketed.length > 0 ? bracketed : [...answer.matchAll(/(\d+)/g)];
  return found.map(([, digits]) => Number(digits));
}
