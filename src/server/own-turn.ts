let last: Promise<void> = Promise.resolve();

/**
 * Waits for a turn of the event loop that no other long work has: whoever answers probes meanwhile waits for one piece of work, not for those
 * of all requests.
 */
export function ownTurn(): Promise<void> {
  // Two turns: what arrived while the last one worked is read in the first, and answered in the second. Timers would do neither: those that
  // are due run one after the other in one turn.
  last = last.then(() => new Promise((resolve) => setImmediate(() => setImmediate(resolve))));
  return last;
}
