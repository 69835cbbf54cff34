/** A small BM25 that finds candidates for test collections without any. */
import { RerankError } from "../errors.ts";
import { compareIds } from "./metrics.ts";

/** Parameters of {@link Bm25}. */
export interface Bm25Options {
  /** Term-frequency saturation: the smaller, the less repeated words count; ≥ 0. @default 0.9 */
  k1?: number;
  /** Length normalization: how much a document's length lowers its score, in [0, 1]. @default 0.4 */
  b?: number;
  /** Splits a text into words, in order, with repetitions. @default {@link words} */
  tokenize?: (text: string) => readonly string[];
}

/** The documents that contain a word, and how often. */
interface Postings {
  documentIndexes: number[];
  frequencies: number[];
}

// Scripts without spaces between words.
const unspaced = String.raw`\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}`;
const character = String.raw`(?=[\p{L}\p{N}])[${unspaced}]\p{M}*`;
// "\w" of UTS #18, without those scripts; @see https://www.unicode.org/reports/tr18/#word
const word = new RegExp(String.raw`((?:${character})+)|(?:(?![${unspaced}])[\p{Alphabetic}\p{M}\p{N}_])+`, "gu");
const characters = new RegExp(character, "gu");

/**
 * Splits a text into lower-case words: runs of letters, marks, digits and underscores. In scripts without spaces (Chinese, Japanese, Thai,
 * Lao, Khmer, Burmese), each pair of neighboring characters is a word, as in Lucene's CJKAnalyzer. No stemming, no stop words.
 * @example
 * console.log(words("Dog training, 101")); // [ 'dog', 'training', '101' ]
 */
export function words(text: string): string[] {
  return Array.from(text.toLowerCase().matchAll(word), ([found, run]) => (run === undefined ? [found] : pairsOf(run))).flat();
}

function pairsOf(run: string): string[] {
  const parts = run.match(characters) ?? [];
  return parts.length === 1 ? parts : parts.slice(1).map((part, index) => parts[index] + part);
}

/**
 * An inverted index with Lucene's BM25.
 *
 * The score is the sum of idf · tf / (tf + k1 · (1 − b + b · length / average length)) over the query's words, repeated words included;
 * idf = ln(1 + (N − n + 0.5) / (n + 0.5)). Lengths are exact; Lucene rounds them to one byte.
 *
 * k1 = 0.9 and b = 0.4 are the defaults of Anserini and Pyserini, which most published "BM25" baselines use.
 *
 * @see S. Robertson, H. Zaragoza: The Probabilistic Relevance Framework, 2009; Lucene's BM25Similarity; C. Kamphuis et al.: Which BM25 do
 *   you mean?, ECIR 2020
 */
export class Bm25 {
  readonly #ids: string[] = [];
  readonly #lengths: number[] = [];
  readonly #postings = new Map<string, Postings>();
  readonly #tokenize: (text: string) => readonly string[];
  readonly #k1: number;
  readonly #b: number;
  readonly #averageLength: number;

  /**
   * @param documents text by id
   * @throws RerankError `invalid-input` for a parameter outside its range
   */
  constructor(documents: ReadonlyMap<string, string>, options: Bm25Options = {}) {
    const { k1 = 0.9, b = 0.4, tokenize = words } = options;
    if (!(k1 >= 0) || !(b >= 0 && b <= 1)) {
      throw new RerankError("invalid-input", `eval: BM25 takes k1 ≥ 0 and b in [0, 1], got ${k1} and ${b}. Change or remove them.`);
    }
    this.#k1 = k1;
    this.#b = b;
    this.#tokenize = tokenize;
    for (const [id, text] of documents) this.#add(id, tokenize(text));
    this.#averageLength = this.#lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, this.#lengths.length);
  }

  /**
   * Finds the best documents for a query, best first. Equal scores are ordered by id, the later one first. Only documents that share a word
   * with the query.
   *
   * @param count maximum number of documents; ≥ 0
   * @returns score by document id, scores > 0
   */
  search(query: string, count: number): Map<string, number> {
    const scores = new Float64Array(this.#ids.length);
    for (const term of this.#tokenize(query)) this.#addScores(term, scores);
    let found = Array.from(scores.keys()).filter((documentIndex) => scores[documentIndex]! > 0);
    if (found.length > count) {
      // Sort by id only the documents that can be among the first.
      const minScore =
        Float64Array.from(found, (documentIndex) => scores[documentIndex]!).sort()[found.length - count] ?? Number.POSITIVE_INFINITY;
      found = found.filter((documentIndex) => scores[documentIndex]! >= minScore);
    }
    return new Map(
      found
        .sort((left, right) => scores[right]! - scores[left]! || compareIds(this.#ids[right]!, this.#ids[left]!))
        .slice(0, count)
        .map((documentIndex) => [this.#ids[documentIndex]!, scores[documentIndex]!]),
    );
  }

  #add(id: string, terms: readonly string[]): void {
    const documentIndex = this.#ids.push(id) - 1;
    this.#lengths.push(terms.length);
    const frequencies = new Map<string, number>();
    for (const term of terms) frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
    for (const [term, frequency] of frequencies) {
      const postings = this.#postings.get(term);
      if (postings === undefined) this.#postings.set(term, { documentIndexes: [documentIndex], frequencies: [frequency] });
      else {
        postings.documentIndexes.push(documentIndex);
        postings.frequencies.push(frequency);
      }
    }
  }

  #addScores(term: string, scores: Float64Array): void {
    const postings = this.#postings.get(term);
    if (postings === undefined) return;
    const { documentIndexes, frequencies } = postings;
    const inverseFrequency = Math.log(1 + (this.#ids.length - documentIndexes.length + 0.5) / (documentIndexes.length + 0.5));
    for (const [index, documentIndex] of documentIndexes.entries()) {
      const tf = frequencies[index]!;
      const norm = this.#k1 * (1 - this.#b + (this.#b * this.#lengths[documentIndex]!) / this.#averageLength);
      scores[documentIndex]! += (inverseFrequency * tf) / (tf + norm);
    }
  }
}
