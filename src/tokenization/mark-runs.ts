// Longer runs are slow to sort with `normalize`.
const longRuns = /\p{M}{32,}/gu;
// Marks of the highest and of the lowest combining class. A mark that swaps with one of them has a nonzero class.
const highestClass = "\u0345";
const lowestClass = "\u0334";

/**
 * A canonically equivalent text, with long runs of combining marks in canonical order.
 *
 * `normalize` sorts a run by walking back over it for each mark: a run of 200,000 marks of two alternating classes takes minutes.
 * It is fast for marks that are already in order.
 *
 * @see https://www.unicode.org/reports/tr15/ canonical ordering: marks of class 0 stay, and nothing moves past them
 */
export function withOrderedMarks(text: string): string {
  return text.replace(longRuns, orderRun);
}

function orderRun(run: string): string {
  const marks = Array.from(run, (mark) => mark.normalize("NFD")).join("");
  // There are few different marks, so comparing each pair of them once is cheap.
  const kinds = [...new Set(marks)];
  const movable = kinds.filter(hasClass).sort(byClass);
  const ranks = new Map<string, number>();
  for (const [index, mark] of movable.entries()) {
    const before = movable[index - 1];
    ranks.set(mark, before === undefined ? 0 : ranks.get(before)! + (byClass(before, mark) === 0 ? 0 : 1));
  }
  const buckets: string[] = [];
  let ordered = "";
  const flush = (): void => {
    ordered += buckets.join("");
    buckets.length = 0;
  };
  for (const mark of marks) {
    const rank = ranks.get(mark);
    if (rank === undefined) {
      flush();
      ordered += mark;
    } else {
      buckets[rank] = (buckets[rank] ?? "") + mark;
    }
  }
  flush();
  return ordered;
}

function hasClass(mark: string): boolean {
  return moves(highestClass, mark) || moves(mark, lowestClass);
}

function byClass(left: string, right: string): number {
  if (moves(left, right)) return 1;
  return moves(right, left) ? -1 : 0;
}

/** Whether canonical order puts the second mark before the first. */
function moves(first: string, second: string): boolean {
  return (
    first !== second &&
    (first + second).normalize("NFD") === (second + first).normalize("NFD") &&
    (first + second).normalize("NFD").startsWith(second)
  );
}
