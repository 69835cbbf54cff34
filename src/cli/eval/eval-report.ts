/** The report of `eval run` and `eval compare`, and its tables. */
import type { MeasureComparison, QueryChange } from "../../eval/evaluate.ts";
import type { ThresholdPoint, ThresholdSweep } from "../../eval/threshold.ts";
import { alignColumns, cutToWidth, printable, widthOf } from "../display.ts";
import { formatInterval } from "./eval-metrics.ts";

/** One of the two systems. */
export interface SystemReport {
  /** "before", "after", or the name from the command line. */
  label: string;
  /** A model's identity with revision, or the source of the order. */
  name: string;
  /** Pairs that a model scored; absent for an existing run. */
  pairs?: number;
  /** Seconds of scoring, loading not counted. */
  scoreSecs?: number;
  pairsPerSecond?: number;
}

/** All results, as `--format json` writes them. */
export interface ComparisonReport {
  crossrank: string;
  dataset: { name: string; queries: number; documents?: number };
  /** Absent if both systems are runs. */
  candidates?: { source: string; depth: number };
  first: SystemReport;
  second: SystemReport;
  /** Means with 95 % intervals, differences, p-values. `queries` uses the first measure. */
  measures: MeasureComparison[];
  /** Every query, from the greatest gain to the greatest loss. */
  queries: (QueryChange & { text?: string })[];
  /** Only with `--threshold`; uses the scores of the second system. */
  threshold?: ThresholdSweep;
}

const shownQueries = 5;
/** A difference with a smaller p counts as significant. */
const significance = 0.05;
const minTextColumns = 16;

/** Lines for people. @param columns of the terminal */
export function* describeComparison(report: ComparisonReport, columns: number): Generator<string> {
  const { dataset, candidates, first, second, measures, threshold } = report;
  const documents = dataset.documents === undefined ? "" : `, ${dataset.documents} documents`;
  yield* alignColumns([
    ["dataset", `${printable(dataset.name)}, ${dataset.queries} queries${documents}`],
    ...(candidates === undefined ? [] : [["candidates", `${printable(candidates.source)}, the first ${candidates.depth} of a query`]]),
    ...[first, second].map((system) => [system.label, describeSystem(system)]),
  ]);
  yield "";
  yield verdictOf(report);
  yield "";
  const heading = ["measure", first.label, "95 %", second.label, "95 %", "difference", "95 %", "p"];
  yield* alignColumns([heading, ...measures.map(measureCells)]);
  yield "";
  yield* describeQueries(report, columns);
  if (threshold !== undefined) yield* describeThresholds(threshold);
}

/** A title with the collection and the two systems: `pets: mini against BM25`. */
export function titleOf(report: ComparisonReport): string {
  const [first, second] = namesOf(report);
  return `${printable(report.dataset.name)}: ${second} against ${first}`;
}

/** The result of the first measure in one sentence. */
export function verdictOf(report: ComparisonReport): string {
  const { dataset, measures } = report;
  const { measure, first, second, comparison } = measures[0]!;
  const [one, other] = namesOf(report);
  const subject = `On ${printable(dataset.name)}`;
  if (comparison.difference === 0) return `${subject}, ${other} and ${one} are equal: ${measure} is ${second.mean.toFixed(4)} for both.`;
  const values = `${measure} is ${second.mean.toFixed(4)} against ${first.mean.toFixed(4)}`;
  const p = `p ${comparison.pValue < 0.001 ? "" : "= "}${formatP(comparison.pValue)}, ${dataset.queries} ${dataset.queries === 1 ? "query" : "queries"}`;
  if (comparison.pValue >= significance) {
    return `${subject}, no difference between ${other} and ${one} is shown: ${values}, and chance alone often gives as much (${p}).`;
  }
  return `${subject}, ${other} is ${comparison.difference > 0 ? "better" : "worse"} than ${one}: ${values}, which chance alone rarely gives (${p}).`;
}

