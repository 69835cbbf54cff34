/** Timed rounds: what one call costs its caller, the event loop and the process. */
import { setImmediate } from "node:timers/promises";
import { RerankError, type RerankResult } from "../../index.ts";
import { type Contender, residentBytes } from "./bench-contender.node.ts";
import type { Workload } from "./bench-workload.ts";

/** How many rounds to run, and a signal to stop them. */
export interface Schedule {
  /** Rounds that count; ≥ 1. */
  rounds: number;
  /** Rounds of each contender before those. */
  warmUpRounds: number;
  /** Fields of object documents. */
  fields: readonly string[] | undefined;
  signal: AbortSignal;
}

/** Some quantiles. */
export interface Latency {
  p50: number;
  p95: number;
  p99: number;
}

/** Figures of one contender on one workload; null if its model does not report them. */
export interface Figures {
  documents: number;
  /** Documents that were truncated. */
  truncatedDocuments: number;
  /** Tokens of one call, padding not counted. */
  tokens: number | null;
  /** Forward passes of one call. */
  passes: number | null;
  latencyMs: Latency;
  pairsPerSecond: number;
  tokensPerSecond: number | null;
  /** Share of the computed tokens that was padding, in [0, 1). */
  paddingWaste: number | null;
  /** Delays of a 1 ms timer on the calling thread during calls. */
  eventLoopDelayMs: { p50: number; p99: number; max: number };
  /** Largest memory of the whole process after a call. */
  residentBytes: number;
  /** Each round's time, in order. */
  roundsMs: number[];
}

/** The figures of all rounds, and the result of the last one. */
export interface Measurement {
  figures: Figures;
  result: RerankResult;
}

interface Round {
  ms: number;
  delays: number[];
  residentBytes: number;
  result: RerankResult;
}

/** Counters of local models; other scorers lack some or all. */
type Counters = Readonly<Partial<Record<"passes" | "tokens" | "paddedTokens", unknown>>>;

/**
 * Measures contenders in turns (A B A B …), so that other work on the machine affects all of them alike.
 *
 * @returns one measurement per contender, in their order
 * @throws RerankError `aborted` between two calls, or why a call fails
 */
export async function measureInTurns(contenders: readonly Contender[], workload: Workload, schedule: Schedule): Promise<Measurement[]> {
  for (let round = 0; round < schedule.warmUpRounds; round += 1) {
    for (const contender of contenders) await runRound(contender, workload, schedule);
  }
  const before = contenders.map(({ reranker }) => reranker.stats().scorer);
  const rounds: Round[][] = contenders.map(() => []);
  for (let round = 0; round < schedule.rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) rounds[index]!.push(await runRound(contender, workload, schedule));
  }
  return contenders.map(({ reranker }, index) => ({
    figures: summarize(rounds[index]!, before[index]!, reranker.stats().scorer),
    result: rounds[index]!.at(-1)!.result,
  }));
}

/**
 * A quantile, linearly interpolated between neighbors; 0.5 is the median.
 *
 * @param share in [0, 1]
 * @returns NaN if there are no values
 * @see Hyndman and Fan, Sample quantiles in statistical packages (1996), definition 7
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

async function runRound({ configuration, reranker }: Contender, workload: Workload, { fields, signal }: Schedule): Promise<Round> {
  // Synchronous calls block the event loop. Node can handle an interrupt only here, between them.
  await setImmediate();
  if (signal.aborted) throw new RerankError("aborted", "bench: interrupted between two calls. Run it again.");
  const options = { signal, ...(fields === undefined ? {} : { fields }) };
  const stopWatching = watchEventLoop();
  let delays: number[] = [];
  const startMs = performance.now();
  let ms: number;
  let result: RerankResult;
  try {
    const { query, documents } = workload;
    result = configuration.isSync ? reranker.rankSync(query, documents, options) : await reranker.rank(query, documents, options);
    ms = performance.now() - startMs;
  } finally {
    delays = stopWatching();
  }
  return { ms, delays, residentBytes: residentBytes(), result };
}

/** Starts a 1 ms timer. @returns a function that stops it and returns the delay of each tick, including the one that is due */
function watchEventLoop(): () => number[] {
  const delays: number[] = [];
  let lastMs = performance.now();
  const recordDelay = (): void => {
    const now = performance.now();
    delays.push(Math.max(0, now - lastMs - 1));
    lastMs = now;
  };
  const timer = setInterval(recordDelay, 1);
  return () => {
    clearInterval(timer);
    recordDelay();
    return delays;
  };
}

function summarize(rounds: readonly Round[], before: Counters, after: Counters): Figures {
  const roundsMs = rounds.map(({ ms }) => ms);
  const delays = rounds.flatMap((round) => round.delays);
  const seconds = roundsMs.reduce((sum, ms) => sum + ms, 0) / 1000;
  const { usage, warnings } = rounds[0]!.result;
  const { documents, tokens } = usage;
  const scored = differenceOf("tokens", before, after);
  const padded = differenceOf("paddedTokens", before, after);
  const passes = differenceOf("passes", before, after);
  return {
    documents,
    truncatedDocuments: warnings.filter(({ type }) => type === "truncated").length,
    tokens: tokens === 0 ? null : tokens,
    passes: passes === null ? null : passes / rounds.length,
    latencyMs: { p50: quantile(roundsMs, 0.5), p95: quantile(roundsMs, 0.95), p99: quantile(roundsMs, 0.99) },
    pairsPerSecond: (documents * rounds.length) / seconds,
    tokensPerSecond: tokens === 0 ? null : (tokens * rounds.length) / seconds,
    paddingWaste: scored === null || padded === null || padded === 0 ? null : 1 - scored / padded,
    eventLoopDelayMs: { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), max: quantile(delays, 1) },
    residentBytes: rounds.reduce((maximum, round) => Math.max(maximum, round.residentBytes), 0),
    roundsMs,
  };
}

function differenceOf(key: keyof Counters, before: Counters, after: Counters): number | null {
  const [start, end] = [before[key], after[key]];
  return typeof start === "number" && typeof end === "number" ? end - start : null;
}
