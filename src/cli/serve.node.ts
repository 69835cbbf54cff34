import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { pino } from "pino";
import { readCalibration } from "../catalogue/calibration-file.node.ts";
import { resolveModel } from "../catalogue/resolve-model.ts";
import { messageOf } from "../errors.ts";
import { expandHome } from "../hub/environment.node.ts";
import { locateModel } from "../hub/locate.node.ts";
import { RerankError, RerankerConfig, registerRerankerBackend } from "../index.ts";
import {
  createRerankServer,
  type Listening,
  type ListenOptions,
  listen,
  type RerankServer,
  type RerankServerOptions,
  type ServedModel,
} from "../server/index.ts";
import type { CommonOptions, Io } from "./io.ts";
import { parseServedModel } from "./model-argument.ts";
import { applySettings } from "./serve-settings.node.ts";
import { describeAddress, isOpenToOthers, openWarning } from "./serve-words.ts";
import { readTextSync } from "./text-lines.node.ts";

/** Options of `crossrank serve`, as commander names them. */
interface ServeOptions extends CommonOptions {
  model?: string[];
  backend?: string[];
  host?: string;
  port?: number;
  socket?: string;
  tlsCert?: string;
  tlsKey?: string;
  apiKey?: string[];
  apiKeyFile?: string;
  allowedHost?: string[];
  corsOrigin?: string[];
  basePath?: string;
  allowModels?: boolean;
  /** False with --no-download. */
  download: boolean;
  strictModel?: boolean;
  maxDocuments?: number;
  maxBodyBytes?: number;
  maxQueryChars?: number;
  maxDocumentChars?: number;
  maxRequests?: number;
  maxQueued?: number;
  maxModels?: number;
  timeout?: number;
  requestTimeout?: number;
  writeTimeout?: number;
  drainDelay?: number;
  drainTimeout?: number;
  workers?: number;
  threads?: number;
  calibration?: string[];
  scoreCacheBytes?: number;
  cacheDir?: string;
  logLevel?: string;
}

/**
 * Serves until the first signal, then answers the running requests and stops.
 *
 * @throws RerankError why the server cannot start or cannot load a model; `aborted` if running requests were cut off at the end
 */
export async function serveCommand(io: Io, command: Command): Promise<void> {
  applySettings(command, process.env);
  const options: ServeOptions = command.optsWithGlobals();
  const where = listenOptions(options);
  const settings = serverOptions(options);
  checkFiles(options, settings);
  const logger = pino({
    level: options.logLevel ?? (options.quiet === true ? "error" : "info"),
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
  // On a terminal, leave out log lines that repeat the messages for people.
  const announce = (fields: object, message: string, words: string): void => {
    if (!io.stdoutIsTerminal) logger.info(fields, message);
    showOnTerminal(io, options, words);
  };
  let server: RerankServer | undefined;
  let listening: Listening | undefined;
  try {
    for (const file of options.backend ?? []) registerRerankerBackend(pathToFileURL(resolve(file)));
    // Listen before the models are loaded, so that liveness probes succeed. Load models only after the address is bound.
    listening = await listen(() => (server = createRerankServer({ ...settings, logger })), where);
    const { url } = listening;
    announce({ url }, "listening", describeAddress(url, "loading"));
    if (isOpenToOthers(where) && settings.apiKeys?.length === 0) {
      if (!io.stdoutIsTerminal) logger.warn({ url }, openWarning);
      showOnTerminal(io, options, openWarning);
    }
    await Promise.race([server!.ready, aborted(io.signal)]);
    if (!io.signal.aborted) announce({ url }, "ready", describeAddress(url, "ready"));
    await aborted(io.signal);
  } finally {
    const { drainDelay: delaySecs = 0, drainTimeout: timeoutSecs = 30 } = options;
    // Without a signal, a failure ended the server, so do not delay.
    const cut = await listening?.stop({ delaySecs: io.signal.aborted ? delaySecs : 0, timeoutSecs, signal: io.forceSignal });
    await server?.close();
    if (cut !== undefined) announce({ requestsCutOff: cut }, "stopped", "stopped");
    if (cut === 0) io.settleSignal();
  }
}

function serverOptions(options: ServeOptions): RerankServerOptions {
  const { model, calibration = [], corsOrigin, timeout, workers, threads, cacheDir, scoreCacheBytes } = options;
  const limits = [
    "maxDocuments",
    "maxBodyBytes",
    "maxQueryChars",
    "maxDocumentChars",
    "maxRequests",
    "maxQueued",
    "maxModels",
    "basePath",
  ] as const;
  return {
    ...Object.fromEntries(limits.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]))),
    models: withCalibrations((model ?? ["mini"]).map(parseServedModel), calibration),
    ...(timeout === undefined ? {} : { timeoutSecs: timeout }),
    allowModels: options.allowModels === true,
    allowDownload: options.download,
    strictModel: options.strictModel === true,
    apiKeys: readKeys(options),
    corsOrigins: corsOrigin ?? [],
    settings: {
      ...(cacheDir === undefined ? {} : { cacheDir }),
      ...(scoreCacheBytes === undefined ? {} : { scoreCacheBytes }),
      acceleration: { ...(workers === undefined ? {} : { workers }), ...(threads === undefined ? {} : { threads }) },
    },
  };
}

