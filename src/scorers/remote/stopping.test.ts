import { expect, it } from "vitest";
import { Stopping } from "./stopping.ts";

it("every work is ended with the first reason, those that begin later too", async () => {
  const stopping = new Stopping();
  const endOf = (signal: AbortSignal): Promise<unknown> =>
    new Promise((resolve) => {
      if (signal.aborted) resolve(signal.reason);
      else signal.addEventListener("abort", () => resolve(signal.reason));
    });
  const works = Array.from({ length: 50 }, () => stopping.guard(endOf));
  expect([stopping.isStopped, stopping.reason]).toEqual([false, undefined]);
  stopping.stop("first");
  stopping.stop("second");
  expect(new Set(await Promise.all([...works, stopping.guard(endOf)]))).toEqual(new Set(["first"]));
  expect([stopping.isStopped, stopping.reason]).toEqual([true, "first"]);
});

it("work that has ended is not told any more", async () => {
  const stopping = new Stopping();
  const signal = await stopping.guard(async (given) => given);
  await expect(stopping.guard(() => Promise.reject("failed"))).rejects.toBe("failed");
  stopping.stop("over");
  expect(signal.aborted).toBe(false);
});
