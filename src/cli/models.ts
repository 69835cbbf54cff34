import { pinnedSha256 } from "../catalogue/catalogue.ts";
import type { ModelSpec } from "../catalogue/model-spec.ts";
import { comparedBenchmark } from "../catalogue/quality.ts";
import { recommend } from "../catalogue/recommendations.ts";
import { resolveModel } from "../catalogue/resolve-model.ts";
import { downloadModel } from "../hub/download.node.ts";
import { createProgressBar, formatBytes } from "../hub/download-progress.node.ts";
import { type CachedModel, listCached, removeCached, type VerifiedFile, verifyCached } from "../hub/inventory.node.ts";
import { type LocatedModel, locateModel, type ModelSource } from "../hub/locate.node.ts";
import { getPreset, listPresets, listProviders, type Preset, type ProviderInfo, type QualityFigure, RerankError } from "../index.ts";
import { alignColumns, printable } from "./display.ts";
import type { CommonOptions, Io } from "./io.ts";
import { type LocalModelOptions, parseLocalModel } from "./model-argument.ts";
import { toJson } from "./output.ts";
import { createCounter } from "./progress.node.ts";

/** Options of the `models` commands, as commander names them. */
export interface ModelsOptions extends CommonOptions, LocalModelOptions {
  cacheDir?: string;
  json?: boolean;
  force?: boolean;
}

/** Whether a model works without the network: it is in the package, downloaded, not downloaded, or damaged. */
type Presence = "bundled" | "downloaded" | "no" | "damaged";

// The order in which `models info` shows a record.
const recordKeys: readonly (keyof Preset)[] = [
  ...(["name", "description", "repository", "revision", "folder", "modelFile", "files", "sizeBytes", "parameters"] as const),
  ...([
    "languages",
    "maxLength",
    "head",
    "template",
    "instruction",
    "license",
    "commercialUse",
    "quality",
    "recommended",
    "verified",
  ] as const),
];

/** `models list`: a table on a terminal, tab-separated columns in a pipe, both with a header. `--json` writes everything. */
export async function listModels(io: Io, options: ModelsOptions): Promise<void> {
  const presets = listPresets().map((preset) => ({ ...preset, onThisMachine: presenceOf(preset, options) }));
  const repositories = new Set(presets.map((preset) => preset.repository));
  const others = listCached(options).filter((model) => !repositories.has(model.repository));
  if (options.json === true) {
    await io.write(`${toJson({ presets, others, providers: listProviders() }, 2)}\n`);
    return;
  }
  const recommendations = recommend(presets);
  const needsOf = ({ name }: Preset): string =>
    recommendations
      .filter(({ preset }) => preset.name === name)
      .map(({ need }) => need)
      .join("; ");
  const header = ["NAME", "REPOSITORY", "SIZE", "LANGUAGES", "LIMIT", "LICENSE", "MTEB", "HERE", "NOTES"];
  const presetRows = presets.map((preset) => [...presetRow(preset), needsOf(preset)]);
  const rows = [header, ...presetRows, ...others.map(otherRow), ...listProviders().map(providerRow)];
  const lines = io.stdoutIsTerminal ? alignColumns(rows, new Set([2, 4])) : rows.map((row) => row.join("\t"));
  for (const line of lines) await io.write(`${line}\n`);
}

/** One row for a provider of hosted models: the prefix of its models, and what they need. */
function providerRow({ prefix, variables, optionalVariables, needsKey, needsBaseUrl, baseUrlVariables }: ProviderInfo): string[] {
  const key =
    variables.length === 0
      ? []
      : [`${variables.join(prefix === "bedrock" ? " and " : " or ")}${needsKey ? "" : " (if it asks for a key)"}`];
  const optional = optionalVariables.map((name) => `${name} with temporary keys`);
  const url = needsBaseUrl ? [["baseUrl", ...baseUrlVariables].join(" or ")] : [];
  return [`${prefix}/…`, "(hosted)", "", "", "", "", "", "", [...key, ...optional, ...url].join("; ")];
}

