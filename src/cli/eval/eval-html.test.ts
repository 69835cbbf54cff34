import { describe, expect, it } from "vitest";
import { renderReport } from "./eval-html.ts";
import type { ComparisonReport } from "./eval-report.ts";
import { describeComparison, titleOf, verdictOf } from "./eval-report.ts";

const estimate = { mean: 0.5, low: 0.25, high: 0.75 };
const report: ComparisonReport = {
  crossrank: "0.1.0",
  dataset: { name: "set", queries: 2, documents: 3 },
  candidates: { source: "BM25", depth: 10 },
  first: { label: "before", name: "BM25" },
  second: { label: "after", name: "model", pairs: 20, scoreSecs: 2, pairsPerSecond: 10 },
  measures: [
    { measure: "MRR", first: estimate, second: estimate, comparison: { difference: -0.25, low: -0.5, high: 0.125, pValue: 0.0004 } },
  ],
  queries: [
    { queryId: "q1", first: 0, second: 1, text: 'a <script>alert("1")</script> & \u001b[31m' },
    { queryId: "q2", first: 1, second: 0.5 },
  ],
};

const point = { threshold: 0.5, precision: 1, recall: 0.5, f1: 2 / 3, keptPerQuery: 1 };

describe("verdictOf", () => {
  const [measure] = report.measures;
  const verdict = (difference: number, pValue: number, names: [string, string] = ["a.run", "b.run"]): string =>
    verdictOf({
      ...report,
      first: { label: names[0], name: "./x/a.run" },
      second: { label: names[1], name: "./x/b.run" },
      measures: [{ ...measure!, comparison: { difference, low: 0, high: 0, pValue } }],
    });

  it.each([
    [0.1, 0.0499, /^On set, b\.run is better than a\.run: MRR is .*, which chance alone rarely gives \(p = 0\.050, 2 queries\)\.$/],
    [-0.1, 0.01, /^On set, b\.run is worse than a\.run: /],
    [
      0.1,
      0.05,
      /^On set, no difference between b\.run and a\.run is shown: .*, and chance alone often gives as much \(p = 0\.050, 2 queries\)\.$/,
    ],
    [0, 1, /^On set, b\.run and a\.run are equal: MRR is 0\.5000 for both\.$/],
  ])("of a difference of %d with p %d", (difference, pValue, expected) => {
    expect(verdict(difference, pValue)).toMatch(expected);
  });

  it("names models without revisions and folders, and by labels where both are called the same", () => {
    const named = (first: string, second: string): string =>
      titleOf({ ...report, first: { label: "before", name: first }, second: { label: "after", name: second } });
    expect(named("BM25 (k1 0.9), without each query's own document", "org/model@0123456789ab")).toBe("set: model against BM25");
    expect(named("./runs/x", "/models/x")).toBe("set: after against before");
  });
});

describe("renderReport", () => {
  it("shows texts as texts, whatever they hold", () => {
    const page = renderReport(report);
    expect(page).toContain("a &#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62; &#38; �[31m");
    expect(page).not.toContain("<script");
  });

  it("says its verdict in a sentence, and names the collection in its title", () => {
    const page = renderReport(report);
    expect(page).toContain("<title>set: model against BM25</title>");
    expect(page).toContain("<h1>set: model against BM25</h1>");
    expect(page).toContain('<p class="verdict">On set, model is worse than BM25: ');
  });

  it("keeps every table and plot in a box that scrolls by itself", () => {
    const page = renderReport({ ...report, threshold: { points: [point], recommended: point } });
    expect(page.match(/<table>/g)!.length).toBeGreaterThan(3);
    expect(page.match(/<table>/g)).toHaveLength(page.match(/<div class="wide" tabindex="0"><table>/g)!.length);
    expect(page.match(/<svg /g)).toHaveLength(page.match(/<div class="wide" tabindex="0"><svg /g)!.length);
  });

  it("has no plot of thresholds without them, and no table of losers where nobody lost", () => {
    const page = renderReport({ ...report, queries: report.queries.slice(0, 1) });
    expect(page.match(/<svg /g)).toHaveLength(2);
    expect(page).toContain("<h2>Winners</h2>");
    expect(page).not.toContain("<h2>Losers</h2>");
  });

  it("stays small for many queries", () => {
    const queries = Array.from({ length: 20_000 }, (_, index) => ({ queryId: `q${index}`, first: 0.5, second: 1 - index / 20_000 }));
    expect(renderReport({ ...report, queries }).length).toBeLessThan(1_500_000);
  });
});

describe("describeComparison", () => {
  it("has a line for each fact, and cuts queries to the terminal", () => {
    expect([...describeComparison(report, 60)]).toEqual([
      "dataset     set, 2 queries, 3 documents",
      "candidates  BM25, the first 10 of a query",
      "before      BM25",
      "after       model, 20 pairs, 10.0 a second",
      "",
      "On set, model is worse than BM25: MRR is 0.5000 against 0.5000, which chance alone rarely gives (p < 0.001, 2 queries).",
      "",
      "measure  before  95 %             after   95 %             difference  95 %               p",
      "MRR      0.5000  0.2500 … 0.7500  0.5000  0.2500 … 0.7500  −0.2500     −0.5000 … +0.1250  < 0.001",
      "",
      "MRR of 2 queries: 1 better, 1 worse, 0 equal",
      "change   before → after   query",
      '+1.0000  0.0000 → 1.0000  q1     a <script>alert("1")</scri…',
      "−0.5000  1.0000 → 0.5000  q2",
    ]);
  });

  it("shows the best threshold first, or that there is none", () => {
    const shown = (threshold: NonNullable<ComparisonReport["threshold"]>): string[] =>
      [...describeComparison({ ...report, threshold }, 80)].slice(-3);
    expect(shown({ points: [point], recommended: point })).toEqual([
      "         threshold  precision  recall  F1      kept per query",
      "best F1  0.5000     1.0000     0.5000  0.6667  1.00",
      "         0.5000     1.0000     0.5000  0.6667  1.00",
    ]);
    expect(shown({ points: [], recommended: undefined }).at(-1)).toBe("No candidate is relevant, so no threshold can be recommended.");
  });
});
