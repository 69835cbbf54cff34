/** The page of `--html`: one file without scripts and network requests. It follows the system's light or dark mode. */
import { printable } from "../display.ts";
import { formatInterval } from "./eval-metrics.ts";
import { escapeHtml, plotChanges, plotMeasures, plotThresholds } from "./eval-plots.ts";
import {
  type ComparisonReport,
  countChanges,
  describeSystem,
  extremes,
  formatP,
  signed,
  thresholdCells,
  thresholdHeadings,
  titleOf,
  verdictOf,
} from "./eval-report.ts";

const shownQueries = 20;

// In both modes, text has a contrast of at least 4.5 to the background, shapes of at least 3.
const style = `
:root { color-scheme: light dark; --surface: #fff; --ink: #1b1f24; --muted: #59636e; --grid: #dde1e6;
  --first: #6e7781; --second: #0a62c4; --third: #a8480f; --loss: #c2410c; }
@media (prefers-color-scheme: dark) { :root { --surface: #15181c; --ink: #e4e7eb; --muted: #9aa4ae; --grid: #333a42;
  --first: #9aa4ae; --second: #6cb0ff; --third: #f0a35e; --loss: #f08a5d; } }
body { background: var(--surface); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem; } p, dl { margin: .25rem 0; color: var(--muted); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; } dd { margin: 0; color: var(--ink); overflow-wrap: anywhere; }
.verdict { color: var(--ink); font-size: 1.1rem; margin: .5rem 0 1rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .25rem 0 .25rem 1.25rem; border-bottom: 1px solid var(--grid); vertical-align: top; white-space: nowrap; }
th { color: var(--muted); font-weight: 600; } th.text, td.text { text-align: left; } th:first-child, td:first-child { padding-left: 0; } td.long { white-space: normal; overflow-wrap: anywhere; min-width: 16rem; }
svg { display: block; width: 100%; min-width: 34rem; max-width: 56rem; height: auto; } svg text { fill: var(--muted); font-size: 12px; }
.grid { stroke: var(--grid); } .axis { stroke: var(--muted); } .mark { stroke: var(--muted); stroke-dasharray: 4 4; }
.gain { fill: var(--second); } .loss { fill: var(--loss); } polyline { fill: none; stroke-width: 2; }
g.first line, polyline.first { stroke: var(--first); } g.second line, polyline.second { stroke: var(--second); } polyline.third { stroke: var(--third); }
g line { stroke-width: 2; } g.first circle { fill: var(--surface); stroke: var(--first); stroke-width: 2; } g.second circle { fill: var(--second); }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin: 0 .35em 0 1em; box-sizing: border-box; }
.key.first { border: 2px solid var(--first); } .key.second { background: var(--second); } .key.third { background: var(--third); }
.key.solid { background: var(--first); border: 0; }
`;

