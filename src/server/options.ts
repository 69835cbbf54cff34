/** The options of a server, their defaults and their checks. */
import { type ModelName, RerankError, type RerankerConfig, type RerankerSettings } from "../index.ts";

/** A model that the server loads at start and serves under a name. */
export interface ServedModel {
  /** The name for clients. @default the model's own name: of the preset, the hub id or the backend */
  name?: string;
  /** Same values as `model` in the library's configuration. */
  model: NonNullable<RerankerConfig["model"]>;
  /** File of a calibration fitted for this model; see the library's configuration. @default none */
  calibration?: string;
}

/** Limits of one request, and of all requests at once. */
export interface ServerLimits {
  /** Maximum number of documents in one request; ≥ 1. @default 1024 */
  maxDocuments: number;
  /** Maximum size of a request's body in bytes; ≥ 1. @default 16 MiB */
  maxBodyBytes: number;
  /** Maximum length of a query in characters (UTF-16 units); ≥ 1. @default 65536 */
  maxQueryChars: number;
  /** Maximum length of one document in characters (UTF-16 units); an object counts as its JSON; ≥ 1. @default 1000000 */
  maxDocumentChars: number;
  /** Maximum number of requests answered at once. Another request gets 429 before its body is read. @default 1024 */
  maxRequests: number;
  /** Maximum number of documents that wait for a thread of one model. When it is reached, requests get 429. @default 16384 */
  maxQueued: number;
  /**
   * Maximum number of models loaded because a request named them, in addition to the served ones; models that are still loading count.
   * Above it, the server closes the least recently used one.
   *
   * @default 2
   */
  maxModels: number;
}

/** The server's log; pino's loggers fit. It never receives texts of documents or queries, and never API keys. */
export interface ServerLogger {
  /** Each request. */
  debug(fields: object, message: string): void;
  /** Starting, loading and stopping. */
  info(fields: object, message: string): void;
  /** What was done differently, and requests that failed for a reason of their own. */
  warn(fields: object, message: string): void;
  /** Failures of the server and its models. */
  error(fields: object, message: string): void;
}

/** Options of `createRerankServer`. */
export interface RerankServerOptions extends Partial<ServerLimits> {
  /** Models to load at start. A request that names no model gets the first one. @default the bundled preset `mini` */
  models?: readonly (ServedModel | ModelName)[];
  /** Whether requests may also name hub ids and hosted models; presets and registered backends are always allowed. @default false */
  allowModels?: boolean;
  /** Whether the server may download a preset that is not on this machine. @default true */
  allowDownload?: boolean;
  /** Whether an unknown model name is an error in the dialects, too. If false, the first model answers. @default false */
  strictModel?: boolean;
  /** Maximum duration of one request in seconds. A request may ask for less. @default 60 */
  timeoutSecs?: number;
  /** API keys. A request must send one of them, as `Authorization: Bearer …`, `Api-Key` or `X-API-Key`. @default requests need no key */
  apiKeys?: readonly string[];
  /** Origins whose pages may call the server (CORS); `*` allows all. @default none */
  corsOrigins?: readonly string[];
  /** Path under which the server is mounted, for example `/api`. @default "" */
  basePath?: string;
  /** Receives the log. @default no log */
  logger?: ServerLogger;
  /** Settings for every model; see the library's configuration. */
  settings?: Omit<RerankerSettings, "model" | "allowDownload" | "allow_download" | "calibration">;
}

/** {@link RerankServerOptions} with all defaults filled in. */
export type CheckedOptions = Required<Omit<RerankServerOptions, "models" | "logger">> & {
  models: readonly ServedModel[];
  logger: ServerLogger | undefined;
};

/**
 * Fills in defaults and checks all values.
 *
 * @throws RerankError `invalid-input` if a limit is not a positive integer, a time is not a positive number, or a key is empty
 */
export function checkOptions(options: RerankServerOptions): CheckedOptions {
  const checked: CheckedOptions = {
    maxDocuments: 1024,
    maxBodyBytes: 16 * 2 ** 20,
    maxQueryChars: 65_536,
    maxDocumentChars: 1_000_000,
    maxRequests: 1024,
    maxQueued: 16_384,
    maxModels: 2,
    allowModels: false,
    allowDownload: true,
    strictModel: false,
    timeoutSecs: 60,
    apiKeys: [],
    corsOrigins: [],
    basePath: "",
    settings: {},
    ...options,
    models: (options.models ?? ["mini"]).map((entry) => (typeof entry === "string" ? { model: entry } : entry)),
    logger: options.logger,
  };
  const limits = ["maxDocuments", "maxBodyBytes", "maxQueryChars", "maxDocumentChars", "maxRequests", "maxQueued", "maxModels"] as const;
  for (const name of limits) {
    if (!Number.isSafeInteger(checked[name]) || checked[name] < 1) throw invalid(name, "an integer ≥ 1", checked[name]);
  }
  if (!(checked.timeoutSecs > 0 && Number.isFinite(checked.timeoutSecs))) {
    throw invalid("timeoutSecs", "a number of seconds > 0", checked.timeoutSecs);
  }
  if (checked.apiKeys.some((key) => key.trim() === "")) {
    throw new RerankError("invalid-input", "server: apiKeys has a blank entry. Remove it, or leave apiKeys out to need none.");
  }
  if (checked.apiKeys.some((key) => !/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(key))) {
    throw new RerankError("invalid-input", "server: a key of apiKeys holds what no header can: give visible ASCII characters. Change it.");
  }
  const origin = checked.corsOrigins.find((entry) => entry !== "*" && !/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]+$/i.test(entry));
  if (origin !== undefined) throw invalid("corsOrigins", '"*" or an origin such as "https://app.example", without a path', origin);
  if (checked.models.length === 0) throw invalid("models", "at least one", 0);
  if (!/^(?:\/[\w.~-]+)*$/.test(checked.basePath)) throw invalid("basePath", 'a path such as "/api"', checked.basePath);
  return checked;
}

function invalid(name: string, expected: string, value: unknown): RerankError {
  return new RerankError("invalid-input", `server: ${name}: expected ${expected}, got ${JSON.stringify(value)}. Change or remove it.`);
}
