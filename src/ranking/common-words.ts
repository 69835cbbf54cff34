/** Which passages have most words of the query. */

// Words of a query beyond these do not count: they are bits of one number.
const maxWords = 31;
// Scripts without spaces between words: two neighboring characters stand for a word.
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** Finds words of one query in texts: bit i of the result is set if the text has the query's word i. */
export function commonWords(query: string): (text: string) => number {
  const words = new Map([...new Set(wordsOf(query))].slice(0, maxWords).map((word, index) => [word, index]));
  return (text) => {
    let found = 0;
    for (const word of wordsOf(text)) {
      const index = words.get(word);
      if (index !== undefined) found |= 1 << index;
    }
    return found;
  };
}

/**
 * The passages of one document with most of the query's words, in the order of the text. A word counts more the fewer passages have it, so that "the"
 * counts for nothing. Of equal ones, the first.
 *
 * @param found the words of each passage, by {@link commonWords}
 * @param count how many to keep
 * @returns their indices
 */
export function passagesByWords(found: readonly number[], count: number): number[] {
  const weights = Array.from({ length: maxWords }, (_, word) => {
    const having = found.reduce((sum, words) => sum + ((words >>> word) & 1), 0);
    return having === 0 ? 0 : Math.log(found.length / having);
  });
  const scores = found.map((words) => weights.reduce((sum, weight, word) => sum + ((words >>> word) & 1) * weight, 0));
  const order = [...scores.keys()].sort((left, right) => scores[right]! - scores[left]! || left - right);
  return order.slice(0, count).sort((left, right) => left - right);
}

function wordsOf(text: string): string[] {
  const runs =
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return runs.flatMap((run) => {
    if (!unspaced.test(run)) return run;
    const characters = [...run];
    return characters.length === 1 ? run : characters.slice(1).map((character, index) => characters[index]! + character);
  });
}
