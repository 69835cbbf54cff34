/**
 * Measures of a ranking against relevance judgments, as trec_eval defines them.
 *
 * @see https://github.com/usnistgov/trec_eval version 10.0 at f425365: m_ndcg_cut.c, m_recip_rank.c, m_map.c, m_map_cut.c, m_recall.c,
 *   m_P.c, m_success.c, m_Rprec.c, m_bpref.c, form_res_rels.c
 */
import { RerankError } from "../errors.ts";

/**
 * Relevance judgments: query id → document id → grade; 0 is "not relevant", a negative grade "in the pool and not judged".
 *
 * A document without a judgment counts as not relevant; only bpref leaves it out.
 */
export type Qrels = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** A system's answers: query id → document id → score; higher is better, only the order within a query counts. */
export type Run = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Families of measures. */
export type MeasureFamily = "nDCG" | "MRR" | "MAP" | "Recall" | "P" | "Success" | "Rprec" | "bpref";

/** One measure. */
export interface Measure {
  /** Name for display: `nDCG@10`, `MAP`. */
  name: string;
  /** Which formula it is. */
  family: MeasureFamily;
  /** Number of first documents that count; ≥ 1. Absent: all documents. */
  cutoff?: number;
}

/** Options of {@link evaluateRun}. */
export interface EvaluationOptions {
  /** Minimum grade of a relevant document; ≥ 1. nDCG ignores it, because its gain is the grade. @default 1 */
  relevanceLevel?: number;
  /**
   * What to do with a judged query that the run lacks: `"zero"` counts it as 0, as `trec_eval -c` does; `"skip"` leaves it out.
   *
   * @default "zero"
   */
  missing?: "zero" | "skip";
}

/** Result of {@link evaluateRun}. */
export interface Evaluation {
  /** The queries that count, in the order of the judgments. */
  queryIds: string[];
  /** By the measure's name: one value for each of `queryIds`, in [0, 1]. */
  values: Record<string, number[]>;
  /** By the measure's name: the mean of `values`, in [0, 1]; 0 if no query counts. */
  means: Record<string, number>;
  /** Judged queries that the run lacks. */
  missingIds: string[];
  /** Sums over the queries that count. */
  counts: {
    /** Queries that count. */
    queries: number;
    /** Documents that the run has for them. */
    retrieved: number;
    /** Documents judged relevant. */
    relevant: number;
    /** Relevant documents that the run has. */
    relevantRetrieved: number;
  };
}

/** The most commonly reported measures. */
export const defaultMeasures: readonly string[] = ["nDCG@10", "MRR@10", "MAP", "Recall@100", "P@10"];

// Names from ir_measures, trec_eval and papers for the same measures.
const familyNames: Readonly<Record<string, MeasureFamily>> = {
  ndcg: "nDCG",
  ndcg_cut: "nDCG",
  mrr: "MRR",
  rr: "MRR",
  recip_rank: "MRR",
  map: "MAP",
  map_cut: "MAP",
  ap: "MAP",
  recall: "Recall",
  r: "Recall",
  p: "P",
  precision: "P",
  success: "Success",
  rprec: "Rprec",
  bpref: "bpref",
};

// Families that require a cutoff, and families that allow none. For the others it is optional.
const needCutoff: ReadonlySet<MeasureFamily> = new Set(["Recall", "P", "Success"]);
const haveNoCutoff: ReadonlySet<MeasureFamily> = new Set(["Rprec", "bpref"]);

/**
 * Parses the name of a measure: `nDCG@10`, `MRR@10`, `MAP`, `Recall@100`, `P@5`, `Success@5`, `Rprec`, `bpref`, in upper or lower case.
 * Also accepts trec_eval's names (`ndcg_cut_10`, `recip_rank`).
 *
 * @throws RerankError `invalid-input` for an unknown name, a cutoff that is not an integer ≥ 1, a missing cutoff (Recall, P, Success) or
 *   one that makes no sense (Rprec, bpref)
 * @example
 * console.log(parseMeasure("ndcg@10")); // { name: 'nDCG@10', family: 'nDCG', cutoff: 10 }
 */
