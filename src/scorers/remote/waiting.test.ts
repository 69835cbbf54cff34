/** Calls that have to wait: for busy engines, for silent ones, and those that end while they wait. */
import { describe, expect, it, vi } from "vitest";
import { callOf, gateTogether, plainNetwork, startClock, type TestEngine } from "../../../test/support/remote-engines.node.ts";
import { expectRight, failureOf, poolOf, startAll } from "../../../test/support/remote-pool.node.ts";
import { RerankError } from "../../errors.ts";
import type { Clock } from "../../http/retry.ts";
import { createRemoteScorer } from "./remote.ts";

describe("an engine that is busy", () => {
  it.each([
    ["429", { status: 429, headers: { "retry-after": "7" } }],
    ["503 with a time", { status: 503, headers: { "retry-after": "7" } }],
  ])("is spared for as long as it says, which is no failure: %s", async (_what, busy) => {
    const pool = await startAll(2);
    gateTogether(pool);
    pool[0]!.next.push(busy);
    const { scorer, clock, state } = poolOf(pool);
    expectRight(await scorer.score(callOf(64)));
    expect(state(0)).toBe("closed");
    expect(scorer.stats!()).toMatchObject({ "0.failures": 0, "0.refusals": 1 });
    const before = pool[0]!.requests.length;
    expectRight(await scorer.score(callOf(64)));
    expect(pool[0]!.requests.length).toBe(before);
    clock.advance(7_250);
    expectRight(await scorer.score(callOf(64)));
    expect(pool[0]!.requests.length).toBeGreaterThan(before);
    expect(clock.waits).toEqual([]);
  });

  it("is waited for where all are, as long as the first of them says", async () => {
    const pool = await startAll(2);
    gateTogether(pool);
    pool[0]!.next.push({ status: 429, headers: { "retry-after": "9" } });
    pool[1]!.next.push({ status: 429, headers: { "retry-after": "4" } });
    const { scorer, clock } = poolOf(pool);
    expectRight(await scorer.score(callOf(16)));
    expect(clock.waits).toContain(4_250);
    expect(clock.waits.every((wait) => wait <= 9_250)).toBe(true);
  });

  it("and does not say for how long is spared for up to a second", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    engine.next.push({ status: 429, json: { error: "Model is overloaded", error_type: "Overloaded" } });
    const { scorer, clock } = poolOf([engine]);
    expectRight(await scorer.score(callOf(8)));
    expect(clock.waits).toEqual([750]);
  });

  it.each([
    ["no Retry-After", 429, undefined],
    ["Retry-After: 0", 429, "0"],
    ["Retry-After: 0", 503, "0"],
    ["a negative one", 429, "-1"],
    ["a date just past", 503, new Date(Date.now() - 1_000).toUTCString()],
    ["a word", 429, "soon"],
  ])("is asked by one request at a time, after pauses that double: %s, %i", async (_what, status, retryAfter) => {
    const [engine] = (await startAll(1)) as [TestEngine];
    engine.always = { status, headers: retryAfter === undefined ? {} : { "retry-after": retryAfter } };
    const { scorer, clock } = poolOf([engine], { dialect: "vllm" });
    // 50 calls at once, of several parts each.
    const calls = Array.from({ length: 50 }, () => failureOf(scorer.score(callOf(100, { deadlineMs: performance.now() + 10_000 }))));
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: "hosted", isRetryable: true });
    expect(engine.requests.length).toBeLessThanOrEqual(6);
    // The first two requests are under way together, and their refusals are one.
    expect([...new Set(clock.waits)]).toEqual([750, 1_500, 3_000]);
  });

  it("is asked without a pause again once it has answered", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    const busy = { status: 429, headers: { "retry-after": "0" } };
    engine.next.push(busy, busy);
    const { scorer, clock } = poolOf([engine]);
    expectRight(await scorer.score(callOf(8)));
    engine.next.push(busy);
    expectRight(await scorer.score(callOf(8)));
    expect(clock.waits).toEqual([750, 1_500, 750]);
  });

  it("for longer than the call may take fails it at once, as one that may be tried again", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    engine.always = { status: 429, headers: { "retry-after": "20" }, text: "later" };
    const { scorer, clock } = poolOf([engine], { dialect: "vllm" });
    const error = await failureOf(scorer.score(callOf(8, { deadlineMs: performance.now() + 10_000 })));
    expect(error).toMatchObject({ code: "hosted", status: 429, isRetryable: true });
    expect(error.message).toMatch(
      /^remote: the engines are busy for longer than the call may wait: \S+ \(closed, busy for 21 s more\)\. The last error: /,
    );
    expect(clock.waits).toEqual([]);
  });

  it("for ever is given up after a minute where the call has no end", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    engine.always = { status: 429, headers: { "retry-after": "25" }, text: "later" };
    const { scorer, clock } = poolOf([engine], { dialect: "vllm" });
    expect(await failureOf(scorer.score(callOf(8)))).toMatchObject({ status: 429 });
    expect(clock.waits).toEqual([25_250, 25_500]);
  });
});

describe("a call that waits for busy engines", () => {
  it("leaves no timer behind when it is aborted", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    engine.always = { status: 429, headers: { "retry-after": "30" }, text: "later" };
    const timers: (AbortSignal | undefined)[] = [];
    const clock: Clock = {
      ...startClock(),
      wait: (_durationMs, signal) => {
        timers.push(signal);
        return new Promise((resolve) => signal?.addEventListener("abort", () => resolve()));
      },
    };
    const scorer = createRemoteScorer({ type: "remote", urls: [engine.url], dialect: "vllm" }, plainNetwork, clock);
    const controller = new AbortController();
    const reason = new RerankError("aborted", "test: enough. Nothing.");
    const answer = failureOf(scorer.score(callOf(100, { signal: controller.signal })));
    await expect.poll(() => timers.length).toBe(1);
    controller.abort(reason);
    expect(await answer).toBe(reason);
    expect(timers.map((signal) => signal?.aborted)).toEqual([true]);
  });
});