/** Short names: a model without its revision, a file without its folder. If both would be equal, the labels. */
function namesOf({ first, second }: ComparisonReport): [first: string, second: string] {
  const nameOf = ({ label, name }: SystemReport): string => {
    const isPlain = label !== "before" && label !== "after";
    return printable(
      isPlain
        ? label
        : name
            .replace(/[@(,].*$/s, "")
            .trim()
            .split(/[\\/]/)
            .at(-1)!,
    );
  };
  const names: [string, string] = [nameOf(first), nameOf(second)];
  return names[0] === names[1] ? [first.label, second.label] : names;
}

/** Counts the queries that the second system does better, worse or equally, by the first measure. */
export function countChanges(queries: readonly QueryChange[]): { better: number; worse: number; equal: number } {
  const better = queries.filter(({ first, second }) => second > first).length;
  const worse = queries.filter(({ first, second }) => second < first).length;
  return { better, worse, equal: queries.length - better - worse };
}

/** The queries that gain and lose most, the greatest change first. */
export function extremes(queries: ComparisonReport["queries"], count: number): { winners: typeof queries; losers: typeof queries } {
  return {
    winners: queries.filter(({ first, second }) => second > first).slice(0, count),
    losers: queries
      .filter(({ first, second }) => second < first)
      .slice(-count)
      .reverse(),
  };
}

/** A difference with its sign: `+0.0123`. */
export function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;
}

/** `0.0123`, or `< 0.001`. */
export function formatP(value: number): string {
  return value < 0.001 ? "< 0.001" : value.toFixed(3);
}

/** A model's identity and speed. */
export function describeSystem({ name, pairs, pairsPerSecond }: SystemReport): string {
  return pairs === undefined ? printable(name) : `${printable(name)}, ${pairs} pairs, ${pairsPerSecond!.toFixed(1)} a second`;
}

/** A threshold's figures, as cells of a table. */
export function thresholdCells({ threshold, precision, recall, f1, keptPerQuery }: ThresholdPoint): string[] {
  return [threshold.toFixed(4), precision.toFixed(4), recall.toFixed(4), f1.toFixed(4), keptPerQuery.toFixed(2)];
}

/** Headings of {@link thresholdCells}. */
export const thresholdHeadings: readonly string[] = ["threshold", "precision", "recall", "F1", "kept per query"];

function measureCells({ measure, first, second, comparison }: MeasureComparison): string[] {
  const { difference, low, high, pValue } = comparison;
  const change = [signed(difference), `${signed(low)} … ${signed(high)}`, formatP(pValue)];
  return [measure, first.mean.toFixed(4), formatInterval(first), second.mean.toFixed(4), formatInterval(second), ...change];
}

function* describeQueries({ queries, measures, first, second }: ComparisonReport, columns: number): Generator<string> {
  const { better, worse, equal } = countChanges(queries);
  yield `${measures[0]!.measure} of ${queries.length} queries: ${better} better, ${worse} worse, ${equal} equal`;
  const { winners, losers } = extremes(queries, shownQueries);
  const changes = [...winners, ...losers];
  if (changes.length === 0) return;
  const lines = alignColumns([
    ["change", `${first.label} → ${second.label}`, "query"],
    ...changes.map((change) => [
      signed(change.second - change.first),
      `${change.first.toFixed(4)} → ${change.second.toFixed(4)}`,
      cutToWidth(change.queryId, 24),
    ]),
  ]);
  const width = Math.max(...lines.map(widthOf));
  for (const [index, line] of lines.entries()) {
    const text = cutToWidth(changes[index - 1]?.text ?? "", Math.max(minTextColumns, columns - width - 2));
    yield `${line}${" ".repeat(width - widthOf(line))}  ${text}`.trimEnd();
  }
}

function* describeThresholds({ points, recommended }: ThresholdSweep): Generator<string> {
  yield "";
  if (recommended === undefined) {
    yield "No candidate is relevant, so no threshold can be recommended.";
    return;
  }
  const best = ["best F1", ...thresholdCells(recommended)];
  yield* alignColumns([["", ...thresholdHeadings], best, ...points.map((point) => ["", ...thresholdCells(point)])]);
}
