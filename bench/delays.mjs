import { Worker } from "node:worker_threads";

/** Delays of a 1 ms timer while `work` runs, in ms, sorted: how long the event loop was blocked. */
export async function delaysDuring(work) {
  const delays = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    delays.push(Math.max(0, now - last - 1));
    last = now;
  }, 1);
  await work();
  clearInterval(timer);
  return delays.sort((a, b) => a - b);
}

/** The same for three seconds while two threads only spin: the delay that busy cores alone cause. */
export async function delaysWhileSpinning() {
  const spinners = [1, 2].map(() => new Worker("for (;;);", { eval: true }));
  const delays = await delaysDuring(() => new Promise((resolve) => setTimeout(resolve, 3000)));
  await Promise.all(spinners.map((spinner) => spinner.terminate()));
  return delays;
}

/** The value below which a share of sorted numbers lies. */
export const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
