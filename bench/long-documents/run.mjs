/**
 * Long documents cut, against long documents by passages: node bench/long-documents/run.mjs COLLECTION MODEL RESULTS [QUERIES] [CANDIDATES] [WAYS]
 *
 * COLLECTION is a folder of join.mjs. MODEL is a preset, or the path of a JSON file with a `model`. It takes every n-th query, so many that QUERIES
 * remain, and reranks BM25's best CANDIDATES in each way. RESULTS gets one JSON object a line: { collection, model, way, query, nDCG@10, passages,
 * seconds, documents: [{ passages, score, isRelevant }] }. Scores of pairs are kept in memory, so ways that differ in the sum alone cost nothing. WAYS is a regular expression for the ways to leave out.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Bm25, measureRanking, parseMeasure } from "../../dist/eval.js";
import { createReranker } from "../../dist/index.js";

const [folder, modelName, resultsPath, queryCount = "40", candidateCount = "10", leftOut] = process.argv.slice(2);
const nDCG = parseMeasure("nDCG@10");

const ways = {
  cut: "cut",
  max: { aggregate: "max" },
  first: { aggregate: "first" },
  "mean-top-3": { aggregate: "mean-top-3" },
  "decayed-sum": { aggregate: "decayed-sum" },
  "max, at most 4 passages: the first": { maxPassages: 4 },
  "max, at most 4 passages: common words": { maxPassages: 4, select: "common-words" },
  "max, passages of 256 tokens": { passageTokens: 256 },
  "mean-top-3, passages of 256 tokens": { passageTokens: 256, aggregate: "mean-top-3" },
  "decayed-sum, passages of 256 tokens": { passageTokens: 256, aggregate: "decayed-sum" },
  "max, passages of 128 tokens": { passageTokens: 128 },
  "mean-top-3, passages of 128 tokens": { passageTokens: 128, aggregate: "mean-top-3" },
  "decayed-sum, passages of 128 tokens": { passageTokens: 128, aggregate: "decayed-sum" },
  "max, overlap of 64 tokens": { overlapTokens: 64 },
};

const readJsonl = (name) =>
  readFileSync(join(folder, name), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
const documents = readJsonl("docs.jsonl");
const queries = readJsonl("queries.jsonl");
const qrels = new Map();
for (const line of readFileSync(join(folder, "qrels.tsv"), "utf8")
  .split("\n")
  .filter((text) => text !== "")) {
  const [query, document] = line.split("\t");
  if (!qrels.has(query)) qrels.set(query, new Map());
  qrels.get(query).set(document, 1);
}
const byId = new Map(documents.map(({ id, text }) => [id, text]));
const bm25 = new Bm25(byId);
const model = modelName.endsWith(".json") ? JSON.parse(readFileSync(modelName, "utf8")) : modelName;
const reranker = createReranker({ model, scoreCacheBytes: 2 ** 26 });
await reranker.warmUp();

const step = Math.max(1, Math.floor(queries.length / Number(queryCount)));
const chosen = queries.filter((_, index) => index % step === 0).slice(0, Number(queryCount));
for (const [place, { id, text: query }] of chosen.entries()) {
  const candidates = [...bm25.search(query, Number(candidateCount)).keys()];
  const relevant = qrels.get(id);
  const gradeOf = (list) => measureRanking(nDCG, list, relevant);
  const record = (way, list, more = {}) =>
    appendFileSync(
      resultsPath,
      `${JSON.stringify({ collection: basename(folder), model: modelName, way, query: id, nDCG: gradeOf(list), ...more })}\n`,
    );
  record("bm25", candidates);
  for (const [way, longDocuments] of Object.entries(ways).filter(([name]) => leftOut === undefined || !new RegExp(leftOut).test(name))) {
    const startedMs = performance.now();
    const texts = candidates.map((document) => byId.get(document));
    const { results, usage } = await reranker.rank(query, texts, {
      longDocuments,
      return: way === "cut" ? ["logit"] : ["logit", "passages"],
    });
    const seconds = (performance.now() - startedMs) / 1000;
    record(
      way,
      results.map(({ index }) => candidates[index]),
      {
        passages: usage.passages ?? candidates.length,
        seconds,
        documents: results.map(({ index, score, passages }) => ({
          passages: passages?.length ?? 1,
          score,
          isRelevant: relevant.has(candidates[index]),
        })),
      },
    );
  }
  console.log(`${basename(folder)} ${place + 1}/${chosen.length}`);
}
await reranker.close();