export function parseMeasure(text: string): Measure {
  const [, name = "", digits] = /^([a-z_]+?)(?:[@_](\d+))?$/i.exec(text.trim()) ?? [];
  const family = Object.hasOwn(familyNames, name.toLowerCase()) ? familyNames[name.toLowerCase()]! : undefined;
  const cutoff = digits === undefined ? undefined : Number(digits);
  const isWrong = family === undefined || cutoff === 0 || (cutoff === undefined ? needCutoff : haveNoCutoff).has(family);
  if (isWrong) {
    const advice = "Give nDCG, MRR or MAP, with or without a cutoff as in nDCG@10; Recall, P or Success with one; Rprec or bpref without";
    throw new RerankError("invalid-input", `eval: ${JSON.stringify(text)} is no measure. ${advice}.`);
  }
  return cutoff === undefined ? { name: family, family } : { name: `${family}@${cutoff}`, family, cutoff };
}

/**
 * Document ids from the highest to the lowest score. Equal scores are ordered as in trec_eval: by the ids' UTF-8 bytes, the later id first.
 *
 * @example
 * console.log(rankedIds(new Map([["a", 0.1], ["b", 0.9]]))); // [ 'b', 'a' ]
 */
export function rankedIds(scores: ReadonlyMap<string, number>): string[] {
  return Array.from(scores)
    .sort(([leftId, left], [rightId, right]) => right - left || compareIds(rightId, leftId))
    .map(([id]) => id);
}

/**
 * One measure of one ranking.
 *
 * @param ranking document ids, best first, each once
 * @param judgments grades by document id
 * @param relevanceLevel see {@link EvaluationOptions}
 * @returns in [0, 1]; 0 if no document is relevant
 * @example
 * console.log(measureRanking(parseMeasure("MRR"), ["a", "b"], new Map([["b", 1]]))); // 0.5
 */
export function measureRanking(
  { family, cutoff = Number.POSITIVE_INFINITY }: Measure,
  ranking: readonly string[],
  judgments: ReadonlyMap<string, number>,
  relevanceLevel = 1,
): number {
  const grades = Array.from(judgments.values());
  if (family === "bpref")
    return binaryPreference(
      ranking.flatMap((id) => judgments.get(id) ?? []),
      grades,
      relevanceLevel,
    );
  const isRelevant = (grade: number): boolean => grade >= relevanceLevel;
  const relevant = grades.filter(isRelevant).length;
  const top = ranking.slice(0, family === "Rprec" ? relevant : cutoff).map((id) => judgments.get(id) ?? 0);
  if (family === "nDCG") return normalizedGain(top, grades, cutoff);
  if (family === "MRR") return 1 / (top.findIndex(isRelevant) + 1 || Number.POSITIVE_INFINITY);
  const found = top.filter(isRelevant).length;
  if (family === "P") return found / cutoff;
  if (family === "Success") return found > 0 ? 1 : 0;
  if (relevant === 0) return 0;
  return family === "MAP" ? sumOfPrecisions(top.map(isRelevant)) / relevant : found / relevant;
}

/**
 * Measures a run, query by query and as means. Ignores queries of the run without judgments.
 *
 * @param measures names as {@link parseMeasure} reads them
 * @throws RerankError `invalid-input` for an unknown measure, or a score that is NaN
 * @example
 * const qrels = parseQrels(["q1 0 dogs 1"]);
 * const run = parseRun(["q1 Q0 cats 1 2.5 bm25", "q1 Q0 dogs 2 1.5 bm25"]);
 * console.log(evaluateRun(qrels, run, ["MRR", "P@1"]).means); // { MRR: 0.5, 'P@1': 0 }
 */
