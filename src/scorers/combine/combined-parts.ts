/** What all composed scorers share: they call their parts, and implement the contract of a scorer. */
import { scoreOf } from "../../ranking/scores.ts";
import { truncations } from "../../ranking/truncations.ts";
import type { Capabilities, ScoreCall, ScoreResult, Scorer, ScoreTiers } from "../../scorer.ts";

/** The steps of a composed scorer, written once for `score` and `scoreSync`: each `yield` calls parts, and receives their outcomes. */
export type Composition = (call: ScoreCall) => Generator<PartCall, ScoreResult, PartOutcome>;

/** Calls to parts that run at the same time. */
export interface PartCall {
  parts: readonly { scorer: Scorer; call: ScoreCall }[];
}

/** The outcomes of the parts, in their order. */
export type PartOutcome = readonly PromiseSettledResult<ScoreResult>[];

/** Options of {@link composeScorer}. */
export interface ComposeOptions {
  name: string;
  model: string;
  /** The composed scorer closes them. */
  parts: readonly Scorer[];
  composition: Composition;
  /** Whether `warmUp` ignores a part that cannot be loaded, because a call may work without it. @default false */
  isLenient?: boolean;
}

/** A scorer that is made of others. */
export function composeScorer({ name, model, parts, composition, isLenient = false }: ComposeOptions): Scorer {
  const isSync = parts.every(({ scoreSync }) => scoreSync !== undefined);
  const closeAll = async (): Promise<void> => {
    await Promise.all(parts.map((part) => part.close?.()));
  };
  const scorer: Scorer = {
    name,
    model,
    capabilities: capabilitiesOf(parts),
    modelWarnings: parts.flatMap((part) => part.modelWarnings ?? []),
    // The progress of one part says nothing about the whole call.
    async score({ onProgress: _ofOnePart, ...call }) {
      const steps = composition(call);
      let step = steps.next();
      while (step.done !== true) {
        call.signal?.throwIfAborted();
        // An abort must not look like the failure of one part, after which another one is tried.
        const outcomes = await Promise.allSettled(step.value.parts.map((part) => part.scorer.score(part.call)));
        call.signal?.throwIfAborted();
        step = steps.next(outcomes);
      }
      return step.value;
    },
    async warmUp() {
      const outcomes = await Promise.allSettled(parts.map((part) => part.warmUp?.()));
      const failed = outcomes.find((outcome) => outcome.status === "rejected");
      if (failed !== undefined && !isLenient) throw failed.reason;
    },
    close: closeAll,
    stats: () => Object.fromEntries(parts.flatMap((part, index) => statsOf(part, index))),
  };
  if (!isSync) return scorer;
  scorer.warmUpSync = () => {
    const outcomes = parts.map((part) => settle(() => part.warmUpSync?.()));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined && !isLenient) throw failed.reason;
  };
  scorer.scoreSync = (call) => {
    const steps = composition(call);
    let step = steps.next();
    while (step.done !== true) {
      call.signal?.throwIfAborted();
      step = steps.next(step.value.parts.map((part) => settle(() => part.scorer.scoreSync!(part.call))));
    }
    return step.value;
  };
  return scorer;
}

/** The outcome's value. @throws the reason of one that failed */
export function settledValue(outcome: PromiseSettledResult<ScoreResult>): ScoreResult {
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

/** The groups of an answer, and the kinds of their scores. */
export function tiersOf(scorer: Scorer, result: ScoreResult, count: number): ScoreTiers {
  return result.tiers ?? { of: new Uint8Array(count), kinds: [result.scoreKind ?? scorer.capabilities.scoreKind] };
}

/** The scores that a caller of the part alone would get; NaN for a document without one. */
export function shownScores(scorer: Scorer, result: ScoreResult): Float64Array {
  const tiers = tiersOf(scorer, result, result.scores.length);
  return result.scores.map((score, index) => scoreOf(score, tiers.kinds[tiers.of[index]!]!));
}

/** Joins the answers of several parts, except their scores. */
export function joinResults(results: readonly ScoreResult[]): Pick<ScoreResult, "usage" | "warnings" | "pairTokens"> {
  const usage: Record<string, number> = {};
  for (const result of results) for (const [key, value] of Object.entries(result.usage ?? {})) usage[key] = (usage[key] ?? 0) + value;
  // Make the warnings for each part by itself: two parts may have read different lengths of one document.
  const warnings = results.flatMap((result) => [...result.warnings, ...truncations(result.pairTokens)]);
  const counted = results.flatMap(({ pairTokens }) => (pairTokens === undefined ? [] : [pairTokens.read]));
  const read = counted[0]?.map((_, index) => counted.reduce((sum, counts) => sum + counts[index]!, 0));
  return { warnings, ...(read === undefined ? {} : { pairTokens: { read } }), ...(Object.keys(usage).length === 0 ? {} : { usage }) };
}

function capabilitiesOf(parts: readonly Scorer[]): Capabilities {
  const durations = parts.flatMap(({ capabilities }) => capabilities.defaultDurationSecs ?? []);
  return {
    scoreKind: "provider",
    // The longest limit of the parts, so that composed hosted models have a time limit, too.
    ...(durations.length === 0 ? {} : { defaultDurationSecs: Math.max(...durations) }),
    options: new Set(parts.flatMap(({ capabilities }) => [...capabilities.options])),
  };
}

function statsOf(part: Scorer, index: number): [string, number | string][] {
  return Object.entries(part.stats?.() ?? {}).map(([key, value]) => [`${index}.${key}`, value]);
}

function settle<T>(work: () => T): PromiseSettledResult<T> {
  try {
    return { status: "fulfilled", value: work() };
  } catch (reason) {
    return { status: "rejected", reason };
  }
}