/** `models pull`: downloads a model, then writes its identity and the path of its file. @throws RerankError `download` … */
export async function pullModel(io: Io, argument: string, options: ModelsOptions): Promise<void> {
  const model = resolveModel(parseLocalModel(argument, options));
  const bar = io.stderrIsTerminal && options.quiet !== true ? createProgressBar() : undefined;
  try {
    await downloadModel(model, { cacheDir: options.cacheDir, force: options.force, signal: io.signal, onProgress: bar?.update });
  } finally {
    bar?.end();
  }
  const located = locateModel(model, options);
  if (located === undefined) throw new RerankError("download", `${argument}: gone from the cache right after its download. Pull it again.`);
  await io.write(`${located.id}\t${printable(located.modelPath)}\n`);
}

/** `models info`: the catalogue's record, and facts from the files on this machine. */
export async function showModel(io: Io, argument: string, options: ModelsOptions): Promise<void> {
  const model = resolveModel(parseLocalModel(argument, options));
  const preset = model.presetName === undefined ? undefined : getPreset(model.presetName);
  const located = locateModel(model, options);
  const facts = { ...preset, onThisMachine: located === undefined ? null : factsOf(located) };
  if (options.json === true) {
    await io.write(`${toJson(facts, 2)}\n`);
    return;
  }
  const { onThisMachine } = facts;
  const rows = recordKeys.flatMap((key) => infoRows(key, preset?.[key]));
  if (onThisMachine === null) rows.push(["onThisMachine", `no; crossrank models pull ${argument} downloads it`]);
  else rows.push(...Object.entries(onThisMachine).flatMap(([key, value]) => infoRows(key, value)));
  for (const line of alignColumns(rows)) await io.write(`${line}\n`);
}

/** `models remove`: deletes files from crossrank's own cache only. It is not an error if there are none. */
export async function removeModel(io: Io, argument: string, options: ModelsOptions): Promise<void> {
  const removed = await removeCached(resolveModel(parseLocalModel(argument)), options);
  if (options.quiet === true) return;
  if (removed.files === 0) io.note(`crossrank: nothing of ${argument} is in the cache.`);
  else await io.write(`removed ${removed.files} files, ${formatBytes(removed.bytes)}\n`);
}

/**
 * `models verify`: checks downloaded files and writes the status, model and path of each.
 *
 * @throws RerankError `download` if a file is damaged or missing, or if the named model is not downloaded completely
 */
export async function verifyModels(io: Io, argument: string | undefined, options: ModelsOptions): Promise<void> {
  const model = argument === undefined ? undefined : resolveModel(parseLocalModel(argument));
  const counter = createCounter(io, options, "verifying files");
  counter.start();
  const files = await verifyCached(model, options, pinnedSha256).finally(counter.end);
  if (options.json === true) await io.write(`${toJson(files, 2)}\n`);
  else for (const file of files) await io.write(`${file.status}\t${file.repository}@${file.commit}\t${printable(file.path)}\n`);
  if (model !== undefined) refuseIncomplete(argument!, model, files, options);
  if (files.length === 0 && options.quiet !== true) io.note("crossrank: no downloaded files to verify.");
  const bad = files.filter((file) => file.status === "damaged" || file.status === "missing").length;
  if (bad > 0) {
    const advice = "Run crossrank models remove and crossrank models pull for the model";
    throw new RerankError("download", `models verify: ${bad} of ${files.length} files damaged or missing. ${advice}.`);
  }
}