/** Assigns each `file` to the first model, and each `name=file` to the model with that name. */
function withCalibrations(models: readonly ServedModel[], calibrations: readonly string[]): ServedModel[] {
  const result = [...models];
  for (const text of calibrations) {
    const index = models.findIndex(({ name, model }) => text.startsWith(`${name ?? model}=`));
    if (index === -1 && /^\w[\w.:-]*=/.test(text)) {
      throw new RerankError(
        "invalid-input",
        `serve: --calibration ${text}: no --model is called that. Name one, or write ./ before the file.`,
      );
    }
    const file = index === -1 ? text : text.slice(text.indexOf("=") + 1);
    const target = Math.max(0, index);
    if (result[target]!.calibration !== undefined) {
      throw new RerankError("invalid-input", `serve: two --calibration for one model. Leave ${file} out, or name its model.`);
    }
    result[target] = { ...result[target]!, calibration: file };
  }
  return result;
}

function readKeys({ apiKey = [], apiKeyFile }: ServeOptions): string[] {
  const fromFile = apiKeyFile === undefined ? [] : readKeyFile(apiKeyFile);
  if (apiKeyFile !== undefined && fromFile.length === 0) {
    throw new RerankError("invalid-input", `serve: ${apiKeyFile} holds no keys. Write one a line, or leave --api-key-file out.`);
  }
  return [...apiKey, ...fromFile];
}

function readKeyFile(path: string): string[] {
  try {
    const lines = readTextSync(path).split(/\r?\n/);
    return lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  } catch (cause) {
    if (RerankError.is(cause)) throw cause;
    throw new RerankError("invalid-input", `serve: cannot read the keys in ${path}: ${messageOf(cause)}.`, { cause });
  }
}

/** Checks what can fail before any model is loaded: unreadable files, folders without a model, calibrations of another model. */
function checkFiles({ backend = [], cacheDir }: ServeOptions, { models = [] }: RerankServerOptions): void {
  for (const file of backend) checkReadable(file, "--backend");
  for (const entry of models) {
    const { model, calibration } = typeof entry === "string" ? { model: entry, calibration: undefined } : entry;
    const reference = RerankerConfig.parse({ model }).model;
    if (calibration !== undefined) checkReadable(expandHome(calibration), "--calibration");
    if (reference.type !== "preset" && reference.type !== "custom") continue;
    const located = locateModel(resolveModel(reference), { cacheDir });
    if (calibration !== undefined && located !== undefined) readCalibration(calibration, located);
  }
}

function checkReadable(path: string, flag: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw new RerankError("invalid-input", `serve: ${flag}: cannot read ${path}: ${messageOf(cause)}. Check the path.`, { cause });
  }
}

function listenOptions({ host, port, socket, tlsCert, tlsKey, requestTimeout, writeTimeout, allowedHost }: ServeOptions): ListenOptions {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new RerankError("invalid-input", "serve: --tls-cert and --tls-key go together. Give both or neither.");
  }
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(socket === undefined ? {} : { socket }),
    ...(requestTimeout === undefined ? {} : { requestTimeoutSecs: requestTimeout }),
    ...(writeTimeout === undefined ? {} : { writeTimeoutSecs: writeTimeout }),
    ...(allowedHost === undefined ? {} : { allowedHosts: allowedHost }),
    ...(tlsCert === undefined || tlsKey === undefined ? {} : { tls: { certFile: tlsCert, keyFile: tlsKey } }),
  };
}

/** Writes a message for people to standard error. The log for machines goes to standard output. */
function showOnTerminal(io: Io, { quiet, logLevel }: ServeOptions, words: string): void {
  if (io.stderrIsTerminal && quiet !== true && logLevel !== "silent") io.note(`crossrank: ${words}`);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
