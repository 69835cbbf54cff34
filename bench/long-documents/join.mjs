/**
 * Makes collections of whole documents out of collections of paragraphs: node bench/long-documents/join.mjs DATA SQUAD OUT
 *
 * DATA has the folders medquad and xquad-en (docs.jsonl, queries.jsonl, qrels.tsv), SQUAD is dev-v2.0.json of SQuAD 2.0. A query that a paragraph
 * answers is answered by the document that has the paragraph. OUT gets a folder for each, in the same format.
 *
 * - squad-articles: the articles of SQuAD, their paragraphs with an empty line between.
 * - medquad-pages: the answers of one page of a medical website; only of pages of 4,000 to 10,000 characters.
 * - xquad-articles: XQuAD has five paragraphs of each of 48 articles, one article after another.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [data, squad, out] = process.argv.slice(2);
const pageLengths = [4000, 10_000];
const paragraphsOfArticle = 5;

const readJsonl = (path) =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

function readCollection(name) {
  const folder = join(data, name);
  const qrels = readFileSync(join(folder, "qrels.tsv"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"))
    .filter(([, , grade]) => Number(grade) > 0);
  return { documents: readJsonl(join(folder, "docs.jsonl")), queries: readJsonl(join(folder, "queries.jsonl")), qrels };
}

/** Writes a collection. @param qrels pairs of query and document; of queries without one, nothing is written */
function write(name, documents, queries, qrels) {
  const folder = join(out, name);
  mkdirSync(folder, { recursive: true });
  const judged = new Set(qrels.map(([query]) => query));
  const lines = (list) => list.map((entry) => `${JSON.stringify(entry)}\n`).join("");
  writeFileSync(join(folder, "docs.jsonl"), lines(documents));
  writeFileSync(join(folder, "queries.jsonl"), lines(queries.filter(({ id }) => judged.has(id)).map(({ id, text }) => ({ id, text }))));
  writeFileSync(join(folder, "qrels.tsv"), qrels.map(([query, document]) => `${query}\t${document}\t1\n`).join(""));
  const lengths = documents.map(({ text }) => text.length).sort((left, right) => left - right);
  console.log(`${name}: ${documents.length} documents (median ${lengths[lengths.length >> 1]} characters), ${judged.size} queries`);
}

function joinBy(name, collection, groupOf, [min, max] = [0, Number.POSITIVE_INFINITY]) {
  const texts = new Map();
  const groupOfDocument = new Map();
  for (const [index, { id, text }] of collection.documents.entries()) {
    const group = groupOf(id, index);
    if (group === undefined) continue;
    groupOfDocument.set(id, group);
    texts.set(group, texts.has(group) ? `${texts.get(group)}\n\n${text}` : text);
  }
  const documents = [...texts].filter(([, text]) => text.length >= min && text.length <= max).map(([id, text]) => ({ id, text }));
  const kept = new Set(documents.map(({ id }) => id));
  const qrels = collection.qrels.map(([query, document]) => [query, groupOfDocument.get(document)]).filter(([, group]) => kept.has(group));
  write(name, documents, collection.queries, qrels);
}

const xquad = readCollection("xquad-en");
joinBy("xquad-articles", xquad, (_id, index) => `article-${Math.floor(index / paragraphsOfArticle)}`);

const medquad = readCollection("medquad");
const pages = new Map(medquad.qrels.map(([query, document]) => [document, query.replace(/-\d+$/, "")]));
joinBy("medquad-pages", medquad, (id) => pages.get(id), pageLengths);

const articles = JSON.parse(readFileSync(squad, "utf8")).data;
const questions = articles.flatMap(({ title, paragraphs }) =>
  paragraphs.flatMap(({ qas }) =>
    qas
      .filter(({ is_impossible: isImpossible, answers }) => !isImpossible && answers.length > 0)
      .map(({ id, question }) => ({ id, text: question, title })),
  ),
);
write(
  "squad-articles",
  articles.map(({ title, paragraphs }) => ({ id: title, text: paragraphs.map(({ context }) => context).join("\n\n") })),
  questions,
  questions.map(({ id, title }) => [id, title]),
);
