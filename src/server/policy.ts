import { type ModelReference, type RankOptionsInput, RerankError, RerankerConfig } from "../index.ts";

/** What a request's `config` may ask of this server, checked. */
export interface AllowedConfig {
  /** Absent: the server's first model. */
  model: ModelReference | undefined;
  /** Fields that replies get beside `results`. */
  replyFields: ReadonlySet<ReplyField>;
  options: RankOptionsInput;
}

/** Extra fields of a reply as a whole. */
export type ReplyField = "model" | "usage" | "timings" | "warnings";

/** Keys of a configuration that are the operator's: they touch this machine's disk, network, cores or code. */
const operatorKeys: readonly string[] = [
  "cacheDir",
  "acceleration",
  "showDownloadProgress",
  "allowDownload",
  "scoreCacheBytes",
  "calibration",
  "specialTokens",
  "text",
  "signal",
  "onWarning",
  "onProgress",
];
/** The same for keys of `config.model.llm`, and of `config.model` itself. */
const operatorModelKeys: readonly string[] = ["baseUrl", "headers", "urls", "url", "dialect", "client"];
const replyFields: readonly string[] = ["model", "usage", "timings", "warnings"] satisfies ReplyField[];

/**
 * Reads the `config` of a request by the library's own rules, after refusing what is the operator's.
 *
 * @param allowModels whether the request may name more than presets and registered backends
 * @throws RerankError `not-allowed` naming the key, `invalid-input`
 */
export function parseAllowedConfig(config: object, allowModels: boolean): AllowedConfig {
  refuseKeys(config, "config", operatorKeys);
  const { return: asked, ...rest } = config as { return?: unknown; model?: unknown };
  refuseModelKeys(rest.model, "config.model");
  const wanted: unknown[] = Array.isArray(asked) ? asked : [];
  const ofResults = Array.isArray(asked) ? wanted.filter((field) => !replyFields.includes(field as string)) : asked;
  const { model, showDownloadProgress, allowDownload, acceleration, scoreCacheBytes, ...options } = RerankerConfig.parse({
    ...rest,
    ...(ofResults === undefined ? {} : { return: ofResults }),
  });
  const isNamed = rest.model !== undefined && rest.model !== null;
  if (isNamed) checkModel(model, allowModels);
  return {
    model: isNamed ? model : undefined,
    replyFields: new Set(wanted.filter((field): field is ReplyField => replyFields.includes(field as string))),
    options,
  };
}

function checkModel(model: ModelReference, allowModels: boolean): void {
  if (model.type === "custom" && !isHubId(model.modelId)) {
    const remedy = "Name a preset, or ask the operator to serve the folder under a name";
    throw notAllowed("config.model", `folders of the server are not for requests. ${remedy}`);
  }
  if (allowModels) {
    for (const part of Object.values(model).flat() as unknown[]) if (isModel(part)) checkModel(part, allowModels);
    return;
  }
  if (model.type === "preset" && model.modelFile !== undefined) {
    throw notAllowed("config.model.modelFile", "only the operator chooses files. Leave it out");
  }
  if (model.type !== "preset" && model.type !== "plugin") {
    const remedy = "Its operator can start it with --allow-models";
    throw notAllowed("config.model", `this server takes presets and registered backends, no ${model.type} models. ${remedy}`);
  }
}

/** A model inside another one. */
function isModel(value: unknown): value is ModelReference {
  return typeof value === "object" && value !== null && "type" in value;
}

/** At any depth: models can hold models. The depth itself is bounded by the library's own check, which comes after. */
function refuseModelKeys(value: unknown, path: string, depth = 0): void {
  if (typeof value !== "object" || value === null || depth > 32) return;
  if (!Array.isArray(value)) refuseKeys(value, path, operatorModelKeys);
  for (const [key, item] of Object.entries(value))
    refuseModelKeys(item, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, depth + 1);
}

/** A hub id and nothing else: whatever could be read as a path is none. */
function isHubId(modelId: string): boolean {
  return /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9_][\w.-]*$/.test(modelId);
}

function refuseKeys(value: object, path: string, keys: readonly string[]): void {
  for (const key of Object.keys(value)) {
    const camelCase = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (keys.includes(camelCase)) throw notAllowed(`${path}.${key}`, "only the operator of the server sets this. Leave it out");
  }
}

function notAllowed(path: string, why: string): RerankError {
  return new RerankError("not-allowed", `${path}: ${why}.`);
}
