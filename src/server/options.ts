/** What a server can be told, and what holds where it is not. */
import { RerankError, type RerankerConfig, type RerankerSettings } from "../index.ts";

/** A model that is loaded at start and answers to a name. */
export interface ServedModel {
  /** What clients call it. @default the model's own name: a preset's, a hub id's, a backend's */
  name?: string;
  /** As in a configuration of the library. */
  model: NonNullable<RerankerConfig["model"]>;
  /** File of a calibration fitted for it: see the library's configuration. @default none */
  calibration?: string;
}

/** Bounds of what one request may bring, and of how much is under way at once. */
export interface ServerLimits {
  /** Most documents of one request; ≥ 1. @default 1024 */
  maxDocuments: number;
  /** Most bytes of a request's body; ≥ 1. @default 16 MiB */
  maxBodyBytes: number;
  /** Most characters (UTF-16 units) of a query; ≥ 1. @default 65536 */
  maxQueryChars: number;
  /** Most characters (UTF-16 units) of one document, an object's as JSON; ≥ 1. @default 1000000 */
  maxDocumentChars: number;
  /** Most requests that are answered at once; one more gets 429 before its body is read. @default 1024 */
  maxRequests: number;
  /** Most documents that may wait for a thread of one model; a request that finds as many gets 429. @default 16384 */
  maxQueued: number;
  /** Most models held that requests brought in, beside the served ones, loading ones included; the least recently used is closed. @default 2 */
  maxModels: number;
}

/** Where a server tells what it does; pino's loggers are such. It never gets texts of documents or queries, nor keys. */
export interface ServerLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Options of `createRerankServer`. */
export interface RerankServerOptions extends Partial<ServerLimits> {
  /** Loaded at start; the first answers where a request names none. @default the bundled preset `mini` */
  models?: readonly (ServedModel | string)[];
  /** Whether requests may name hub ids and hosted models too, beside presets and registered backends. @default false */
  allowModels?: boolean;
  /** Whether a preset that is not on this machine may be fetched. @default true */
  allowDownload?: boolean;
  /** Whether a model name that nobody knows is an error in the dialects, too, instead of meaning the first model. @default false */
  strictModel?: boolean;
  /** Ceiling of one request, seconds; a request may ask for less. @default 60 */
  timeoutSecs?: number;
  /** Keys of which a request has to bring one, as `Authorization: Bearer …` or in `Api-Key` or `X-API-Key`. @default none needed */
  apiKeys?: readonly string[];
  /** Origins whose pages may call, or `*`. @default none */
  corsOrigins?: readonly string[];
  /** Path under which the server is mounted, for example `/api`. @default "" */
  basePath?: string;
  /** @default nothing is logged */
  logger?: ServerLogger;
  /** Settings of every model: see the library's configuration. */
  settings?: Omit<RerankerSettings, "model" | "allowDownload" | "calibration">;
}

/** {@link RerankServerOptions} with everything filled in. */
export type CheckedOptions = Required<Omit<RerankServerOptions, "models" | "logger">> & {
  models: readonly ServedModel[];
  logger: ServerLogger | undefined;
};

/** @throws RerankError `invalid-input` for a limit that is no positive integer, a time that is no positive number, or an empty key */
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
