/** Our measures against the outputs that trec_eval keeps for its own tests: test/fixtures/trec-eval/SOURCE.md. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type EvaluationOptions, evaluateRun, parseMeasure, parseQrels, parseRun, type Run, rankedIds } from "../../dist/eval.js";

const fixture = (name: string): string => readFileSync(new URL(`../fixtures/trec-eval/${name}`, import.meta.url), "utf8");
const lines = (name: string): string[] => fixture(name).split("\n");

interface Golden {
  output: string;
  qrels: string;
  results: string;
  options?: EvaluationOptions;
  /** trec_eval's -M: only the first so many documents of each query are looked at. */
  depth?: number;
}

const goldens: Golden[] = [
  { output: "out.test", qrels: "qrels.test", results: "results.test" },
  { output: "out.test.a", qrels: "qrels.test", results: "results.test" },
  { output: "out.test.aq", qrels: "qrels.test", results: "results.test" },
  { output: "out.test.aqc", qrels: "qrels.test", results: "results.trunc", options: { missing: "zero" } },
  { output: "out.test.aqcM", qrels: "qrels.test", results: "results.trunc", options: { missing: "zero" }, depth: 100 },
  { output: "out.test.aql", qrels: "qrels.rel_level", results: "results.test", options: { relevanceLevel: 2 } },
  { output: "out.sampled", qrels: "qrels.sampled", results: "results.sampled", options: { relevanceLevel: 2 } },
];
const measuresOf: Readonly<Record<string, number>> = { "out.test": 13, "out.sampled": 9 };

const counts: Readonly<Record<string, "queries" | "retrieved" | "relevant" | "relevantRetrieved">> = {
  num_q: "queries",
  num_ret: "retrieved",
  num_rel: "relevant",
  num_rel_ret: "relevantRetrieved",
};

function isShared(name: string): boolean {
  return /^(ndcg|map|recip_rank|Rprec|bpref|ndcg_cut_\d+|map_cut_\d+|recall_\d+|P_\d+|success_\d+)$/.test(name);
}

function cut(run: Run, depth: number): Run {
  return new Map(
    [...run].map(([id, scores]) => [
      id,
      new Map(
        rankedIds(scores)
          .slice(0, depth)
          .map((doc, index) => [doc, -index]),
      ),
    ]),
  );
}

describe.each(goldens)("$output", ({ output, qrels, results, options = {}, depth = Infinity }) => {
  const rows = lines(output).map((line) => line.split("\t").map((text) => text.trim()));
  const shared = rows.filter(([name = ""]) => isShared(name) || Object.hasOwn(counts, name));
  const judgments = parseQrels(lines(qrels));
  const run = cut(parseRun(lines(results)), depth);
  const names = [...new Set(shared.map(([name]) => name!).filter(isShared))];
  const evaluation = evaluateRun(judgments, run, names, options);

  it("has measures to compare", () => {
    expect(names.length).toBe(measuresOf[output] ?? 44);
  });

  it("is what we reckon, to its four decimals, query by query", () => {
    const differences = shared.flatMap(([name = "", queryId = "", shown = ""]) => {
      const count = counts[name];
      if (count !== undefined) {
        const expected = Number(shown);
        return queryId === "all" && evaluation.counts[count] !== expected ? [`${name}: ${evaluation.counts[count]} for ${shown}`] : [];
      }
      const measure = parseMeasure(name).name;
      const value = queryId === "all" ? evaluation.means[measure]! : evaluation.values[measure]![evaluation.queryIds.indexOf(queryId)]!;
      return value.toFixed(4) === shown ? [] : [`${name} of ${queryId}: ${value} for ${shown}`];
    });
    expect(differences).toEqual([]);
  });
});