describe("an engine that does not answer", () => {
  it("is given up after timeoutSecs, and its part goes elsewhere", async () => {
    const pool = await startAll(2);
    gateTogether(pool);
    pool[0]!.next.push({ isSilent: true });
    const { scorer } = poolOf(pool, { timeoutSecs: 0.5 });
    const answer = await scorer.score(callOf(16));
    expectRight(answer);
    expect(answer.warnings[0]!.message).toMatch(/took longer than 0\.5 s/);
    await pool[0]!.requests.find(({ method }) => method === "POST")!.canceled;
  });

  it("is given up sooner where its usual time is known and another engine stands by", async () => {
    const pool = await startAll(2);
    gateTogether(pool);
    const { scorer } = poolOf(pool, { dialect: "tei" });
    await scorer.score(callOf(16));
    for (const engine of pool) engine.next.push({ isSilent: true });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const answer = scorer.score(callOf(8));
      while (pool.every(({ next }) => next.length > 0)) await new Promise((resolve) => setImmediate(resolve));
      for (const { next } of pool) next.length = 0;
      await vi.advanceTimersByTimeAsync(4_999);
      expect(scorer.stats!()).toMatchObject({ "0.failures": 0, "1.failures": 0 });
      await vi.advanceTimersByTimeAsync(1);
      expectRight(await answer);
      expect((await answer).warnings[0]!.message).toContain("took longer than 5 s, which is 10 times what it usually takes");
    } finally {
      vi.useRealTimers();
    }
  });

  it("is given up where it has never answered and another engine has", async () => {
    const pool = await startAll(2, { dialect: "vllm" });
    // It may tell about itself and its health, and never scores.
    pool[0]!.gate = new Promise(() => undefined);
    const { scorer } = poolOf(pool, { dialect: "vllm" });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const answer = scorer.score(callOf(16));
      while (pool.some(({ ranked }) => ranked.length === 0) || scorer.stats!()["1.outstanding"] !== 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      await vi.advanceTimersByTimeAsync(5_000);
      expectRight(await answer);
      expect((await answer).warnings[0]!.message).toContain("took longer than 5 s, which is 10 times what the others take");
    } finally {
      vi.useRealTimers();
    }
  });

  it("before a call's time is over is held against it, if it had long enough", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    engine.always = { isSilent: true };
    const { scorer, clock } = poolOf([engine], { dialect: "vllm" });
    const endAfter = async (durationMs: number, code: "timeout" | "aborted"): Promise<unknown> => {
      const before = engine.requests.length;
      const controller = new AbortController();
      const answer = failureOf(scorer.score(callOf(4, { signal: controller.signal })));
      await expect.poll(() => engine.requests.length).toBe(before + 1);
      clock.advance(durationMs);
      const reason = new RerankError(code, "test: it is over. Nothing.");
      controller.abort(reason);
      expect(await answer).toBe(reason);
      return scorer.stats!()["0.failures"];
    };
    expect(await endAfter(4_999, "timeout")).toBe(0);
    expect(await endAfter(60_000, "aborted")).toBe(0);
    expect(await endAfter(5_000, "timeout")).toBe(1);
  });
});

describe("an abort", () => {
  it("cancels every part, under way or waiting, and blames no engine", async () => {
    const pool = await startAll(2);
    const { scorer } = poolOf(pool);
    await scorer.score(callOf(16));
    for (const engine of pool) engine.always = { isSilent: true };
    const counts = pool.map(({ requests }) => requests.length);
    const controller = new AbortController();
    const reason = new RerankError("aborted", "test: enough. Nothing.");
    const answer = failureOf(scorer.score(callOf(640, { signal: controller.signal, onError: "partial" })));
    // Two parts of 32 for each.
    await expect.poll(() => pool.map(({ requests }, index) => requests.length - counts[index]!)).toEqual([2, 2]);
    controller.abort(reason);
    expect(await answer).toBe(reason);
    await Promise.all(pool.flatMap(({ requests }, index) => requests.slice(counts[index]).map(({ canceled }) => canceled)));
    expect(scorer.stats!()).toMatchObject({ "0.outstanding": 0, "0.failures": 0, "0.state": "closed", "1.outstanding": 0 });
    expect(pool.map(({ requests }, index) => requests.length - counts[index]!)).toEqual([2, 2]);
    for (const engine of pool) engine.always = undefined;
    expectRight(await scorer.score(callOf(640)));
  });

  it("before the call sends nothing", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    const reason = new RerankError("aborted", "test: enough. Nothing.");
    expect(await failureOf(poolOf([engine]).scorer.score(callOf(1, { signal: AbortSignal.abort(reason) })))).toBe(reason);
    expect(engine.requests).toEqual([]);
  });
});

describe("close", () => {
  it("ends probes, and calls that wait for them", async () => {
    const [engine] = (await startAll(1)) as [TestEngine];
    engine.always = { isSilent: true };
    const { scorer } = poolOf([engine]);
    const answer = failureOf(scorer.score(callOf(1)));
    await expect.poll(() => engine.requests.length).toBe(1);
    await scorer.close!();
    expect(await answer).toMatchObject({ code: "closed" });
    await engine.requests[0]!.canceled;
  });
});
