let last: Promise<void> = Promise.resolve();

/**
 * Waits for a turn of the event loop that no other long work has: whoever answers probes meanwhile waits for one piece of work, not for those
 * of all requests.
 */
export function ownTurn(): Promise<void> {
  last = last.then(() => new Promise((resolve) => setTimeout(resolve)));
  return last;
}
