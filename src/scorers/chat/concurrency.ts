/** How many go on at once. */
export interface ConcurrencyOptions {
  /** ≥ 1. */
  limit: number;
  /** The first one goes alone, and the others begin when it has ended. */
  firstAlone: boolean;
  signal: AbortSignal | undefined;
}

/**
 * The results of some work on each item, in their order.
 *
 * The first failure stops the rest, aborts what is under way, and is thrown when all has ended.
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  { limit, firstAlone, signal }: ConcurrencyOptions,
  work: (item: Item, index: number, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const results = new Array<Result>(items.length);
  const failures: unknown[] = [];
  let next = 0;
  const takeNext = async (): Promise<void> => {
    const index = next;
    next += 1;
    try {
      results[index] = await work(items[index]!, index, either);
    } catch (error) {
      failures.push(error);
      stop.abort(error);
    }
  };
  const takeAll = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) await takeNext();
  };
  if (firstAlone && items.length > 0) await takeNext();
  await Promise.all(Array.from({ length: limit }, takeAll));
  if (failures.length > 0) throw failures[0];
  return results;
}
