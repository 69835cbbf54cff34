import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { withLock } from "./lock.node.ts";

let folder: string;
let path: string;
const quick = { pollMs: 2 };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crossrank-lock-"));
  path = join(folder, "sub", "a.lock");
});

afterEach(() => {
  vi.unstubAllGlobals();
  rmSync(folder, { recursive: true, force: true });
});

/** A clock that goes on, so many seconds from here. */
function shiftedDate(seconds: number): DateConstructor {
  return class extends Date {
    constructor(...values: []) {
      super(...(values.length === 0 ? ([Date.now() + seconds * 1000] as unknown as []) : values));
    }
  } as unknown as DateConstructor;
}

describe("withLock", () => {
  it("lets one action run at a time", async () => {
    let running = 0;
    let maxRunning = 0;
    const action = async (): Promise<void> => {
      running += 1;
      maxRunning = Math.max(maxRunning, running);
      await new Promise((resolve) => setTimeout(resolve, 3));
      running -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(path, quick, action)));
    expect(maxRunning).toBe(1);
    expect(readdirSync(join(folder, "sub"))).toEqual([]);
  });

  it("gives back what the action gives, and lets go when it fails", async () => {
    expect(await withLock(path, quick, async () => 7)).toBe(7);
    await expect(withLock(path, quick, () => Promise.reject(new Error("inside")))).rejects.toThrow("inside");
    expect(existsSync(path)).toBe(false);
  });

  it("stays young while its holder works, so that nobody takes it over", async () => {
    const options = { pollMs: 2, staleMs: 200 };
    let other: Promise<string> | undefined;
    let isTaken = false;
    await withLock(path, options, async () => {
      other = withLock(path, options, async () => {
        isTaken = true;
        return "later";
      });
      await new Promise((resolve) => setTimeout(resolve, 450));
      expect(isTaken).toBe(false);
    });
    expect(await other).toBe("later");
  });

  it.each([-3600, 3600])("stays its holder's when the time of day jumps by %i s", async (seconds) => {
    const options = { pollMs: 2, staleMs: 200 };
    let other: Promise<void> | undefined;
    let isTaken = false;
    await withLock(path, options, async () => {
      other = withLock(path, options, async () => {
        isTaken = true;
      });
      vi.stubGlobal("Date", shiftedDate(seconds));
      await new Promise((resolve) => setTimeout(resolve, 450));
      expect(isTaken).toBe(false);
    });
    await other;
  });

  it.each([-3600, 0, 3600])("is taken over by exactly one of several when nobody touches it, were it touched in %i s", async (seconds) => {
    await withLock(path, quick, async () => undefined);
    writeFileSync(path, "elsewhere\n1\nold\n");
    const touched = new Date(Date.now() + seconds * 1000);
    utimesSync(path, touched, touched);
    let running = 0;
    let maxRunning = 0;
    const action = async (): Promise<void> => {
      running += 1;
      maxRunning = Math.max(maxRunning, running);
      await new Promise((resolve) => setTimeout(resolve, 3));
      running -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => withLock(path, { pollMs: 2, staleMs: 200 }, action)));
    expect(maxRunning).toBe(1);
  });

  it("is taken over at once when its process on this machine is gone", async () => {
    await withLock(path, quick, async () => undefined);
    // Above the largest process id of any system.
    writeFileSync(path, `${hostname()}\n${2 ** 30}\nold\n`);
    expect(await withLock(path, quick, async () => "mine")).toBe("mine");
  });
});
