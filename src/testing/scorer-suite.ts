/** Checks the behavior that all scorers share. `test/scorers.heavy.test.ts` runs it on each kind. */
import { type RerankDocument, RerankError } from "../index.ts";
import type { ScoreCall, Scorer } from "../scorer.ts";

/** One requirement of the contract. */
export interface ScorerCheck {
  /** A sentence about behavior, for the test's name. */
  name: string;
  /** Rejects with RerankError `inference`, whose message names the expected and the actual result. */
  run(): Promise<void>;
}

const texts: readonly string[] = [
  "Dog training requires patience.",
  "Cats like to play alone.",
  "",
  "A dog sits.",
  "Bird care \ud83d\udc26 \ud800",
];
const usualCall: ScoreCall = {
  query: "How to train a dog",
  texts,
  truncation: "longest_first",
  specialTokens: "neutralize",
  batchSize: 32,
};

/**
 * Creates the checks.
 *
 * @param createScorer creates a new scorer at each call; each check closes its scorer
 * @param documentOf returns the document of a text, for scorers that read more than texts
 */
export function scorerChecks(createScorer: () => Scorer, documentOf: (text: string) => RerankDocument = (text) => text): ScorerCheck[] {
  const callWith = (changes: Partial<ScoreCall> & Pick<ScoreCall, "texts">): ScoreCall => ({
    ...usualCall,
    ...changes,
    documents: changes.texts.map(documentOf),
  });
  const call = callWith({ texts });
  const check = (name: string, body: (scorer: Scorer, fail: (what: string) => RerankError) => Promise<void>): ScorerCheck => ({
    name,
    async run() {
      const scorer = createScorer();
      try {
        await body(scorer, (what) => new RerankError("inference", `scorerChecks, "${name}": ${what}. Correct the scorer ${scorer.name}.`));
      } finally {
        await scorer.close?.();
      }
    },
  });
  return [
    check("gives one finite score per text, and one count of tokens where it counts them", async (scorer, fail) => {
      const { scores, pairTokens } = await scorer.score(call);
      if (scores.length !== texts.length || !scores.every(Number.isFinite)) throw fail(`got the scores ${scores.join(", ")}`);
      for (const counts of [pairTokens?.read, pairTokens?.full]) {
        if (counts !== undefined && counts.length !== texts.length) throw fail(`got ${counts.length} counts for ${texts.length} texts`);
      }
    }),
    check("keeps input order, and gives the same pair the same score in any place", async (scorer, fail) => {
      const { scores } = await scorer.score(call);
      const { scores: reversed } = await scorer.score(callWith({ texts: [...texts, ...texts].reverse() }));
      expectClose(Array.from(reversed), [...scores, ...scores].reverse(), fail);
    }),
    check("answers concurrent first calls alike", async (scorer, fail) => {
      const [first, ...others] = await Promise.all([scorer.score(call), scorer.score(call), scorer.score(call)]);
      for (const { scores } of others) expectClose(scores, first!.scores, fail);
    }),
    check("gives the same numbers to a synchronous caller", async (scorer, fail) => {
      if (scorer.scoreSync === undefined) return;
      const { scores } = scorer.scoreSync(call);
      expectClose(scores, (await scorer.score(call)).scores, fail);
    }),
    check("ends an aborted call with the signal's reason, and stays usable", async (scorer, fail) => {
      const controller = new AbortController();
      const reason = new RerankError("aborted", "scorerChecks: aborted to see what the scorer does. Nothing needs to be done.");
      const answer = scorer.score(callWith({ texts: Array.from({ length: 200 }, () => texts[0]!), signal: controller.signal }));
      controller.abort(reason);
      const caught: unknown = await answer.catch((error: unknown) => error);
      if (caught !== reason) throw fail(`expected the reason, got ${String(caught)}`);
      if ((await scorer.score(call)).scores.length !== texts.length) throw fail("the next call got other scores");
    }),
    check("is warm after warmUp, and can be closed twice", async (scorer) => {
      await scorer.warmUp?.();
      await scorer.warmUp?.();
      await scorer.close?.();
    }),
  ];
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, fail: (what: string) => RerankError): void {
  // Padding and threads can change the last bits of a float32.
  const isClose = Array.from(expected).every((value, index) => Math.abs(value - actual[index]!) <= 1e-5);
  if (actual.length !== expected.length || !isClose)
    throw fail(`expected ${Array.from(expected).join(", ")}, got ${Array.from(actual).join(", ")}`);
}
