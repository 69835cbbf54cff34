import { RerankError, RerankerConfig } from "../../index.ts";
import type { InputFormat } from "../input.ts";
import type { CommonOptions } from "../io.ts";
import { type LocalModelOptions, parseModel } from "../model-argument.ts";

/** Options of one configuration, as commander names them. */
export interface ConfigurationOptions extends LocalModelOptions {
  model?: string;
  batchSize?: number;
  workers?: number;
  threads?: number;
  cacheDir?: string;
  sync?: boolean;
}

/** Options of `crossrank bench`, as commander names them. */
export interface BenchOptions extends CommonOptions, ConfigurationOptions {
  query?: string;
  field?: string[];
  input?: InputFormat;
  rounds?: number;
  /** Rounds of each configuration before the ones that count. */
  warmUp?: number;
  /** Changes that define a second configuration: `key=value,key=value`. */
  vs?: string;
  json?: boolean;
}

/** One configuration to measure. */
export interface Configuration {
  name: "first" | "second";
  config: ReturnType<typeof RerankerConfig.parse>;
  /** Whether to use `rankSync`, which ranks on the calling thread. */
  isSync: boolean;
}

type Change = readonly [key: keyof ConfigurationOptions, read: (text: string, location: string) => string | number | boolean];

// Keys are the options' names, so that a command line can be copied into a change.
const changes: Readonly<Record<string, Change>> = {
  model: ["model", (text) => text],
  "model-file": ["modelFile", (text) => text],
  "max-length": ["maxLength", integerFrom(8)],
  "batch-size": ["batchSize", integerFrom(1)],
  workers: ["workers", integerFrom(1)],
  threads: ["threads", integerFrom(1)],
  "cache-dir": ["cacheDir", (text) => text],
  sync: ["sync", readBoolean],
};

/**
 * The configurations to measure: one from the options and, with `vs`, a second one with changes.
 *
 * @throws RerankError `invalid-input` for a wrong model or a wrong change
 */
export function configurationsOf(options: BenchOptions): Configuration[] {
  const first = configurationOf("first", options);
  if (options.vs === undefined) return [first];
  return [first, configurationOf("second", { ...options, ...readChanges(options.vs) })];
}

function configurationOf(name: Configuration["name"], options: ConfigurationOptions): Configuration {
  const { workers, threads } = options;
  const config = RerankerConfig.parse({
    model: parseModel(options.model, options),
    ...(options.batchSize === undefined ? {} : { batchSize: options.batchSize }),
    ...(options.cacheDir === undefined ? {} : { cacheDir: options.cacheDir }),
    acceleration: { ...(workers === undefined ? {} : { workers }), ...(threads === undefined ? {} : { threads }) },
  });
  return { name, config, isSync: options.sync === true };
}

/** `"batch-size=8,workers="` → `{ batchSize: 8, workers: undefined }`. */
function readChanges(text: string): ConfigurationOptions {
  // A path may contain a comma, so a comma separates only if a key follows.
  const entries = text.split(/,(?=\s*[\w-]+\s*=)/).map((part) => {
    const [key = "", ...rest] = part.split("=");
    const change = Object.hasOwn(changes, key.trim()) ? changes[key.trim()] : undefined;
    if (change === undefined || rest.length === 0) {
      const advice = `Give key=value, separated by commas; the keys are ${Object.keys(changes).join(", ")}`;
      throw new RerankError("invalid-input", `--vs: ${JSON.stringify(part)} is no change of a configuration. ${advice}.`);
    }
    const [option, read] = change;
    const value = rest.join("=").trim();
    return [option, value === "" ? undefined : read(value, `--vs: ${key.trim()}`)] as const;
  });
  return Object.fromEntries(entries) as ConfigurationOptions;
}

function integerFrom(min: number): Change[1] {
  return (text, location) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
    throw new RerankError("invalid-input", `${location}: ${JSON.stringify(text)} is no such number. Give an integer ≥ ${min}.`);
  };
}

function readBoolean(text: string, location: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw new RerankError("invalid-input", `${location}: ${JSON.stringify(text)} is neither. Give true or false.`);
}
