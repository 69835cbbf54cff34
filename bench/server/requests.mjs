/** Requests for the servers: a query and passages of about 140 tokens, from bench/peers/workloads.json.gz. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** Passages of one request. */
export const documentsPerRequest = 10;

const lists = JSON.parse(gunzipSync(readFileSync(new URL("../peers/workloads.json.gz", import.meta.url))));
const passages = lists.passages.documents.map((passage) => passage.split(" "));
const sources = [...lists.abstracts.documents, ...lists.mixed.documents]
  .map((text) => text.split(/\s+/))
  .filter((words) => words.length > 8);
const seen = new Set();
let state = 1;

/**
 * The next request. No passage occurs twice in a run, so that no cache of texts, tokens or scores can help: each is the head of one
 * passage and the tail of another, turned by some words. The query is eight words of some other text.
 */
export function nextRequest() {
  const source = sources[random(sources.length)];
  const start = random(source.length - 8);
  return { query: source.slice(start, start + 8).join(" "), documents: Array.from({ length: documentsPerRequest }, nextPassage) };
}

/** Rotates the words of the texts by a number of words: the same length, but other texts. */
export function rotate({ query, documents }, count) {
  const rotated = (text) => turn(text.split(" "), count).join(" ");
  return { query: rotated(query), documents: documents.map(rotated) };
}

/** Writes a file of `each` new requests for every connection: 0.jsonl, 1.jsonl … */
export function writeRequests(folder, connections, each) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (let connection = 0; connection < connections; connection += 1) {
    const lines = Array.from({ length: each }, () => JSON.stringify(nextRequest()));
    writeFileSync(join(folder, `${connection}.jsonl`), `${lines.join("\n")}\n`);
  }
}

function nextPassage() {
  for (;;) {
    const [head, tail] = [passages[random(passages.length)], passages[random(passages.length)]];
    const share = random(1000) / 1000;
    const words = [...head.slice(0, Math.round(head.length * share)), ...tail.slice(Math.round(tail.length * share))];
    const passage = turn(words, random(words.length)).join(" ");
    if (seen.has(passage)) continue;
    seen.add(passage);
    return passage;
  }
}

function turn(words, count) {
  return [...words.slice(count), ...words.slice(0, count)];
}

/** An integer below `limit`: mulberry32, so that every run sends the same requests. */
function random(limit) {
  state = (state + 0x6d2b79f5) | 0;
  let bits = Math.imul(state ^ (state >>> 15), state | 1);
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
  return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * limit);
}
