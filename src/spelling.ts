/** Finds the known word that a misspelled word stands for. */

/**
 * The known words most like the given one, best first; case, hyphens, underscores, dots and spaces do not count.
 *
 * A word counts as like when at most a quarter of its letters (but always one, and two from six letters on) must be changed, inserted,
 * removed or swapped with their neighbor; a known word that begins with the given one counts as one change away.
 *
 * @param maxCount maximum words to return
 */
export function nearestWords(word: string, known: readonly string[], maxCount = 3): string[] {
  const letters = lettersOf(word);
  const maxDistance = Math.max(letters.length < 6 ? 1 : 2, Math.floor(letters.length / 4));
  return known
    .map((candidate) => ({ candidate, distance: distanceBetween(letters, lettersOf(candidate), maxDistance + 1) }))
    .filter(({ distance }) => letters !== "" && distance <= maxDistance)
    .sort((left, right) => left.distance - right.distance)
    .slice(0, maxCount)
    .map(({ candidate }) => candidate);
}

/** What is compared of a word: `ms-marco-MiniLM-L-6-v2` and `ms-marco-minilm-l6-v2` are the same. */
export function lettersOf(word: string): string {
  return word.toLowerCase().replace(/[-_.\s]/g, "");
}

function distanceBetween(letters: string, candidate: string, limit: number): number {
  const isAbbreviation = letters.length >= 3 && candidate.startsWith(letters) && candidate !== letters;
  return isAbbreviation ? 1 : editDistance(letters, candidate, limit);
}

/**
 * Changes, insertions, removals and swaps of neighbors between two strings (optimal string alignment).
 *
 * @param limit maximum result: a larger distance counts as `limit`, so that a huge word costs nothing
 */
function editDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) >= limit) return limit;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const substitution = previous[column - 1]! + (left[row - 1] === right[column - 1] ? 0 : 1);
      let distance = Math.min(substitution, previous[column]! + 1, current[column - 1]! + 1);
      const isSwap = row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (isSwap) distance = Math.min(distance, beforePrevious[column - 2]! + 1);
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return Math.min(previous[right.length]!, limit);
}
