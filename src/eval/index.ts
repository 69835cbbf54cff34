/** crossrank/eval: measures, file formats, BM25, statistics and calibration for evaluating rankings. Runs anywhere and reads no files. */
export { Bm25, type Bm25Options, words } from "./bm25.ts";
export {
  type Candidates,
  compareEvaluations,
  type Judged,
  judge,
  type MeanInterval,
  type MeasureComparison,
  type QueryChange,
  queryChanges,
  type Ranker,
  type RerankedRun,
  type RerankRunOptions,
  rerankRun,
  type ScoredCandidate,
} from "./evaluate.ts";
export {
  type Calibration,
  type CalibrationOptions,
  type CalibrationQuality,
  calibratedScore,
  calibrationBins,
  expectedCalibrationError,
  type FittedCalibration,
  fitCalibration,
  fitIsotonic,
  fitPlatt,
  type IsotonicCalibration,
  type LabeledPair,
  type PlattCalibration,
  qualityOf,
  type ReliabilityBin,
  reliability,
} from "./fit-calibration.ts";
export {
  formatQrels,
  formatRun,
  formatTexts,
  parseQrels,
  parseRun,
  parseTexts,
  type QrelsFormat,
  type RunFormat,
} from "./formats.ts";
export { withoutIdenticalIds } from "./identical-ids.ts";
export {
  defaultMeasures,
  type Evaluation,
  type EvaluationOptions,
  evaluateRun,
  type Measure,
  type MeasureFamily,
  measureRanking,
  parseMeasure,
  type Qrels,
  type Run,
  rankedIds,
} from "./metrics.ts";
export { bootstrapInterval, comparePaired, type Interval, type PairedComparison, type ResamplingOptions } from "./statistics.ts";
export { type JudgedScore, sweepThresholds, type ThresholdPoint, type ThresholdSweep } from "./threshold.ts";
