/**
 * Published figures of how well catalogue models rank, grouped by source.
 *
 * Compare only figures of one source: others use different candidates, retrievers and data sets, even under the same benchmark name.
 */
import type { QualityFigure } from "../types.ts";

/** The benchmark on which one run measured most of the catalogue. */
export const comparedBenchmark = "MTEB(eng, v2) Retrieval";

const nDcg = "nDCG@10";
const meanOfTasks = "mean of the tasks' main scores";

/**
 * One run over many rerankers: the top 100 of six embedding models reranked (MTEB), and NanoBEIR if it was measured.
 *
 * @param measuredBy "publisher" for the models called `cross-encoder/…`, which the authors of the run publish
 */
export function comparedRun(mteb: number, nanoBeir?: number, measuredBy: QualityFigure["measuredBy"] = "third party"): QualityFigure[] {
  const figure = figuresOf("https://github.com/huggingface/blog/blob/3e4560d/ettin-reranker.md", measuredBy);
  return [figure(comparedBenchmark, mteb), ...(nanoBeir === undefined ? [] : [figure("NanoBEIR", nanoBeir)])];
}

/** The figures that sentence-transformers states for its MS MARCO models. @param dl19 TREC DL 2019 @param dev MS MARCO's development set */
export function msMarco(dl19: number, dev: number): QualityFigure[] {
  const figure = figuresOf(
    "https://github.com/UKPLab/sentence-transformers/blob/85ec645/docs/cross_encoder/pretrained_models.md",
    "publisher",
  );
  return [figure("TREC DL 2019", dl19), figure("MS MARCO dev", dev, "MRR@10")];
}

/** The figures that Qwen3-Reranker's publisher measured for its own model and others, on the top 100 of Qwen3-Embedding-0.6B. */
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

/** The nDCG@10 that a model card or another source states. @param figures by benchmark */
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
