/**
 * What was published about how well catalogue models rank, by the source that measured it.
 *
 * Figures of different sources differ in candidates, retrievers and data sets, even where the benchmark has one name: only those of one
 * source compare.
 */
import type { QualityFigure } from "../types.ts";

/** The one benchmark on which one run measured most of the catalogue. */
export const comparedBenchmark = "MTEB(eng, v2) Retrieval";

const nDcg = "nDCG@10";
const meanOfTasks = "mean of the tasks' main scores";

/**
 * One run over many rerankers: the top 100 of six embedding models reordered (MTEB), and NanoBEIR where it was measured.
 *
 * @param measuredBy whoever ran it also publishes the models called `cross-encoder/…`
 */
export function comparedRun(mteb: number, nanoBeir?: number, measuredBy: QualityFigure["measuredBy"] = "third party"): QualityFigure[] {
  const figure = figuresOf("https://github.com/huggingface/blog/blob/3e4560d/ettin-reranker.md", measuredBy);
  return [figure(comparedBenchmark, mteb), ...(nanoBeir === undefined ? [] : [figure("NanoBEIR", nanoBeir)])];
}

/** What sentence-transformers states of its MS MARCO family. @param dl19 TREC DL 2019 @param dev MS MARCO's development set */
export function msMarco(dl19: number, dev: number): QualityFigure[] {
  const figure = figuresOf(
    "https://github.com/UKPLab/sentence-transformers/blob/85ec645/docs/cross_encoder/pretrained_models.md",
    "publisher",
  );
  return [figure("TREC DL 2019", dl19), figure("MS MARCO dev", dev, "MRR@10")];
}

/** What Qwen3-Reranker's publisher measured, of its own model and of others, on the top 100 of Qwen3-Embedding-0.6B. */
export function qwenTable(
  [english, chinese, multilingual, long, code]: readonly [number, number, number, number, number],
  measuredBy: QualityFigure["measuredBy"],
): QualityFigure[] {
  const figure = figuresOf("https://github.com/QwenLM/Qwen3-Embedding/blob/f4ad0c4/README.md", measuredBy, meanOfTasks);
  return [
    figure("MTEB-R (English)", english),
    figure("CMTEB-R (Chinese)", chinese),
    figure("MMTEB-R (multilingual)", multilingual),
    figure("MLDR (long documents)", long),
    figure("MTEB-Code", code),
  ];
}

/** What a model's card, or somebody's measurement, states as nDCG@10. @param figures by benchmark */
export function stated(
  source: string,
  measuredBy: QualityFigure["measuredBy"],
  figures: Readonly<Record<string, number>>,
): QualityFigure[] {
  const figure = figuresOf(source, measuredBy);
  return Object.entries(figures).map(([benchmark, value]) => figure(benchmark, value));
}

function figuresOf(source: string, measuredBy: QualityFigure["measuredBy"], usualMetric: string = nDcg) {
  return (benchmark: string, value: number, metric: string = usualMetric): QualityFigure => ({
    benchmark,
    metric,
    value,
    measuredBy,
    source,
  });
}
