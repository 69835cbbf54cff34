/** Whatever happens to the requests: a call gives every document its own score, or it fails. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  callOf,
  logitOf,
  plainNetwork,
  probabilityOf,
  startClock,
  startEngine,
  type TestEngine,
  textsOf,
} from "../../../test/support/remote-engines.node.ts";
import type { ScriptedAnswer } from "../../../test/support/scripted-server.node.ts";
import { RerankError } from "../../errors.ts";
import { scoreOf } from "../../ranking/scores.ts";
import type { RemoteDialect } from "../../types.ts";
import { createRemoteScorer } from "./remote.ts";

type Fault = (right: ScriptedAnswer) => ScriptedAnswer;

/** The list of results of a reply, whatever its dialect. */
const withResults = (right: ScriptedAnswer, change: (results: object[]) => object[]): ScriptedAnswer => {
  const json = right.json as object[] | { results: object[] };
  return { ...right, json: Array.isArray(json) ? change(json) : { ...json, results: change(json.results) } };
};
const faults: Readonly<Record<string, Fault>> = {
  right: (right) => right,
  broken: () => ({ status: 500, text: "boom" }),
  gateway: () => ({ status: 502, text: "<html>" }),
  hangUp: () => ({ hangsUp: true }),
  cut: (right) => ({ ...right, cutAfterBytes: 9 }),
  page: () => ({ text: "<html>" }),
  busy: () => ({ status: 429, headers: { "retry-after": "1" } }),
  leaving: () => ({ status: 503, headers: { "retry-after": "2" } }),
  large: () => ({ status: 413 }),
  wrong: () => ({ status: 422, text: "no" }),
  stranger: () => ({ status: 401, text: "who?" }),
  missing: (right) => withResults(right, (results) => results.slice(1)),
  twice: (right) => withResults(right, ([first, ...rest]) => [first!, first!, ...rest.slice(1)]),
  shifted: (right) =>
    withResults(right, (results) => results.map((result) => ({ ...result, index: (result as { index: number }).index + 1 }))),
  empty: (right) => withResults(right, () => []),
};
const dialects: readonly RemoteDialect[] = ["tei", "vllm", "crossrank", "llamacpp"];
let engines: TestEngine[];

beforeAll(async () => {
  engines = await Promise.all(dialects.map((dialect) => startEngine({ dialect, maxDocuments: 16 })));
});
afterAll(() => Promise.all(engines.map((engine) => engine.close())));

const scripts = fc.array(fc.array(fc.constantFrom(...Object.keys(faults)), { maxLength: 12 }), { minLength: 1, maxLength: 4 });
/** A run is some fifty requests. */
const runs = Number(process.env.CROSSRANK_RANDOM_RUNS ?? 40);
const counts = fc.integer({ min: 1, max: 120 });

it("a call gives every document its own score, or fails with an error of ours", { timeout: 600_000 }, async () => {
  let answered = 0;
  let failed = 0;
  await fc.assert(
    fc.asyncProperty(scripts, counts, fc.boolean(), fc.integer({ min: 1, max: 3 }), async (script, count, isPartial, calls) => {
      const pool = engines.slice(0, script.length);
      const clock = startClock();
      for (const [index, engine] of pool.entries()) engine.next = script[index]!.map((name) => faults[name]!);
      const scorer = createRemoteScorer({ type: "remote", urls: pool.map(({ url }) => url), model: "m" }, plainNetwork, clock);
      const texts = textsOf(count);
      for (let call = 0; call < calls; call += 1) {
        const answer = await scorer.score(callOf(count, { onError: isPartial ? "partial" : "fail" })).catch((error: unknown) => error);
        if (RerankError.is(answer)) {
          failed += 1;
          expect(["hosted", "bad-response"]).toContain(answer.code);
        } else {
          answered += 1;
          const { scores, scoreKind, failures = [], warnings } = answer as Awaited<ReturnType<typeof scorer.score>>;
          const without = failures.flatMap(({ indices }) => indices);
          expect(new Set(without).size).toBe(without.length);
          if (!isPartial) expect(without).toEqual([]);
          const shown = Array.from(scores, (score) => scoreOf(score, scoreKind!));
          expect(shown).toEqual(texts.map((text, index) => (without.includes(index) ? Number.NaN : probabilityOf(text))));
          if (scoreKind === "logit") expect(scores[0]).toBe(without.includes(0) ? Number.NaN : logitOf(texts[0]!));
          expect(warnings.filter(({ type }) => type === "fallback").length).toBeLessThanOrEqual(1);
        }
        for (const index of pool.keys()) expect(scorer.stats!()[`${index}.outstanding`]).toBe(0);
        clock.advance(3_000);
      }
      await scorer.close!();
    }),
    { numRuns: runs },
  );
  // The scripts are neither all harmless nor all deadly.
  expect(Math.min(answered, failed)).toBeGreaterThan(runs / 10);
});
