import { describe, expect, it } from "vitest";
import { CircuitBreaker } from "./breaker.ts";

const startBreaker = (state: "new" | "closed"): { breaker: CircuitBreaker; pass(durationMs: number): void } => {
  let nowMs = 0;
  const breaker = new CircuitBreaker({ now: () => nowMs }, state);
  return {
    breaker,
    pass: (durationMs) => {
      nowMs += durationMs;
    },
  };
};
const openBreaker = (): ReturnType<typeof startBreaker> => {
  const started = startBreaker("closed");
  for (let failure = 0; failure < 3; failure += 1) started.breaker.fail("x");
  return started;
};

describe("a circuit breaker", () => {
  it("opens at the third failure in a row, not at three with a success between them", () => {
    const { breaker } = startBreaker("closed");
    breaker.fail("a");
    breaker.fail("b");
    breaker.succeed();
    breaker.fail("c");
    breaker.fail("d");
    expect(breaker.state).toBe("closed");
    breaker.fail("e");
    expect([breaker.state, breaker.lastError, breaker.allowsRequest, breaker.isPromising]).toEqual(["open", "e", false, false]);
  });

  it("is new until a probe was passed, then closed", () => {
    const { breaker } = startBreaker("new");
    expect([breaker.isDue, breaker.allowsRequest]).toEqual([true, false]);
    breaker.startProbe();
    expect([breaker.state, breaker.isDue, breaker.allowsRequest, breaker.isPromising]).toEqual(["half-open", false, false, true]);
    breaker.passProbe();
    expect([breaker.state, breaker.allowsRequest]).toEqual(["closed", true]);
  });

  it("is due after five seconds, and closes when a trial after the probe succeeds", () => {
    const { breaker, pass } = openBreaker();
    pass(4_999);
    expect([breaker.isDue, breaker.describe()]).toEqual([false, "open for 1 s more"]);
    pass(1);
    expect(breaker.isDue).toBe(true);
    breaker.startProbe();
    breaker.passProbe();
    expect([breaker.state, breaker.allowsRequest, breaker.lastError]).toEqual(["half-open", true, "x"]);
    breaker.succeed();
    expect([breaker.state, breaker.lastError]).toEqual(["closed", undefined]);
  });

  it("waits twice as long each time the trial fails, a minute at most, and five seconds again after a success", () => {
    const { breaker, pass } = openBreaker();
    const cooledAfter = (): number => {
      for (let waitedMs = 0; ; waitedMs += 1_000, pass(1_000)) if (breaker.isDue) return waitedMs;
    };
    const waits: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      waits.push(cooledAfter());
      breaker.startProbe();
      breaker.passProbe();
      breaker.fail("again");
    }
    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    cooledAfter();
    breaker.startProbe();
    breaker.passProbe();
    breaker.succeed();
    breaker.trip("anew");
    expect(cooledAfter()).toBe(5_000);
  });

  it("takes the failures of requests that were under way when it opened for one event", () => {
    const { breaker, pass } = openBreaker();
    pass(3_000);
    breaker.fail("late");
    breaker.trip("later");
    pass(2_000);
    expect(breaker.isDue).toBe(true);
  });

  it("closes for a late answer while it is open, but not during a probe, which is about to tell", () => {
    const { breaker, pass } = openBreaker();
    breaker.succeed();
    expect(breaker.state).toBe("closed");
    breaker.trip("y");
    pass(5_000);
    breaker.startProbe();
    breaker.succeed();
    expect([breaker.state, breaker.allowsRequest]).toEqual(["half-open", false]);
  });
});