export function evaluateRun(
  qrels: Qrels,
  run: Run,
  measures: readonly string[] = defaultMeasures,
  options: EvaluationOptions = {},
): Evaluation {
  const { relevanceLevel = 1, missing = "zero" } = options;
  const parsed = measures.map(parseMeasure);
  const missingIds = [...qrels.keys()].filter((id) => !run.has(id));
  const queryIds = missing === "zero" ? [...qrels.keys()] : [...qrels.keys()].filter((id) => run.has(id));
  const evaluation: Evaluation = {
    queryIds,
    values: Object.fromEntries(parsed.map(({ name }) => [name, []])),
    means: {},
    missingIds,
    counts: { queries: queryIds.length, retrieved: 0, relevant: 0, relevantRetrieved: 0 },
  };
  const { counts } = evaluation;
  for (const queryId of queryIds) {
    const judgments = qrels.get(queryId)!;
    const ranking = rankedIds(checkedScores(queryId, run.get(queryId) ?? new Map()));
    counts.retrieved += ranking.length;
    counts.relevant += [...judgments.values()].filter((grade) => grade >= relevanceLevel).length;
    counts.relevantRetrieved += ranking.filter((id) => (judgments.get(id) ?? 0) >= relevanceLevel).length;
    for (const measure of parsed) evaluation.values[measure.name]!.push(measureRanking(measure, ranking, judgments, relevanceLevel));
  }
  for (const { name } of parsed) evaluation.means[name] = mean(evaluation.values[name]!);
  return evaluation;
}

/** The arithmetic mean; 0 without values. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index]!;
  return values.length === 0 ? 0 : sum / values.length;
}

/** Compares two ids by code points. This is the order of their UTF-8 bytes; JavaScript's own string order differs above U+FFFF. */
export function compareIds(left: string, right: string): number {
  const end = Math.min(left.length, right.length);
  for (let unit = 0; unit < end; unit += 1) {
    const [a, b] = [left.charCodeAt(unit), right.charCodeAt(unit)];
    // Surrogates encode code points above all those of one unit.
    if (a !== b) return (isSurrogate(a) ? a + 0x10000 : a) - (isSurrogate(b) ? b + 0x10000 : b);
  }
  return left.length - right.length;
}

/** nDCG: the sum of grades (linear gain) discounted by log2(rank + 1), divided by the same sum for the best order of all judged documents. */
function normalizedGain(top: readonly number[], grades: readonly number[], cutoff: number): number {
  const ideal = grades
    .filter((grade) => grade > 0)
    .sort((left, right) => right - left)
    .slice(0, cutoff);
  const best = discountedGain(ideal);
  return best === 0 ? 0 : discountedGain(top) / best;
}

function discountedGain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, index) => sum + Math.max(0, grade) / Math.log2(index + 2), 0);
}

function sumOfPrecisions(relevance: readonly boolean[]): number {
  let found = 0;
  return relevance.reduce((sum, isRelevant, index) => {
    found += isRelevant ? 1 : 0;
    return isRelevant ? sum + found / (index + 1) : sum;
  }, 0);
}

/**
 * bpref: how often relevant documents rank above documents judged not relevant. Of the latter, only as many count as there are relevant
 * documents.
 *
 * @param ranked grades of the ranked documents that have one, best first
 * @param grades of all judged documents; a negative grade means "not judged"
 */
function binaryPreference(ranked: readonly number[], grades: readonly number[], relevanceLevel: number): number {
  const relevant = grades.filter((grade) => grade >= relevanceLevel).length;
  const bound = Math.min(relevant, grades.filter((grade) => grade >= 0 && grade < relevanceLevel).length);
  let above = 0;
  let sum = 0;
  for (const grade of ranked) {
    if (grade >= relevanceLevel) sum += above === 0 ? 1 : 1 - Math.min(above, relevant) / bound;
    else if (grade >= 0) above += 1;
  }
  return relevant === 0 ? 0 : sum / relevant;
}

function checkedScores(queryId: string, scores: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  for (const [id, score] of scores) {
    if (Number.isNaN(score)) throw new RerankError("invalid-input", `eval: query ${queryId}: document ${id} is scored NaN. Leave it out.`);
  }
  return scores;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
