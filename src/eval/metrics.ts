/**
 * Measures of a ranking against relevance judgements, as trec_eval defines them.
 *
 * @see https://github.com/usnistgov/trec_eval version 10.0 at f425365: m_ndcg_cut.c, m_recip_rank.c, m_map.c, m_map_cut.c, m_recall.c,
 *   m_P.c, m_success.c, m_Rprec.c, m_bpref.c, form_res_rels.c
 */
import { RerankError } from "../errors.ts";

/**
 * Relevance judgements: query id → document id → grade; 0 is "not relevant", a negative grade "in the pool and not judged".
 *
 * What is not judged, or not there, counts as not relevant; bpref alone leaves it out.
 */
export type Qrels = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** A system's answers: query id → document id → score; higher is better, only the order within a query counts. */
export type Run = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Families of measures. */
export type MeasureFamily = "nDCG" | "MRR" | "MAP" | "Recall" | "P" | "Success" | "Rprec" | "bpref";

/** One measure. */
export interface Measure {
  /** As it is shown: `nDCG@10`, `MAP`. */
  name: string;
  family: MeasureFamily;
  /** Only the first so many documents count; ≥ 1. Absent: all of them. */
  cutoff?: number;
}

/** How {@link evaluateRun} counts. */
export interface EvaluationOptions {
  /** Grade from which a document counts as relevant, for all but nDCG, whose gain is the grade; ≥ 1. @default 1 */
  relevanceLevel?: number;
  /**
   * A judged query that the run lacks: `"zero"` counts it as 0, as `trec_eval -c` does; `"skip"` leaves it out.
   *
   * @default "zero"
   */
  missing?: "zero" | "skip";
}

/** What {@link evaluateRun} found. */
export interface Evaluation {
  /** The queries that count, in the order of the judgements. */
  queryIds: string[];
  /** By the measure's name: one value for each of `queryIds`, in [0, 1]. */
  values: Record<string, number[]>;
  /** By the measure's name: the mean of `values`, in [0, 1]; 0 where no query counts. */
  means: Record<string, number>;
  /** Judged queries that the run lacks. */
  missingIds: string[];
  /** Sums over the queries that count. */
  counts: { queries: number; retrieved: number; relevant: number; relevantRetrieved: number };
}

/** What the field reports most. */
export const defaultMeasures: readonly string[] = ["nDCG@10", "MRR@10", "MAP", "Recall@100", "P@10"];

// Names of ir_measures, trec_eval and papers for the same thing.
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

// Which families need a cutoff, and which can have none; the others go with and without.
const needCutoff: ReadonlySet<MeasureFamily> = new Set(["Recall", "P", "Success"]);
const haveNoCutoff: ReadonlySet<MeasureFamily> = new Set(["Rprec", "bpref"]);

/**
 * The measure of a name: `nDCG@10`, `MRR@10`, `MAP`, `Recall@100`, `P@5`, `Success@5`, `Rprec`, `bpref`, in any case; trec_eval's names
 * (`ndcg_cut_10`, `recip_rank`) too.
 *
 * @throws RerankError `invalid-input` for an unknown name, a cutoff that is no integer ≥ 1, one that is missing (Recall, P, Success) or
 *   that makes no sense (Rprec, bpref)
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

/** Document ids from the highest score to the lowest; equal scores by id, the later one first, by bytes of UTF-8: trec_eval's rule. */
export function rankedIds(scores: ReadonlyMap<string, number>): string[] {
  return Array.from(scores)
    .sort(([leftId, left], [rightId, right]) => right - left || compareIds(rightId, leftId))
    .map(([id]) => id);
}

/**
 * One measure of one ranking.
 *
 * @param ranking document ids, best first, each once
 * @param judgements grades by document id
 * @param relevanceLevel see {@link EvaluationOptions}
 * @returns in [0, 1]; 0 where nothing is relevant
 */
export function measureRanking(
  { family, cutoff = Number.POSITIVE_INFINITY }: Measure,
  ranking: readonly string[],
  judgements: ReadonlyMap<string, number>,
  relevanceLevel = 1,
): number {
  const grades = Array.from(judgements.values());
  if (family === "bpref")
    return binaryPreference(
      ranking.flatMap((id) => judgements.get(id) ?? []),
      grades,
      relevanceLevel,
    );
  const isRelevant = (grade: number): boolean => grade >= relevanceLevel;
  const relevant = grades.filter(isRelevant).length;
  const top = ranking.slice(0, family === "Rprec" ? relevant : cutoff).map((id) => judgements.get(id) ?? 0);
  if (family === "nDCG") return normalizedGain(top, grades, cutoff);
  if (family === "MRR") return 1 / (top.findIndex(isRelevant) + 1 || Number.POSITIVE_INFINITY);
  const found = top.filter(isRelevant).length;
  if (family === "P") return found / cutoff;
  if (family === "Success") return found > 0 ? 1 : 0;
  if (relevant === 0) return 0;
  return family === "MAP" ? sumOfPrecisions(top.map(isRelevant)) / relevant : found / relevant;
}

/**
 * A run's measures, query by query and as means.
 *
 * Queries of the run without judgements do not count.
 *
 * @param measures names as {@link parseMeasure} reads them
 * @throws RerankError `invalid-input` for an unknown measure, or a score that is NaN
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
    const judgements = qrels.get(queryId)!;
    const ranking = rankedIds(checkedScores(queryId, run.get(queryId) ?? new Map()));
    counts.retrieved += ranking.length;
    counts.relevant += [...judgements.values()].filter((grade) => grade >= relevanceLevel).length;
    counts.relevantRetrieved += ranking.filter((id) => (judgements.get(id) ?? 0) >= relevanceLevel).length;
    for (const measure of parsed) evaluation.values[measure.name]!.push(measureRanking(measure, ranking, judgements, relevanceLevel));
  }
  for (const { name } of parsed) evaluation.means[name] = mean(evaluation.values[name]!);
  return evaluation;
}

/** The arithmetic mean; 0 of nothing. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index]!;
  return values.length === 0 ? 0 : sum / values.length;
}

/** Order of two ids by code points, which is that of their UTF-8 bytes and, beyond U+FFFF, not that of JavaScript's strings. */
export function compareIds(left: string, right: string): number {
  const end = Math.min(left.length, right.length);
  for (let unit = 0; unit < end; unit += 1) {
    const [a, b] = [left.charCodeAt(unit), right.charCodeAt(unit)];
    // Surrogates stand for what comes after all that is one unit.
    if (a !== b) return (isSurrogate(a) ? a + 0x10000 : a) - (isSurrogate(b) ? b + 0x10000 : b);
  }
  return left.length - right.length;
}

/** Gain is the grade itself (linear), discounted by log2(rank + 1), over that of the best order of all judged documents. */
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
 * The share of relevant documents that stand above those judged not relevant, of which as many count as there are relevant ones.
 *
 * @param ranked grades of the ranked documents that have one, best first
 * @param grades of all judged documents; negative ones are not judged
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
