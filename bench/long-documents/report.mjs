/**
 * The table of run.mjs's results: node bench/long-documents/report.mjs RESULTS…
 *
 * For each collection, model and way: mean nDCG@10 with a 95 % bootstrap interval, the difference from `cut` with the interval of its mean, pairs and
 * seconds a query. Then, for `max`: how well the score is calibrated by the number of passages, and what a term −c·ln(passages) on the logit would change.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { bootstrapInterval } from "../../dist/eval.js";

const records = process.argv.slice(2).flatMap((path) =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line)),
);
const groups = groupBy(records, keyOf);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const shown = (value) => value.toFixed(3);

for (const [key, group] of groups) {
  const ways = groupBy(group, ({ way }) => way);
  const cut = new Map(ways.get("cut").map((record) => [record.query, record.nDCG]));
  const queries = [...cut.keys()].filter((query) => [...ways.values()].every((list) => list.some((record) => record.query === query)));
  console.log(
    `\n${key}, ${queries.length} queries\n\n| way | nDCG@10 | minus cut | pairs a query | seconds a query |\n|---|---|---|---|---|`,
  );
  for (const [way, list] of ways) {
    const byQuery = new Map(list.map((record) => [record.query, record]));
    const values = queries.map((query) => byQuery.get(query).nDCG);
    const differences = queries.map((query) => byQuery.get(query).nDCG - cut.get(query));
    const [own, difference] = [bootstrapInterval(values), bootstrapInterval(differences)];
    const pairs = list[0].passages === undefined ? "" : mean(list.map(({ passages }) => passages)).toFixed(1);
    const seconds = list[0].seconds === undefined ? "" : mean(list.map((record) => record.seconds)).toFixed(2);
    const interval = ({ low, high }) => `[${shown(low)}, ${shown(high)}]`;
    console.log(
      `| ${way} | ${shown(mean(values))} ${interval(own)} | ${shown(mean(differences))} ${interval(difference)} | ${pairs} | ${seconds} |`,
    );
  }
}

const pairs = records.filter(({ way, model }) => way === "max" && model === "mini").flatMap(({ documents }) => documents);
if (pairs.length > 0) calibration(pairs);

/** Fits P(relevant) = σ(a + b·logit + c·ln n) by gradient descent, and shows what was predicted and what was true by the number of passages. */
function calibration(documents) {
  const rows = documents.map(({ score, passages, isRelevant }) => {
    const p = Math.min(1 - 1e-12, Math.max(1e-12, score));
    return { logit: Math.log(p / (1 - p)), n: passages, y: isRelevant ? 1 : 0 };
  });
  console.log("\n| passages | documents | relevant | mean probability |\n|---|---|---|---|");
  for (const [low, high] of [
    [1, 1],
    [2, 2],
    [3, 4],
    [5, 9],
    [10, 100],
  ]) {
    const some = rows.filter(({ n }) => n >= low && n <= high);
    if (some.length === 0) continue;
    const probability = mean(some.map(({ logit }) => 1 / (1 + Math.exp(-logit))));
    console.log(
      `| ${low === high ? low : `${low}–${high}`} | ${some.length} | ${shown(mean(some.map(({ y }) => y)))} | ${shown(probability)} |`,
    );
  }
  const fitted = (withN) => {
    let [a, b, c] = [0, 1, 0];
    for (let step = 0; step < 20_000; step += 1) {
      let [ga, gb, gc] = [0, 0, 0];
      for (const { logit, n, y } of rows) {
        const error = 1 / (1 + Math.exp(-(a + b * logit + c * Math.log(n)))) - y;
        ga += error;
        gb += error * logit;
        gc += error * Math.log(n);
      }
      a -= (0.2 * ga) / rows.length;
      b -= (0.02 * gb) / rows.length;
      if (withN) c -= (0.05 * gc) / rows.length;
    }
    const loss = mean(
      rows.map(({ logit, n, y }) => {
        const p = 1 / (1 + Math.exp(-(a + b * logit + c * Math.log(n))));
        return -Math.log(y === 1 ? p : 1 - p);
      }),
    );
    return { a, b, c, loss };
  };
  for (const [name, result] of [
    ["without ln n", fitted(false)],
    ["with ln n", fitted(true)],
  ]) {
    console.log(
      `${name}: intercept ${shown(result.a)}, slope ${shown(result.b)}, ln n ${shown(result.c)}, log loss ${result.loss.toFixed(4)}`,
    );
  }
}

function keyOf({ collection, model }) {
  return `${collection}, ${basename(model, ".json")}`;
}

function groupBy(list, key) {
  const found = new Map();
  for (const entry of list) found.set(key(entry), [...(found.get(key(entry)) ?? []), entry]);
  return found;
}
