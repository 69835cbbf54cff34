import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { pino } from "pino";
import { RerankError, registerRerankerBackend } from "../index.ts";
import {
  createRerankServer,
  type Listening,
  type ListenOptions,
  listen,
  type RerankServerOptions,
  type ServedModel,
} from "../server/index.ts";
import { messageOf } from "./failure.ts";
import type { CommonOptions, Io } from "./io.ts";
import { readTextSync } from "./text-lines.node.ts";

/** Options of `crossrank serve`, as commander names them. */
export interface ServeOptions extends CommonOptions {
  model?: string[];
  backend?: string[];
  host?: string;
  port?: number;
  socket?: string;
  tlsCert?: string;
  tlsKey?: string;
  apiKey?: string[];
  apiKeyFile?: string;
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
  drainDelay?: number;
  drainTimeout?: number;
  workers?: number;
  threads?: number;
  calibration?: string[];
  scoreCacheBytes?: number;
  cacheDir?: string;
  logLevel?: string;
}

const keyVariable = "CROSSRANK_API_KEYS";

/**
 * Serves until the first signal, then answers what is under way and ends.
 *
 * @throws RerankError of whatever keeps the server from starting, a model that cannot be loaded included; `aborted` when requests were
 *   cut off at the end
 */
export async function serveCommand(io: Io, options: ServeOptions): Promise<void> {
  for (const file of options.backend ?? []) registerRerankerBackend(pathToFileURL(resolve(file)));
  const logger = pino({
    level: options.logLevel ?? (options.quiet === true ? "error" : "info"),
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
  const server = createRerankServer({ ...serverOptions(options), logger });
  let listening: Listening | undefined;
  try {
    // Before the models are there, so that probes see a process that lives.
    listening = await listen(server, listenOptions(options));
    logger.info({ url: listening.url }, "listening");
    await Promise.race([server.ready, aborted(io.signal)]);
    if (!io.signal.aborted) logger.info({ url: listening.url }, "ready");
    await aborted(io.signal);
  } finally {
    const { drainDelay: delaySecs = 0, drainTimeout: timeoutSecs = 30 } = options;
    // Without a signal a failure brought us here, and there is nobody to wait for.
    const cut = await listening?.stop({ delaySecs: io.signal.aborted ? delaySecs : 0, timeoutSecs, signal: io.hurry });
    await server.close();
    logger.info({ requestsCutOff: cut ?? 0 }, "stopped");
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

/** `name=model` or a model; a path may hold a "=", a name none of what starts a path. */
function parseServedModel(text: string): ServedModel {
  const named = /^([\w][\w.:/-]*)=(.+)$/.exec(text);
  return named === null ? { model: text } : { name: named[1]!, model: named[2]! };
}

/** Each `file` to the first model, each `name=file` to the model of that name. */
function withCalibrations(models: readonly ServedModel[], calibrations: readonly string[]): ServedModel[] {
  const result = [...models];
  for (const text of calibrations) {
    const place = models.findIndex(({ name, model }) => text.startsWith(`${name ?? model}=`));
    if (place === -1 && /^\w[\w.:-]*=/.test(text)) {
      throw new RerankError(
        "invalid-input",
        `serve: --calibration ${text}: no --model is called that. Name one, or write ./ before the file.`,
      );
    }
    const file = place === -1 ? text : text.slice(text.indexOf("=") + 1);
    const target = Math.max(0, place);
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
  const given = [...apiKey, ...fromFile];
  const variable = process.env[keyVariable] ?? "";
  const keys =
    given.length > 0
      ? given
      : variable
          .split(",")
          .map((key) => key.trim())
          .filter((key) => key !== "");
  if (given.length === 0 && variable !== "" && keys.length === 0) {
    throw new RerankError("invalid-input", `serve: ${keyVariable} holds no keys. Separate them by commas, unset it, or use --api-key.`);
  }
  return keys;
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

function listenOptions({ host, port, socket, tlsCert, tlsKey, requestTimeout }: ServeOptions): ListenOptions {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new RerankError("invalid-input", "serve: --tls-cert and --tls-key go together. Give both or neither.");
  }
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(socket === undefined ? {} : { socket }),
    ...(requestTimeout === undefined ? {} : { requestTimeoutSecs: requestTimeout }),
    ...(tlsCert === undefined || tlsKey === undefined ? {} : { tls: { certFile: tlsCert, keyFile: tlsKey } }),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
