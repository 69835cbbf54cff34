/** The one place that knows the shape of a configuration, and both spellings of its keys. */
import {
  anyString,
  boolean,
  type Checker,
  duration,
  type Fields,
  finiteNumber,
  functionOf,
  integer,
  listOf,
  name,
  oneOf,
  readForeign,
  shape,
  wrongType,
} from "./checks.ts";
import { RerankError } from "./errors.ts";
import { checkModel } from "./model-config.ts";
import type { Acceleration, ModelReference, RankOptions, RerankerConfig as RerankerConfigInput } from "./types.ts";

/** What makes a Reranker: camelCase, checked, defaults filled. */
export interface NormalisedSettings {
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

/** How {@link parseRankOptions} reads its argument. */
export interface RankOptionsParsing {
  /** The value is a whole configuration: the keys that make a Reranker are checked too, and left out. @default false */
  isFullConfig?: boolean;
}

/** A whole configuration in camelCase, with its defaults. */
type CheckedConfig = NormalisedSettings & RankOptions;

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
  parse(value: unknown): CheckedConfig;
} = {
  parse: (value) => ({ ...parseSettings(value), ...parseRankOptions(value, {}, { isFullConfig: true }) }),
};

/**
 * The part of a configuration that makes a Reranker; options of a call in the same object are checked too, and left out.
 *
 * `undefined` and `null` mean the defaults. Whether a preset of that name exists is not looked up.
 *
 * @throws RerankError `invalid-input`
 */
export function parseSettings(config: unknown): NormalisedSettings {
  const checked = readForeign("config", () => checkConfig(config ?? {}, "config"));
  refuseTwoTexts(checked, "config");
  const model = checked.model ?? { type: "preset", name: "mini" };
  refuseNeedlessCalibration(model, checked.calibration);
  return {
    model,
    showDownloadProgress: checked.showDownloadProgress ?? false,
    allowDownload: checked.allowDownload ?? true,
    ...(checked.cacheDir === undefined ? {} : { cacheDir: checked.cacheDir }),
    acceleration: { provider: "auto", ...checked.acceleration },
    scoreCacheBytes: checked.scoreCacheBytes ?? 0,
    ...(checked.calibration === undefined ? {} : { calibration: checked.calibration }),
  };
}

/**
 * The options of one call, in camelCase; what is absent comes from `defaults`, already checked, and stays absent if it is not there either.
 *
 * `fields` or `text` replaces whichever of the two the defaults have.
 *
 * @throws RerankError `invalid-input`
 */
export function parseRankOptions(options: unknown, defaults: RankOptions = {}, parsing: RankOptionsParsing = {}): RankOptions {
  const isFullConfig = parsing.isFullConfig ?? false;
  const path = isFullConfig ? "config" : "options";
  const checked = readForeign(path, () => (isFullConfig ? callPart(checkConfig(options ?? {}, path)) : checkOptions(options ?? {}, path)));
  refuseTwoTexts(checked, path);
  const { fields, text, ...others } = defaults;
  const givesText = checked.fields !== undefined || checked.text !== undefined;
  return {
    ...others,
    ...(givesText || fields === undefined ? {} : { fields }),
    ...(givesText || text === undefined ? {} : { text }),
    ...checked,
  };
}

/**
 * Key of a Reranker in the cache: equal exactly for settings that mean the same, whatever the order or spelling of their keys.
 *
 * It holds API keys and headers as they are: for comparing only, never for a log.
 */
export function settingsKey(settings: NormalisedSettings): string {
  return keyOf(settings, new Set());
}

/** The same for settings that differ only in how texts are read and outputs become scores: one loaded model serves them all. */
export function modelKey(settings: NormalisedSettings): string {
  return keyOf(settings, readingKeys);
}

/** Keys of models, at any depth, that change no session. */
const readingKeys: ReadonlySet<string> = new Set(["maxLength", "instruction", "head", "template"]);

function keyOf(settings: NormalisedSettings, ignored: ReadonlySet<string>): string {
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

const checkSignal: Checker<AbortSignal> = (value, path) => {
  // By shape, not instanceof: signals of another realm (jsdom, vm) and of polyfills are signals too.
  const signal = value as Partial<AbortSignal>;
  const hasMethods = typeof signal.addEventListener === "function" && typeof signal.removeEventListener === "function";
  if (typeof value !== "object" || typeof signal.aborted !== "boolean" || !hasMethods) throw wrongType(path, "an AbortSignal", value);
  return value as AbortSignal;
};

type Settings = Partial<NormalisedSettings>;

const settingsFields: Fields<Settings> = {
  model: checkModel,
  showDownloadProgress: boolean,
  allowDownload: boolean,
  cacheDir: name,
  acceleration: shape<Acceleration>({
    provider: oneOf("auto", "cpu", "cuda", "coreml", "directml", "webgpu"),
    deviceId: integer(0),
    threads: integer(1),
    workers: integer(1),
    idleSecs: duration,
    maxQueued: integer(1),
  }),
  scoreCacheBytes: integer(0),
  calibration: name,
};

const optionFields: Fields<RankOptions> = {
  topK: integer(0),
  threshold: finiteNumber,
  truncation: oneOf("longest_first", "only_second", "error"),
  truncationSide: oneOf("left", "right"),
  maxLength: integer(1),
  specialTokens: oneOf("neutralise", "interpret"),
  instruction: anyString,
  batchSize: integer(1),
  onError: oneOf("fail", "partial"),
  return: listOf(oneOf("logit", "tokens", "truncated")),
  fields: listOf(name, 1),
  text: functionOf<NonNullable<RankOptions["text"]>>(),
  maxRerankDurationSecs: duration,
  signal: checkSignal,
  onWarning: functionOf<NonNullable<RankOptions["onWarning"]>>(),
  onProgress: functionOf<NonNullable<RankOptions["onProgress"]>>(),
};

const checkConfig: Checker<Settings & RankOptions> = shape<Settings & RankOptions>({ ...settingsFields, ...optionFields });
const checkOptions: Checker<RankOptions> = shape<RankOptions>(optionFields);

function callPart(config: Settings & RankOptions): RankOptions {
  return Object.fromEntries(Object.entries(config).filter(([key]) => Object.hasOwn(optionFields, key)));
}

function refuseTwoTexts(options: RankOptions, path: string): void {
  if (options.fields !== undefined && options.text !== undefined) {
    throw new RerankError("invalid-input", `${path}: has both fields and text, which exclude each other. Give one of them.`);
  }
}

function refuseNeedlessCalibration(model: ModelReference, calibration: string | undefined): void {
  if (calibration === undefined || model.type === "preset" || model.type === "custom") return;
  throw new RerankError(
    "invalid-input",
    `config.calibration: only local models give logits, and this model is of type ${model.type}. Leave calibration out.`,
  );
}
