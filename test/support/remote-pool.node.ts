/** What the tests of failing and waiting pools share: engines that are closed after each test, and pools on a clock of their own. */
import { afterEach, expect } from "vitest";
import type { RerankError } from "../../src/errors.ts";
import type { ScoreResult, Scorer } from "../../src/scorer.ts";
import { createRemoteScorer } from "../../src/scorers/remote/remote.ts";
import type { CheckedRemoteModel } from "../../src/types.ts";
import {
  type EngineOptions,
  plainNetwork,
  probabilityOf,
  startClock,
  startEngine,
  type TestEngine,
  textsOf,
} from "./remote-engines.node.ts";

/** A pool under test. */
export interface TestPool {
  scorer: Scorer;
  clock: ReturnType<typeof startClock>;
  /** State of one engine's breaker. */
  state(engineIndex: number): unknown;
}

let engines: TestEngine[] = [];
afterEach(async () => {
  await Promise.all(engines.map((engine) => engine.close()));
  engines = [];
});

/** Starts engines, which speak like TEI if nothing else is said; they end with the test. */
export async function startAll(count: number, options: EngineOptions = {}): Promise<TestEngine[]> {
  const started = await Promise.all(Array.from({ length: count }, () => startEngine(options)));
  engines.push(...started);
  return started;
}

export function poolOf(pool: readonly { url: string }[], model: Partial<CheckedRemoteModel> = {}): TestPool {
  const clock = startClock();
  const scorer = createRemoteScorer({ type: "remote", urls: pool.map(({ url }) => url), ...model }, plainNetwork, clock);
  return { scorer, clock, state: (engineIndex) => scorer.stats!()[`${engineIndex}.state`] };
}

/** The error of what has to fail. */
export function failureOf(work: Promise<unknown>): Promise<RerankError> {
  return work.then(
    () => expect.unreachable("it should have failed"),
    (error: unknown) => error as RerankError,
  );
}

/** Each text of `callOf` has its own score. */
export function expectRight({ scores }: ScoreResult): void {
  expect(Array.from(scores)).toEqual(textsOf(scores.length).map(probabilityOf));
}
