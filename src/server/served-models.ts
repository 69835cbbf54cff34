import { settingsKey } from "../config/config.ts";
import {
  createReranker,
  describeModel,
  getPreset,
  listPresets,
  listRerankerBackends,
  type ModelReference,
  RerankError,
  RerankerConfig,
  type RerankWarning,
} from "../index.ts";
import { FolderNames, folderName } from "./folder-names.node.ts";
import { type Entry, OnDemandModels } from "./on-demand.ts";
import type { CheckedOptions, ServedModel } from "./options.ts";
import { ServerError } from "./status.ts";

/** The name that Infinity's clients send if their user names no model. */
const unspecifiedName = "default/not-specified";

/** The model of a request: a served one, or the description of another one. */
export type RequestedModel = { entry: Entry } | { reference: ModelReference };

/** The result of looking up a model name. */
export interface Named {
  model: RequestedModel;
  name: string;
  /** The name is unknown, so the first model answers. */
  isUnknown: boolean;
}

/** Share of a request's maximum duration for which a load continues when no request waits for it. Clients that got 503 retry within it. */
const loadingGrace = 0.25;

/** The models of one server: the served ones, which stay loaded, and those that were loaded because a request named them. */
export class Models {
  readonly served: readonly Entry[];
  /** The names that replace paths of folders in everything that clients can read. */
  readonly folders: FolderNames;
  readonly #options: CheckedOptions;
  readonly #onDemand: OnDemandModels;
  #isReady = false;

  /** @throws RerankError for a model or preset that does not exist, or two models with the same name */
  constructor(options: CheckedOptions) {
    this.#options = options;
    this.served = this.#openServed(options.models);
    this.folders = new FolderNames(this.served.map(({ reference }) => reference));
    const twice = this.served.find(({ name }, index) => this.served.findIndex((other) => other.name === name) !== index);
    if (twice !== undefined) throw new RerankError("invalid-input", `server: two models are called "${twice.name}". Name one name=model.`);
    this.#onDemand = new OnDemandModels({
      maxModels: options.maxModels,
      served: this.served.map(({ reference }) => reference),
      graceMs: options.timeoutSecs * loadingGrace * 1000,
      open: (reference) => this.#open(describeModel(reference), reference),
    });
  }

  /** Whether all served models are loaded. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Loads the served models one after the other, so that each load sees the memory that the previous ones use. */
  async warmUp(): Promise<void> {
    for (const { name, reranker } of this.served) {
      const startedMs = performance.now();
      await reranker.warmUp();
      const loadedMs = Math.round(performance.now() - startedMs);
      this.#options.logger?.info({ model: name, identity: reranker.model, loadedMs }, "model loaded");
    }
    this.#isReady = true;
  }

  /** All Rerankers that are loaded or loading, each once, under its first name. */
  entries(): Entry[] {
    const first = this.served.filter((entry, index) => this.served.findIndex(({ reranker }) => reranker === entry.reranker) === index);
    return [...first, ...this.#onDemand.entries()];
  }

  /**
   * Loads a model if necessary, and runs `work` with it.
   *
   * @param model absent: the first model. If a model is served under several names, a reference to it means the first name
   * @throws ServerError 503 if loading takes longer than a request may, or while too many other models are in use or loading
   */
  async use<T>(model: RequestedModel | undefined, signal: AbortSignal, work: (entry: Entry) => Promise<T>): Promise<T> {
    const found = this.#find(model);
    if ("entry" in found) {
      await this.#untilLoaded(found.entry, found.entry.reranker.warmUp(), signal);
      return work(found.entry);
    }
    const { entry, loaded, release } = this.#onDemand.borrow(found.reference);
    try {
      await this.#untilLoaded(entry, loaded, signal);
      return await work(entry);
    } finally {
      release();
    }
  }

  /**
   * Looks up a model name of a request: a served name, a preset's name or repository, or `plugin:name`. Otherwise the first model answers.
   *
   * @throws ServerError 404 for an unknown name, if the server is strict about names
   */
  byName(name: string | undefined): Named {
    const [first] = this.served;
    if (name === undefined || name === unspecifiedName) return { model: { entry: first! }, name: first!.name, isUnknown: false };
    const served = this.served.find((entry) => entry.name === name);
    if (served !== undefined) return { model: { entry: served }, name, isUnknown: false };
    const preset = listPresets().find((candidate) => candidate.name === name || candidate.repository === name);
    if (preset !== undefined) return { model: { reference: { type: "preset", name: preset.name } }, name: preset.name, isUnknown: false };
    const backend = listRerankerBackends().find((candidate) => `plugin:${candidate.name}` === name);
    if (backend !== undefined) return { model: { reference: { type: "plugin", name: backend.name } }, name, isUnknown: false };
    if (this.#options.strictModel) {
      const known = this.served.map((entry) => entry.name).join(", ");
      throw new ServerError(404, "unknown-model", `model: this server has none of that name. It serves ${known}.`);
    }
    return { model: { entry: first! }, name: first!.name, isUnknown: true };
  }

  async close(): Promise<void> {
    await Promise.all([this.#onDemand.close(), ...this.served.map(({ reranker }) => reranker.close())]);
  }

  #find(model: RequestedModel | undefined): RequestedModel {
    if (model === undefined) return { entry: this.served[0]! };
    if ("entry" in model) return model;
    const key = settingsKey(model.reference);
    const served = this.served.find(({ reference }) => settingsKey(reference) === key);
    return served === undefined ? model : { entry: served };
  }

  /** Creates one entry for each name. Names of the same model and the same calibration share a Reranker. */
  #openServed(models: readonly ServedModel[]): Entry[] {
    const opened = new Map<string, Entry>();
    return models.map((served) => {
      const reference = RerankerConfig.parse({ model: served.model }).model;
      const name = served.name ?? folderName(reference) ?? describeModel(reference);
      const key = JSON.stringify([settingsKey(reference), served.calibration]);
      const first = opened.get(key) ?? this.#open(name, reference, served.calibration);
      opened.set(key, first);
      return { ...first, name };
    });
  }

  #open(name: string, reference: ModelReference, calibration?: string): Entry {
    if (reference.type === "preset") getPreset(reference.name);
    const { settings, allowDownload, maxQueued, logger } = this.#options;
    const acceleration = { ...settings.acceleration, maxQueued };
    // Warnings about one call are in its reply. Warnings about licenses concern the operator, who reads the log.
    const onWarning = (warning: RerankWarning): void => {
      if (warning.type === "license") logger?.warn({ model: name, license: warning.license }, warning.message);
    };
    const config = { ...settings, model: reference, allowDownload, acceleration, onWarning };
    return { name, reference, reranker: createReranker(calibration === undefined ? config : { ...config, calibration }) };
  }

  async #untilLoaded({ name }: Entry, loaded: Promise<void>, signal: AbortSignal): Promise<void> {
    const { timeoutSecs, allowDownload } = this.#options;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let onAbort: (() => void) | undefined;
    const givenUp = new Promise<never>((_, reject) => {
      const wait = new ServerError(503, "loading", `model: ${name} is still being loaded. Try again later.`, { retryAfterSecs: 5 });
      timer = setTimeout(() => reject(wait), timeoutSecs * 1000);
      onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort);
    });
    loaded.catch(() => undefined); // after it was given up nobody waits for its failure
    try {
      await Promise.race([loaded, givenUp]);
    } catch (error) {
      if (RerankError.is(error) && error.code === "download" && !allowDownload) {
        throw new ServerError(404, "unknown-model", `model: ${name} is not on this server, which downloads no models.`, { cause: error });
      }
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort!);
    }
  }
}
