let last: Promise<void> = Promise.resolve();

/**
 * Waits for a turn of the event loop that belongs to this caller alone.
 *
 * Call it between two pieces of long work. A health probe then waits for one piece of work, not for the work of all requests.
 */
export function ownTurn(): Promise<void> {
  // Wait two turns: in the first, Node reads what has arrived meanwhile; in the second, it is answered. Timers would not help: all timers
  // that are due run in one turn.
  last = last.then(() => new Promise((resolve) => setImmediate(() => setImmediate(resolve))));
  return last;
}
