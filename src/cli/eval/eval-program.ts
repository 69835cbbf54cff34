/** The options of `crossrank eval`. Each command's own code is imported when it runs. */
import { type Command, Option } from "commander";
import type { Io } from "../io.ts";
import { collect, integerFrom } from "../option-values.ts";

/** Declares `eval` and the commands under it. */
export function addEval(program: Command, io: Io, version: string): void {
  const evaluation = program
    .command("eval")
    .summary("measure rankings on judged queries, compare models, calibrate scores")
    .description("Measure rankings on judged queries, compare models, find thresholds, and turn scores into probabilities.")
    .addHelpText("after", evalHelp);
  addMetrics(evaluation, io);
  addRun(evaluation, io, version);
  addCompare(evaluation, io, version);
  addCalibrate(evaluation, io);
}

const datasetArgument = "folder in BEIR's form (corpus.jsonl, queries.jsonl, qrels/test.tsv), or a qrels file";

function addMetrics(evaluation: Command, io: Io): void {
  const command = evaluation
    .command("metrics")
    .summary("measure a run against relevance judgments, as trec_eval does")
    .description("Measure a run against relevance judgments, as trec_eval does, with 95 % intervals.")
    .argument("<dataset>", datasetArgument)
    .argument("<run>", 'TREC run, or JSONL; "-" is standard input');
  withMeasures(command)
    .option("--per-query", "also show the values of each query")
    .option("--skip-missing", "leave out judged queries that the run lacks (default: they count as 0)")
    .addOption(new Option("--format <format>", "default: table on a terminal, else json").choices(["table", "json", "tsv"]))
    .action(async (dataset: string, run: string, _options: unknown, command: Command) => {
      const { metricsCommand } = await import("./eval-metrics.ts");
      await metricsCommand(io, dataset, run, command.optsWithGlobals());
    });
}

function addRun(evaluation: Command, io: Io, version: string): void {
  const command = evaluation
    .command("run")
    .summary("rerank candidates, and compare the order before and after")
    .description("Rerank candidates, and compare the order before and after.")
    .argument("<dataset>", datasetArgument)
    .option("-m, --model <model>", 'preset, hub id (org/name), ./folder or provider/model (default: "mini")');
  withReport(withCandidates(withMeasures(command), 100))
    .option("--threshold", "show what each score threshold would keep, and the threshold with the best F1")
    .option("--calibration <file>", "file from crossrank eval calibrate for this model: thresholds are probabilities")
    .option("--output <file>", "write the reranked run in TREC format, or as JSONL to a .jsonl file")
    .action(async (dataset: string, _options: unknown, command: Command) => {
      const { evalRunCommand } = await import("./eval-run.ts");
      await evalRunCommand(io, version, dataset, command.optsWithGlobals());
    });
}

function addCompare(evaluation: Command, io: Io, version: string): void {
  const command = evaluation
    .command("compare")
    .summary("compare two systems, query by query")
    .description("Compare two systems, query by query: two runs, two models, or a run and a model.")
    .argument("<dataset>", datasetArgument)
    .argument("[runs...]", "TREC runs, or JSONL")
    .option("-m, --model <model>", "model that reranks the candidates, repeatable", collect);
  withReport(withCandidates(withMeasures(command), 100)).action(
    async (dataset: string, runs: string[], _options: unknown, command: Command) => {
      const { compareCommand } = await import("./eval-compare.ts");
      await compareCommand(io, version, dataset, runs, command.optsWithGlobals());
    },
  );
}

function addCalibrate(evaluation: Command, io: Io): void {
  const command = evaluation
    .command("calibrate")
    .summary("fit probabilities to a local model's logits")
    .description("Fit probabilities to a local model's logits, on its candidates and the relevant documents, or on labeled pairs.")
    .argument("[dataset]", datasetArgument)
    .option("--pairs <file>", 'JSONL of {"query","document","label"} instead of a dataset')
    .option("-m, --model <model>", 'preset, hub id (org/name) or ./folder (default: "mini")')
    .addOption(new Option("--method <method>", 'default: "platt"; isotonic needs thousands of pairs').choices(["platt", "isotonic"]))
    .option("--folds <count>", "parts held out in turn to measure the error on unseen queries (default: 5)", integerFrom(2))
    .option("--output <file>", "file to write (default: calibration.json in the model's folder)")
    .option("--relevance-level <grade>", "grade from which a document is relevant (default: 1)", integerFrom(1));
  withCandidates(withCollection(command), 50)
    .addOption(new Option("--format <format>", "default: table on a terminal, else json").choices(["table", "json"]))
    .action(async (dataset: string | undefined, _options: unknown, command: Command) => {
      const { calibrateCommand } = await import("./eval-calibrate.node.ts");
      await calibrateCommand(io, dataset, command.optsWithGlobals());
    });
}

function withCollection(command: Command): Command {
  return command
    .option("--split <name>", "which qrels file of the folder (default: test, else the only one)")
    .option("--ignore-identical-ids", "leave out the document that has the query's own id; ArguAna needs this");
}

function withMeasures(command: Command): Command {
  return withCollection(command)
    .option(
      "--measure <name>",
      "nDCG@k, MRR@k, MAP, Recall@k, P@k, Success@k, Rprec, bpref; repeatable, the first decides who wins a query",
      collect,
    )
    .option("--relevance-level <grade>", "grade from which a document is relevant, for all but nDCG (default: 1)", integerFrom(1));
}

function withCandidates(command: Command, depth: number): Command {
  return command
    .option("--corpus <file>", "documents as JSONL (default: corpus.jsonl or docs.jsonl in the folder)")
    .option("--queries <file>", "queries as JSONL, or id, tab, text (default: queries.jsonl in the folder)")
    .option("--candidates <run>", "run with the documents to rerank (default: the best by BM25)")
    .option("--depth <count>", `maximum candidates of a query (default: ${depth})`, integerFrom(1))
    .option("--limit <count>", "use only the first judged queries, at most this many", integerFrom(1))
    .option("--batch-size <count>", "maximum pairs in one forward pass (default: 32)", integerFrom(1))
    .option("--max-length <tokens>", "maximum tokens of a query and a document together", integerFrom(8))
    .option("--model-file <path>", "another ONNX file of the model's repository or folder")
    .option("--cache-dir <folder>", "folder of downloaded models");
}

function withReport(command: Command): Command {
  return command
    .addOption(new Option("--format <format>", "default: table on a terminal, else json").choices(["table", "json"]))
    .option("--html <file>", "also write a page with plots");
}

const evalHelp = `
Examples:
  crossrank eval metrics qrels.txt run.txt --measure nDCG@10 --measure Recall@100
  crossrank eval run ./scifact --model fast --html report.html
  crossrank eval run ./scifact --model fast --threshold --calibration calibration.json
  crossrank eval compare ./scifact --model mini --model fast
  crossrank eval compare qrels.txt bm25.txt reranked.txt
  crossrank eval calibrate ./scifact --model fast

Judgments and runs: TREC format, BEIR's tab-separated format, or JSONL. Documents and queries: BEIR's JSONL.`;
