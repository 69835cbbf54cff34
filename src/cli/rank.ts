import picocolors from "picocolors";
import {
  createReranker,
  type ModelReference,
  type RankOptions,
  RerankError,
  type RerankerConfig,
  type RerankResult,
  type RerankWarning,
  type Truncation,
} from "../index.ts";
import { withFlagNames } from "./flag-words.ts";
import { type DocumentSource, describeSource, type FileDocuments, type InputFormat, readDocuments } from "./input.ts";
import type { CommonOptions, Io } from "./io.ts";
import { mistypedCommand, withSuggestion } from "./mistyped-command.ts";
import { type LocalModelOptions, parseModel } from "./model-argument.ts";
import { formatResult, type OutputFormat } from "./output.ts";
import { createCounter } from "./progress.node.ts";

/** The options of `crossrank rank`, as commander names them. */
export interface RankCommandOptions extends CommonOptions, LocalModelOptions {
  model?: string;
  topK?: number;
  threshold?: number;
  field?: string[];
  format?: OutputFormat;
  input?: InputFormat;
  batchSize?: number;
  truncation?: Truncation;
  calibration?: string;
  cacheDir?: string;
}

/**
 * Ranks the documents of files. Without files it reads standard input, unless that is a terminal.
 *
 * @param suggestion the command that the user may have meant, if the query looks like one
 * @throws RerankError of any code
 */
export async function rankCommand(
  io: Io,
  query: string,
  files: readonly string[],
  options: RankCommandOptions,
  suggestion?: string,
): Promise<void> {
  const config = configOf(io, options);
  const { documents, sources } = await readInput(io, query, files, options, suggestion);
  const reranker = createReranker(config);
  const counter = createCounter(io, options, "reranking documents");
  let result: RerankResult;
  try {
    // A download shows its own bar. The counter starts with the first scores.
    if (config.model.type !== "preset" && config.model.type !== "custom") counter.start();
    result = await reranker.rank(query, documents, { ...optionsOf(io, options), onProgress: counter.update });
  } catch (error) {
    throw inTermsOfFiles(error, sources);
  } finally {
    counter.end();
    // Wait for the running forward pass: the runtime crashes a process that exits during one.
    await reranker.close();
  }
  if (options.quiet !== true) {
    if (documents.length === 0) io.note("crossrank: no documents were given, so there are no results.");
    for (const line of summarizeWarnings(result.warnings, documents.length))
      io.note(`crossrank: ${withFlagNames(withSources(line, sources))}`);
  }
  const format = options.format ?? (io.stdoutIsTerminal ? "table" : "jsonl");
  const output = {
    sources,
    columns: io.columns,
    paint: picocolors.createColors(io.hasColor).cyan,
    ...(options.field === undefined ? {} : { fields: options.field }),
  };
  for (const line of formatResult(result, format, output)) await io.write(`${line}\n`);
}

/** One line for each warning, but a single line for all truncations together. */
export function summarizeWarnings(warnings: readonly RerankWarning[], documentCount: number): string[] {
  const truncated = warnings.filter((warning) => warning.type === "truncated");
  const others = [...new Set(warnings.filter((warning) => warning.type !== "truncated").map((warning) => warning.message))];
  if (truncated.length === 0) return others;
  const limit = truncated.reduce((maximum, { maxTokens }) => Math.max(maximum, maxTokens), 0);
  const longest = truncated.reduce((maximum, { tokens }) => Math.max(maximum, tokens), 0);
  const bound = truncated.some((warning) => warning.isLowerBound) ? "at least " : "";
  const count = `${truncated.length} of ${documentCount} documents`;
  return [
    `${count} were cut to the ${limit} tokens that the model reads (the longest has ${bound}${longest}). --quiet hides this line.`,
    ...others,
  ];
}

async function readInput(
  io: Io,
  query: string,
  files: readonly string[],
  options: RankCommandOptions,
  suggestion: string | undefined,
): Promise<FileDocuments> {
  try {
    const input = await readDocuments(io, files.length === 0 ? ["-"] : files, options);
    if (input.documents.length === 0 && files.length === 0 && suggestion !== undefined) throw mistypedCommand(query, suggestion);
    return input;
  } catch (error) {
    const isMissingFile = RerankError.is(error) && (error.cause as { code?: unknown } | undefined)?.code === "ENOENT";
    throw isMissingFile && suggestion !== undefined ? withSuggestion(error, suggestion) : error;
  }
}

/** Replaces document indexes in an error's message with file and line. */
function inTermsOfFiles(error: unknown, sources: readonly DocumentSource[]): unknown {
  if (!RerankError.is(error)) return error;
  const message = withSources(error.message, sources);
  return message === error.message ? error : new RerankError(error.code, message, { cause: error });
}

function withSources(message: string, sources: readonly DocumentSource[]): string {
  return message.replace(/documents\[(\d+)\]/g, (path, index) => {
    const source = sources[Number(index)];
    return source === undefined ? path : describeSource(source);
  });
}

function configOf(io: Io, options: RankCommandOptions): RerankerConfig & { model: ModelReference } {
  return {
    model: parseModel(options.model, options),
    showDownloadProgress: io.stderrIsTerminal && options.quiet !== true,
    ...(options.batchSize === undefined ? {} : { batchSize: options.batchSize }),
    ...(options.cacheDir === undefined ? {} : { cacheDir: options.cacheDir }),
    ...(options.calibration === undefined ? {} : { calibration: options.calibration }),
  };
}

function optionsOf(io: Io, options: RankCommandOptions): RankOptions {
  const { topK, threshold, truncation, field } = options;
  return {
    signal: io.signal,
    ...(topK === undefined ? {} : { topK }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(truncation === undefined ? {} : { truncation }),
    ...(field === undefined ? {} : { fields: field }),
  };
}
