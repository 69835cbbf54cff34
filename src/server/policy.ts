import type * as z from "zod/mini";
import { listOf, oneOf } from "../config/option.ts";
import { readBySchema } from "../config/read.ts";
import { resultFields } from "../config/schema.ts";
import type { CheckedRankOptions } from "../config/types.ts";
import { type ModelReference, RerankError, RerankerConfig, type ResultField } from "../index.ts";
import { camelCase } from "../values.ts";

/** A request's `config` after all checks. */
export interface AllowedConfig {
  /** Undefined selects the server's first model. */
  model: ModelReference | undefined;
  /** Fields of the reply in addition to `results`. */
  replyFields: ReadonlySet<ReplyField>;
  /** Checked by the library. */
  options: CheckedRankOptions;
}

/** Optional top-level fields of a reply. */
export type ReplyField = "model" | "usage" | "timings" | "warnings";

/** Configuration keys that only the operator may set: they affect this machine's disk, network, cores or code. */
export const operatorKeys: readonly string[] = [
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
/** Keys of `config.model` and of everything inside it that only the operator may set. */
export const operatorModelKeys: readonly string[] = ["baseUrl", "headers", "urls", "url", "dialect", "client"];
/** Every {@link ReplyField}. */
export const replyFields: readonly ReplyField[] = ["model", "usage", "timings", "warnings"];
/** What a request may ask for in `config.return`: fields of a result, which the library knows, and of the reply. */
export const returnSchema: z.ZodMiniType<readonly (ResultField | ReplyField)[]> = listOf(oneOf(...resultFields, ...replyFields));

/**
 * Refuses keys that only the operator may set, then parses a request's `config` by the library's own rules.
 *
 * @param allowModels whether the request may also name hub ids and hosted models
 * @throws RerankError `not-allowed` naming the key; `invalid-input`
 */
export function parseAllowedConfig(config: object, allowModels: boolean): AllowedConfig {
  refuseKeys(config, "config", operatorKeys);
  const { return: asked, ...rest } = config as { return?: unknown; model?: unknown };
  refuseModelKeys(rest.model, "config.model");
  const fields = readBySchema(returnSchema, asked ?? [], "config.return");
  const { model, showDownloadProgress, allowDownload, acceleration, scoreCacheBytes, ...options } = RerankerConfig.parse(rest);
  const isNamed = rest.model !== undefined && rest.model !== null;
  if (isNamed) checkModel(model, allowModels);
  const isReplyField = (field: ResultField | ReplyField): field is ReplyField => replyFields.includes(field as ReplyField);
  const ofResults = fields.filter((field) => !isReplyField(field)) as ResultField[];
  return {
    model: isNamed ? model : undefined,
    replyFields: new Set(fields.filter(isReplyField)),
    options: asked === undefined || asked === null ? options : { ...options, return: ofResults },
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

/** Whether a value inside a model is a model itself. */
function isModel(value: unknown): value is ModelReference {
  return typeof value === "object" && value !== null && "type" in value;
}

/** Checks the keys at every depth, because models can contain models. The library's own check, which runs later, limits the depth. */
function refuseModelKeys(value: unknown, path: string, depth = 0): void {
  if (typeof value !== "object" || value === null || depth > 32) return;
  if (!Array.isArray(value)) refuseKeys(value, path, operatorModelKeys);
  for (const [key, item] of Object.entries(value))
    refuseModelKeys(item, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, depth + 1);
}

/** Whether the text can only be a hub id. A text that could also be a path is refused. */
function isHubId(modelId: string): boolean {
  return /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9_][\w.-]*$/.test(modelId);
}

function refuseKeys(value: object, path: string, keys: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (keys.includes(camelCase(key))) throw notAllowed(`${path}.${key}`, "only the operator of the server sets this. Leave it out");
  }
}

function notAllowed(path: string, why: string): RerankError {
  return new RerankError("not-allowed", `${path}: ${why}.`);
}
