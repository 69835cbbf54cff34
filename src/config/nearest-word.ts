/**
 * The word most like the given one, comparing letters only, case ignored; a word cut short counts as nearly equal.
 *
 * @returns undefined when more than a third of the letters (or more than two) differ
 */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const plain = lettersOf(word);
  const limit = Math.max(2, Math.floor(plain.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    const letters = lettersOf(candidate);
    const isAbbreviation = plain.length >= 3 && letters.startsWith(plain);
    const distance = isAbbreviation ? Math.min(1, bestDistance) : editDistance(plain, letters, bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function lettersOf(word: string): string {
  return word.toLowerCase().replace(/[_-]/g, "");
}

/** Levenshtein's distance; `limit` stands for anything from `limit` up, so that a huge word costs nothing. */
export function editDistance(left: string, right: string, limit: number = Number.POSITIVE_INFINITY): number {
  if (Math.abs(left.length - right.length) >= limit) return limit;
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const substitution = previous[column - 1]! + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return Math.min(previous[right.length]!, limit);
}