/** A report as an HTML page. */
export function renderReport(report: ComparisonReport): string {
  const { first, second, measures, queries, threshold } = report;
  const title = titleOf(report);
  const primary = measures[0]!.measure;
  const { better, worse, equal } = countChanges(queries);
  const { winners, losers } = extremes(queries, shownQueries);
  const key = (kind: string, name: string): string => `<span class="key ${kind}"></span>${text(name)}`;
  const body = [
    `<h1>${text(title)}</h1>`,
    `<p class="verdict">${text(verdictOf(report))}</p>`,
    facts(report),
    "<h2>Measures</h2>",
    `<p>Means over the queries with 95 % bootstrap intervals.${key("first", first.label)}${key("second", second.label)}</p>`,
    plotMeasures(measures, [first.label, second.label]),
    measureTable(report),
    `<p>p: two-sided paired randomization test.</p>`,
    `<h2>${text(primary)}, query by query</h2>`,
    `<p>${better} better, ${worse} worse, ${equal} equal.</p>`,
    plotChanges(queries, primary),
    ...queryTable("Winners", winners, report),
    ...queryTable("Losers", losers, report),
    ...(threshold === undefined ? [] : thresholdSection(threshold, key)),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}</title>
<style>${style}</style>
</head>
<body>
${body.join("\n")}
</body>
</html>`;
}

function facts({ crossrank, dataset, candidates, first, second }: ComparisonReport): string {
  const documents = dataset.documents === undefined ? "" : `, ${dataset.documents} documents`;
  const rows = [
    ["dataset", `${dataset.name}, ${dataset.queries} queries${documents}`],
    ...(candidates === undefined ? [] : [["candidates", `${candidates.source}, the first ${candidates.depth} of a query`]]),
    ...[first, second].map((system) => [system.label, describeSystem(system)]),
    ["crossrank", crossrank],
  ];
  return `<dl>${rows.map(([name, value]) => `<dt>${text(name!)}</dt><dd>${text(value!)}</dd>`).join("")}</dl>`;
}

function measureTable({ measures, first, second }: ComparisonReport): string {
  const heading = ["measure", first.label, "95 %", second.label, "95 %", "difference", "95 %", "p"];
  const rows = measures.map(({ measure, first: before, second: after, comparison }) => [
    measure,
    before.mean.toFixed(4),
    formatInterval(before),
    after.mean.toFixed(4),
    formatInterval(after),
    signed(comparison.difference),
    `${signed(comparison.low)} … ${signed(comparison.high)}`,
    formatP(comparison.pValue),
  ]);
  return table(heading, rows, [0]);
}

function queryTable(title: string, changes: ComparisonReport["queries"], { first, second }: ComparisonReport): string[] {
  if (changes.length === 0) return [];
  const rows = changes.map((change) => [
    signed(change.second - change.first),
    change.first.toFixed(4),
    change.second.toFixed(4),
    change.queryId,
    change.text ?? "",
  ]);
  return [`<h2>${title}</h2>`, table(["change", first.label, second.label, "query", ""], rows, [3, 4])];
}

function thresholdSection(threshold: NonNullable<ComparisonReport["threshold"]>, key: (kind: string, name: string) => string): string[] {
  const { recommended } = threshold;
  if (recommended === undefined) return ["<h2>Score thresholds</h2>", "<p>No candidate is relevant.</p>"];
  const best = `Best F1 at ${recommended.threshold.toFixed(4)}, the dashed line.`;
  return [
    "<h2>Score thresholds</h2>",
    `<p>${best} Recall counts relevant candidates only.${key("first solid", "precision")}${key("second", "recall")}${key("third", "F1")}</p>`,
    plotThresholds(threshold),
    table(
      ["", ...thresholdHeadings],
      [["best F1", ...thresholdCells(recommended)], ...threshold.points.map((point) => ["", ...thresholdCells(point)])],
      [0],
    ),
  ];
}

/** @param textColumns columns aligned to the left; in a table of five columns, the last may wrap */
function table(heading: readonly string[], rows: readonly (readonly string[])[], textColumns: readonly number[]): string {
  const cell = (tag: "th" | "td", value: string, column: number): string => {
    const kinds = [
      ...(textColumns.includes(column) ? ["text"] : []),
      ...(column === 4 && heading.length === 5 && heading[4] === "" ? ["long"] : []),
    ];
    return `<${tag}${kinds.length === 0 ? "" : ` class="${kinds.join(" ")}"`}>${text(value)}</${tag}>`;
  };
  const row = (tag: "th" | "td", values: readonly string[]): string =>
    `<tr>${values.map((value, column) => cell(tag, value, column)).join("")}</tr>`;
  return `<div class="wide" tabindex="0"><table>${row("th", heading)}${rows.map((values) => row("td", values)).join("")}</table></div>`;
}

/** Escapes text for the page. Also replaces terminal controls, which have no meaning in a page. */
function text(value: string): string {
  return escapeHtml(printable(value));
}
