import { RerankError } from "../errors.ts";
import { readBySchema } from "./read.ts";
import { configSchema, defaults, optionsSchema } from "./schema.ts";
import type { CheckedAcceleration, CheckedRankOptions, ModelReference, RankOptions, RerankerSettings } from "./types.ts";

/** Settings of a Reranker: camelCase, checked, with defaults. */
export interface Settings {
  /** The model. */
  model: ModelReference;
  /** See {@link RerankerSettings.showDownloadProgress}. */
  showDownloadProgress: boolean;
  /** See {@link RerankerSettings.allowDownload}. */
  allowDownload: boolean;
  /** If absent, the default folder. It depends on the environment, so the code that needs it looks it up. */
  cacheDir?: string;
  /** See {@link RerankerSettings.acceleration}. */
  acceleration: CheckedAcceleration;
  /** See {@link RerankerSettings.scoreCacheBytes}. */
  scoreCacheBytes: number;
  /** If absent, scores are the sigmoid of the logit. */
  calibration?: string;
}

/** A checked configuration: the settings of a Reranker, and the options of a call. */
export interface ParsedConfig {
  settings: Settings;
  options: CheckedRankOptions;
}

/**
 * Everything that `rerank` takes: what makes a Reranker, and what belongs to one call. Each key in camelCase or snake_case.
 *
 * `D` is the type of the documents: `fields` knows its keys, and `text` takes it.
 */
// biome-ignore lint/suspicious/noExplicitAny: the documents of a configuration may be of any type
export interface RerankerConfig<D = any> extends RerankerSettings, RankOptions<D> {}

/** A checked configuration: camelCase, `model` as an object, the defaults of the settings filled in. */
export interface CheckedConfig extends Settings, CheckedRankOptions {
  /** See {@link RankOptions.fields}. */
  fields?: NonNullable<RankOptions["fields"]>;
}

/** `RerankerConfig.parse` checks a configuration. The type of the same name says what one may hold. */
export const RerankerConfig: {
  /**
   * Checks a whole configuration, for example one read from a JSON file.
   *
   * @returns the configuration in camelCase with the settings' defaults filled in and `model` as an object; valid input for `rerank`
   * @throws RerankError `invalid-input` for unknown keys, wrong types and values out of their limits, named by path
   * @example
   * const config = RerankerConfig.parse({ model: "fast", top_k: 3 });
   * console.log(config.topK, config.model.type); // 3 preset
   */
  parse(value: unknown): CheckedConfig;
} = {
  // A value beside the type, so that `import { RerankerConfig }` also works with compilers that keep imports of types.
  parse(value) {
    const { settings, options } = parseConfig(value);
    return { ...settings, ...options };
  },
};

/**
 * Checks a whole configuration, once.
 *
 * `undefined` and `null` mean the defaults. It does not check whether a preset exists.
 *
 * @throws RerankError `invalid-input`
 */
export function parseConfig(config: unknown): ParsedConfig {
  const { model, showDownloadProgress, allowDownload, cacheDir, acceleration, scoreCacheBytes, calibration, ...options } = readBySchema(
    configSchema,
    config ?? {},
    "config",
  );
  refuseTwoTexts(options, "config");
  const settings: Settings = {
    model: model ?? { type: "preset", name: defaults.model },
    showDownloadProgress: showDownloadProgress ?? defaults.showDownloadProgress,
    allowDownload: allowDownload ?? defaults.allowDownload,
    ...(cacheDir === undefined ? {} : { cacheDir }),
    acceleration: { provider: defaults.provider, ...acceleration },
    scoreCacheBytes: scoreCacheBytes ?? defaults.scoreCacheBytes,
    ...(calibration === undefined ? {} : { calibration }),
  };
  refuseNeedlessCalibration(settings);
  return { settings, options };
}

/**
 * Checks the options of one call. Absent options come from `defaults`.
 *
 * `fields` and `text` exclude each other: if the options have one of them, both defaults are ignored.
 *
 * @param defaults checked options
 * @throws RerankError `invalid-input`
 */
export function parseRankOptions(options: unknown, defaults: CheckedRankOptions = {}): CheckedRankOptions {
  const checked = readBySchema(optionsSchema, options ?? {}, "options");
  refuseTwoTexts(checked, "options");
  return withDefaults(checked, defaults);
}

/** Checked options, with checked defaults for absent ones. */
export function withDefaults(options: CheckedRankOptions, defaults: CheckedRankOptions): CheckedRankOptions {
  const { fields, text, ...others } = defaults;
  const givesText = options.fields !== undefined || options.text !== undefined;
  return {
    ...others,
    ...(givesText || fields === undefined ? {} : { fields }),
    ...(givesText || text === undefined ? {} : { text }),
    ...options,
  };
}

/**
 * Key of a Reranker in a cache, by its settings or its model alone. It is equal for settings that mean the same, whatever the order or spelling of their keys, and different otherwise.
 *
 * It contains API keys and headers. Use it only to compare, never in a log.
 */
export function settingsKey(settings: Settings | ModelReference): string {
  return keyOf(settings, new Set());
}

/** Key of a loaded model. It is equal for settings that differ only in how to read texts and outputs: one loaded model serves them all. */
export function modelKey(settings: Settings | ModelReference): string {
  return keyOf(settings, readingKeys);
}

/** Keys of models, at any depth, that do not change a session. */
const readingKeys: ReadonlySet<string> = new Set(["maxLength", "instruction", "head", "template"]);

function keyOf(settings: Settings | ModelReference, ignored: ReadonlySet<string>): string {
  return JSON.stringify(comparable(settings, ignored));
}

/** Plain data with sorted keys. A function or a model of the AI SDK is replaced by its identity. */
function comparable(value: unknown, ignored: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => comparable(item, ignored));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !ignored.has(key));
  entries.sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, key === "source" ? identityOf(item as object) : comparable(item, ignored)]));
}

const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/** A unique number for an object or a function, because behavior cannot be compared. */
function identityOf(value: object): number {
  let identity = identities.get(value);
  if (identity === undefined) {
    lastIdentity += 1;
    identity = lastIdentity;
    identities.set(value, identity);
  }
  return identity;
}

function refuseTwoTexts(options: CheckedRankOptions, path: string): void {
  if (options.fields !== undefined && options.text !== undefined) {
    throw new RerankError("invalid-input", `${path}: has both fields and text, which exclude each other. Give one of them.`);
  }
}

function refuseNeedlessCalibration({ model, calibration }: Settings): void {
  if (calibration === undefined || model.type === "preset" || model.type === "custom") return;
  throw new RerankError(
    "invalid-input",
    `config.calibration: only local models give logits, and this model is of type ${model.type}. Leave calibration out.`,
  );
}