/** Throws if a model is not downloaded, or only in part. It has no damaged file, but it cannot be used either. */
function refuseIncomplete(argument: string, model: ModelSpec, files: readonly VerifiedFile[], source: ModelSource): void {
  if (files.some(({ status }) => status === "damaged" || status === "missing")) return;
  const isUsable = locateModel(model, source) !== undefined;
  if (isUsable && files.length > 0) return;
  const what =
    files.length > 0 ? "is downloaded in part" : isUsable ? "is only in the hub's own cache, which others keep" : "is not downloaded";
  throw new RerankError("download", `models verify: ${argument} ${what}. Run crossrank models pull ${argument}.`);
}

function presenceOf(preset: Preset, source: ModelSource): Presence {
  if (preset.repository === undefined) return "bundled";
  try {
    return locateModel(resolveModel({ type: "preset", name: preset.name }), source) === undefined ? "no" : "downloaded";
  } catch (error) {
    // One damaged model must not hide the others. `models info` and `models verify` report what is wrong with it.
    if (RerankError.is(error)) return "damaged";
    throw error;
  }
}

function presetRow(preset: Preset & { onThisMachine: Presence }): string[] {
  return [
    preset.name,
    preset.repository ?? "(in the package)",
    formatBytes(preset.sizeBytes),
    preset.languages.length > 4 ? `${preset.languages.length} languages` : preset.languages.join(","),
    String(preset.maxLength),
    preset.commercialUse ? preset.license : `${preset.license} (non-commercial)`,
    preset.quality.find(({ benchmark }) => benchmark === comparedBenchmark)?.value.toFixed(4) ?? "-",
    preset.onThisMachine,
  ];
}

function otherRow(model: CachedModel): string[] {
  const here = model.modelFiles.length === 0 ? "incomplete" : "downloaded";
  return ["-", printable(model.repository), formatBytes(model.sizeBytes), "-", "-", "-", "-", here, ""];
}

/** Facts from the files. Shows the activation, although scores are always the sigmoid of the logit. */
function factsOf(located: LocatedModel): Record<string, unknown> {
  const config = located.config as Readonly<Record<string, unknown>>;
  const sentenceTransformers = config.sentence_transformers as { activation_fn?: unknown } | undefined;
  return {
    id: located.id,
    modelPath: located.modelPath,
    modelSizeBytes: located.sizeBytes,
    architecture: (config.architectures as unknown[] | undefined)?.[0],
    labels: config.id2label,
    inputs: located.inputs,
    accuracy: located.accuracy,
    dynamicallyQuantized: located.isDynamicallyQuantized,
    publishedActivation: sentenceTransformers?.activation_fn ?? config.sbert_ce_default_activation_function,
  };
}

function infoRows(key: string, value: unknown): string[][] {
  if (value === undefined || value === "") return [];
  if (key === "files") {
    const files = value as Preset["files"];
    return linesOf(
      key,
      files.map((file) => (file.sha256 === undefined ? file.path : `${file.path} (sha256 ${file.sha256})`)),
    );
  }
  if (key === "quality") return linesOf(key, (value as Preset["quality"]).map(describeFigure));
  // Quoted as in a configuration, because white space in it matters.
  if (key === "template") return [[key, toJson(value)]];
  if (key.endsWith("izeBytes")) return [[key.replace("Bytes", ""), formatBytes(value as number)]];
  if (key === "parameters") return [[key, `${((value as number) / 1e6).toFixed(1)} million`]];
  if (Array.isArray(value)) return [[key, printable(value.map((entry) => (typeof entry === "string" ? entry : toJson(entry))).join(", "))]];
  return [[key, printable(typeof value === "string" ? value : toJson(value))]];
}

/** One row per line. Only the first row has the key. */
function linesOf(key: string, lines: readonly string[]): string[][] {
  return lines.map((line, index) => [index === 0 ? key : "", line]);
}

function describeFigure({ benchmark, metric, value, measuredBy, source }: QualityFigure): string {
  return `${benchmark}, ${metric}: ${value.toFixed(4)} (measured by ${measuredBy === "publisher" ? "its publisher" : "others"}: ${source})`;
}
