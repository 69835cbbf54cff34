import { RerankError } from "../errors.ts";
import { readBySchema } from "./read.ts";
import { configSchema, defaults, optionsSchema } from "./schema.ts";
import type { Acceleration, ModelReference, RankOptions, RerankerConfig as RerankerConfigInput } from "./types.ts";

/** What makes a Reranker: camelCase, checked, defaults filled. */
export interface Settings {
  model: ModelReference;
  showDownloadProgress: boolean;
  allowDownload: boolean;
  /** Absent: the default folder, which depends on the environment and is found where it is needed. */
  cacheDir?: string;
  acceleration: Acceleration;
  scoreCacheBytes: number;
  /** Absent: scores are the sigmoid of the logit. */
  calibration?: string;
}

/** A configuration, checked: what makes a Reranker, and the options of a call. */
export interface ParsedConfig {
  settings: Settings;
  options: RankOptions;
}

/** Everything `rerank` takes, each key in camelCase or snake_case. */
export type RerankerConfig = RerankerConfigInput;

/** The value beside the type of the same name, so that `import { RerankerConfig }` works where imports are not elided. */
export const RerankerConfig: {
  /**
   * Checks a whole configuration, for example one read from a JSON file.
   *
   * @returns the configuration in camelCase with the settings' defaults filled in and `model` as an object; valid input for `rerank`
   * @throws RerankError `invalid-input` for unknown keys, wrong types and values out of their limits, named by path
   */
  parse(value: unknown): Settings & RankOptions;
} = {
  parse(value) {
    const { settings, options } = parseConfig(value);
    return { ...settings, ...options };
  },
};

/**
 * Checks a whole configuration, once.
 *
 * `undefined` and `null` mean the defaults. Whether a preset of that name exists is not looked up.
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
 * The options of one call, checked; what is absent comes from `defaults`, and stays absent if it is not there either.
 *
 * `fields` or `text` replaces whichever of the two the defaults have.
 *
 * @param defaults checked already
 * @throws RerankError `invalid-input`
 */
export function parseRankOptions(options: unknown, defaults: RankOptions = {}): RankOptions {
  const checked = readBySchema(optionsSchema, options ?? {}, "options");
  refuseTwoTexts(checked, "options");
  return withDefaults(checked, defaults);
}

/** Checked options over checked defaults. */
export function withDefaults(options: RankOptions, defaults: RankOptions): RankOptions {
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
 * Key of a Reranker in the cache: equal exactly for settings that mean the same, whatever the order or spelling of their keys.
 *
 * It holds API keys and headers as they are: for comparing only, never for a log.
 */
export function settingsKey(settings: Settings): string {
  return keyOf(settings, new Set());
}

/** The same for settings that differ only in how texts are read and outputs become scores: one loaded model serves them all. */
export function modelKey(settings: Settings): string {
  return keyOf(settings, readingKeys);
}

/** Keys of models, at any depth, that change no session. */
const readingKeys: ReadonlySet<string> = new Set(["maxLength", "instruction", "head", "template"]);

function keyOf(settings: Settings, ignored: ReadonlySet<string>): string {
  return JSON.stringify(comparable(settings, ignored));
}

/** Plain data with sorted keys; a function or a model of the AI SDK as its identity, never looked into. */
function comparable(value: unknown, ignored: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => comparable(item, ignored));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !ignored.has(key));
  entries.sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, key === "source" ? identityOf(item as object) : comparable(item, ignored)]));
}

const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/** A number of an object's or a function's own, as long as it lives: what it does cannot be compared. */
function identityOf(value: object): number {
  let identity = identities.get(value);
  if (identity === undefined) {
    lastIdentity += 1;
    identity = lastIdentity;
    identities.set(value, identity);
  }
  return identity;
}

function refuseTwoTexts(options: RankOptions, path: string): void {
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
