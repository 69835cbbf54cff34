import { dirname, join } from "node:path";
import { calibrationIdentity, writeCalibration } from "../../catalogue/calibration-file.node.ts";
import { resolveModel } from "../../catalogue/resolve-model.ts";
import { type Candidates, judge } from "../../eval/evaluate.ts";
import {
  type Calibration,
  type CalibrationQuality,
  calibrationBins,
  type FittedCalibration,
  fitCalibration,
  type LabeledPair,
} from "../../eval/fit-calibration.ts";
import { type Qrels, type Run, rankedIds } from "../../eval/metrics.ts";
import { type LocatedModel, locateModel } from "../../hub/locate.node.ts";
import { getPreset, RerankError } from "../../index.ts";
import { isRecord } from "../../values.ts";
import { alignColumns, printable } from "../display.ts";
import type { Io } from "../io.ts";
import { parseModel } from "../model-argument.ts";
import { toJson } from "../output.ts";
import { checkWritable } from "../text-file.node.ts";
import { readLines } from "./eval-collection.node.ts";
import { type ExperimentOptions, prepareExperiment, rerankBy } from "./eval-experiment.ts";

/** Options of `crossrank eval calibrate`, as commander names them. */
export interface CalibrateOptions extends ExperimentOptions {
  model?: string;
  pairs?: string;
  method?: Calibration["method"];
  folds?: number;
  output?: string;
  format?: "table" | "json";
}

/** Candidates with their relevance. */
interface LabeledCandidates extends Candidates {
  qrels: Qrels;
}

const defaultDepth = 50;

/**
 * Fits a calibration to judged pairs for a local model, and saves it.
 *
 * @param dataset a collection; the pairs are its relevant documents and first candidates. Undefined with `--pairs`
 * @throws RerankError of any code
 */
export async function calibrateCommand(io: Io, dataset: string | undefined, options: CalibrateOptions): Promise<void> {
  const model = parseModel(options.model, options);
  if (model.type !== "preset" && model.type !== "custom") {
    throw new RerankError("invalid-input", "eval calibrate: only local models give logits. Name a preset, a hub id or a folder.");
  }
  if (options.output === undefined && model.type === "preset" && getPreset(model.name).repository === undefined) {
    const why = "a new version of the package replaces its folder";
    throw new RerankError(
      "invalid-input",
      `eval calibrate: nothing is saved beside the bundled model, for ${why}. Name a file with --output.`,
    );
  }
  checkWritable(options.output);
  const candidates = await readCandidates(io, dataset, options);
  const { calibration: _not, ...others } = options;
  const { scored } = await rerankBy(io, options.model, candidates, Number.POSITIVE_INFINITY, others);
  const pairs = judge(scored, candidates.qrels, options.relevanceLevel).map(
    ({ queryId, logit, isRelevant }): LabeledPair => ({ queryId, isRelevant, logit: logit! }),
  );
  const { method, folds } = options;
  const fitted = fitCalibration(pairs, { ...(method === undefined ? {} : { method }), ...(folds === undefined ? {} : { folds }) });
  const located = locateModel(resolveModel(model), { cacheDir: options.cacheDir });
  if (located === undefined) throw new RerankError("download", "eval calibrate: the model is gone from the cache. Run it again.");
  await save(io, located, fitted, options);
}

async function save(io: Io, located: LocatedModel, fitted: FittedCalibration, options: CalibrateOptions): Promise<void> {
  const { calibration, ...figures } = fitted;
  const path = options.output ?? join(dirname(located.tokenizerPath), "calibration.json");
  const file = { version: 1, model: calibrationIdentity(located), calibration, fitted: { ...figures, bins: calibrationBins } } as const;
  writeCalibration(path, file);
  if ((options.format ?? (io.stdoutIsTerminal ? "table" : "json")) === "json") await io.write(`${toJson({ path, ...file }, 2)}\n`);
  else for (const line of describe(path, file.model, fitted)) await io.write(`${line}\n`);
}

/** Reads candidates and adds all relevant documents, because a calibration needs them even if they are not candidates. */
async function readCandidates(io: Io, dataset: string | undefined, options: CalibrateOptions): Promise<LabeledCandidates> {
  if ((dataset === undefined) === (options.pairs === undefined)) {
    throw new RerankError("invalid-input", "eval calibrate: give a dataset, or labeled pairs with --pairs: one of them.");
  }
  if (dataset === undefined) return readPairs(await readLines(io, options.pairs!), options.pairs!);
  const depth = options.depth ?? defaultDepth;
  const { relevanceLevel = 1 } = options;
  const experiment = await prepareExperiment(io, dataset, { ...options, depth });
  const run: Run = new Map(
    [...experiment.run].map(([queryId, scores]) => {
      const judged = experiment.qrels.get(queryId)!;
      const isOwn = (id: string): boolean => options.ignoreIdenticalIds === true && id === queryId;
      const relevant = [...judged.keys()].filter((id) => judged.get(id)! >= relevanceLevel && experiment.documents.has(id) && !isOwn(id));
      const ids = new Set([...rankedIds(scores).slice(0, depth), ...relevant]);
      return [queryId, new Map([...ids].map((id, index) => [id, -index]))];
    }),
  );
  return { ...experiment, run };
}

/** Reads one `{"query","document","label"}` per line. Each text is its own id. */
function readPairs(lines: readonly string[], fileName: string): LabeledCandidates {
  const qrels = new Map<string, Map<string, number>>();
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const { query, document, label } = parsePair(line);
    if (typeof query !== "string" || typeof document !== "string" || !isLabel(label)) {
      const advice = 'Write {"query":"…","document":"…","label":1} a line; labels are 0 and 1, false and true, or grades';
      throw new RerankError("invalid-input", `${fileName}:${index + 1}: no labeled pair. ${advice}.`);
    }
    const known = qrels.get(query) ?? new Map<string, number>();
    if (known.has(document))
      throw new RerankError("invalid-input", `${fileName}:${index + 1}: this pair is there twice. Remove one of them.`);
    qrels.set(query, known.set(document, Number(label)));
  }
  const selfNamed = (texts: Iterable<string>): Map<string, string> => new Map([...texts].map((text) => [text, text]));
  return {
    qrels,
    run: qrels,
    queries: selfNamed(qrels.keys()),
    documents: selfNamed([...qrels.values()].flatMap((pairs) => [...pairs.keys()])),
  };
}

function parsePair(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : {};
  } catch {
    // The caller reports the line and what it expected.
    return {};
  }
}

function isLabel(label: unknown): label is number | boolean {
  return typeof label === "boolean" || (Number.isInteger(label) && (label as number) >= 0);
}

function* describe(path: string, model: string, fitted: FittedCalibration): Generator<string> {
  const { calibration, before, after, pairs, relevant, queries, folds } = fitted;
  const curve =
    calibration.method === "platt"
      ? `platt: slope ${calibration.slope.toPrecision(4)}, intercept ${calibration.intercept.toPrecision(4)}`
      : `isotonic: ${calibration.logits.length} points`;
  const row = (name: string, figure: keyof CalibrationQuality): string[] => [name, before[figure].toFixed(4), after[figure].toFixed(4)];
  yield* alignColumns([
    ["model", printable(model)],
    ["pairs", `${pairs}, ${relevant} of them relevant, of ${queries} queries`],
    ["method", curve],
    ["saved", printable(path)],
  ]);
  yield "";
  yield* alignColumns([
    ["", "sigmoid", `calibrated, ${folds} held-out folds`],
    row(`calibration error (${calibrationBins} bins)`, "expectedCalibrationError"),
    row("log loss, nats", "logLoss"),
  ]);
}
